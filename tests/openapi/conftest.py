import json
import subprocess
import sys

import pytest

from described import EVERY_ROUTE, HERE, VENV, document_of
from support import packages
from support.models import EXAMPLES
from support.server import Server, free_port

VALIDATE_S = 60


@pytest.fixture(scope="session")
def judges():
    """The folder of the validator's and the tester's programs."""
    missing = packages.install(VENV, HERE / "requirements.txt")
    if missing:
        pytest.skip(missing)
    return VENV / "bin"


@pytest.fixture(scope="session")
def server():
    with Server(EXAMPLES, args=EVERY_ROUTE) as server:
        yield server


@pytest.fixture(scope="session")
def document(server):
    return document_of(server)


@pytest.fixture
def by_dialect():
    """A server whose models are loaded by request, at the addresses whose /models differ."""
    dialects = ("torchserve-management", "sagemaker")
    addresses = {dialect: f"127.0.0.1:{free_port()}" for dialect in dialects}
    listen = [f"--http={address}={dialect}" for dialect, address in addresses.items()]
    args = ["--model-control=explicit", "--load-model=digits", *listen]
    with Server(EXAMPLES, args=args) as server:
        yield {dialect: server.at(address) for dialect, address in addresses.items()}


@pytest.fixture(scope="session")
def validate(judges):
    """validate(document, folder): a validator finds no fault."""

    def validate(document, folder):
        path = folder / "openapi.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        command = [judges / "openapi-spec-validator", path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=VALIDATE_S)
        assert done.returncode == 0, done.stdout + done.stderr

    return validate


@pytest.fixture(scope="session")
def check(judges):
    """check(value, schema, document): the value is as the schema of the document says."""
    sys.path.append(packages.folder_of(VENV))
    try:
        import jsonschema
    finally:
        sys.path.pop()

    def check(value, schema, document):
        whole = {**schema, "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(value)

    return check


@pytest.fixture(scope="session")
def check_answer(check):
    """check_answer(answer, method, path, document): status, content type and body are described."""

    def check_answer(answer, method, path, document):
        described = document["paths"][path][method]["responses"][str(answer.status)]
        if "$ref" in described:
            described = document["components"]["responses"][described["$ref"].split("/")[-1]]
        content = described.get("content", {})
        assert bool(answer.body) == bool(content)
        if not content:
            return
        kind = answer.headers["content-type"].split(";")[0]
        assert kind in content
        if kind == "application/json":
            check(answer.json(), content[kind]["schema"], document)

    return check_answer
