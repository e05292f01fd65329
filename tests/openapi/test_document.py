"""GET /openapi.json: valid, complete for the listener that is asked, and true of good answers."""

import subprocess
import sys

import pytest

from conftest import VENV
from support import packages
from support.instances import columns_of, value_of
from support.models import EXAMPLES, examples
from support.server import Server, free_port

VALIDATE_S = 60
CANCER = next(e for model, name, e in examples() if (model, name) == ("breast_cancer", "four"))
ROWS = value_of(CANCER["inputs"][0])
CSV = "\n".join(",".join(map(repr, row)) for row in ROWS).encode()
INFER = {"inputs": [{k: CANCER["inputs"][0][k] for k in ("name", "datatype", "shape", "data")}]}
FEATURE_ROWS = {"examples": [{CANCER["inputs"][0]["name"]: row} for row in ROWS]}
MODEL = {"model": "breast_cancer", "version": "1", "label": "latest"}

# The body with which each route that runs a model or changes something answers 200; with its
# content type when that is not JSON.
GOOD = {
    "/v2/models/{model}/infer": [INFER],
    "/v2/models/{model}/versions/{version}/infer": [INFER],
    "/v2/repository/index": [{}, {"ready": True}],
    "/invocations": [
        {"instances": ROWS},
        {"dataframe_split": {"data": ROWS}},
        {"inputs": ROWS, "params": {"outputs": ["label", "probabilities"]}},
        INFER,
        (CSV, "text/csv"),
    ],
    "/models/{model}/invoke": [{"inputs": ROWS}],
    "/predict": [ROWS, {"data": ROWS}, (CSV, "text/csv")],
    "/models/{model}/predict": [ROWS],
    "/azureml/score": [{"input_data": ROWS}],
    "/vertex/predict": [{"instances": ROWS, "parameters": {}}],
    **{
        f"/v1/models/{{model}}{suffix}:{verb}": bodies
        for suffix in ("", "/versions/{version}", "/labels/{label}")
        for verb, bodies in {
            "predict": [{"instances": ROWS}, {"inputs": columns_of(CANCER["inputs"])}],
            "classify": [FEATURE_ROWS],
        }.items()
    },
}
# Need another model or configuration to answer 200.
ELSEWHERE = {
    "/v1/models/{model}:regress",
    "/v1/models/{model}/versions/{version}:regress",
    "/v1/models/{model}/labels/{label}:regress",
    "/v2/repository/models/{model}/load",
    "/v2/repository/models/{model}/unload",
}


@pytest.fixture(scope="module")
def check(judges, document):
    """check(value, schema): the value is as the schema says."""
    sys.path.append(packages.folder_of(VENV))
    try:
        import jsonschema
    finally:
        sys.path.pop()

    def check(value, schema):
        whole = {**schema, "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(value)

    return check


def test_a_validator_finds_no_fault(judges, document, tmp_path, server):
    path = tmp_path / "openapi.json"
    path.write_bytes(server.get("/openapi.json").body)
    program = judges / "openapi-spec-validator"
    done = subprocess.run([program, path], capture_output=True, text=True, timeout=VALIDATE_S)
    assert done.returncode == 0, done.stdout + done.stderr


def operations(document, method):
    """Yields (path, operation) of those that can answer 200."""
    for path, item in document["paths"].items():
        if method in item and "200" in item[method]["responses"]:
            yield path, item[method]


def check_answer(answer, operation, check):
    assert answer.status == 200, answer
    content = operation["responses"]["200"]["content"]
    kind = answer.headers["content-type"].split(";")[0]
    assert kind in content
    if kind == "application/json":
        check(answer.json(), content[kind]["schema"])


def test_good_answers_to_get_are_as_described(server, document, check):
    for path, operation in operations(document, "get"):
        check_answer(server.get(path.format(**MODEL)), operation, check)


def test_good_requests_and_their_answers_are_as_described(server, document, check):
    described = dict(operations(document, "post"))
    assert described.keys() == GOOD.keys() | ELSEWHERE
    for path, bodies in GOOD.items():
        content = described[path]["requestBody"]["content"]
        for body in bodies:
            body, kind = body if isinstance(body, tuple) else (body, "application/json")
            if kind == "application/json":
                check(body, content[kind]["schema"])
            assert kind in content
            answer = server.post(path.format(**MODEL), body, {"Content-Type": kind})
            check_answer(answer, described[path], check)


def test_a_listener_describes_what_it_offers(server):
    control = f"127.0.0.1:{free_port()}"
    with Server(EXAMPLES, args=["--control", control]) as server:
        public = server.get("/openapi.json").json()["paths"]
        server.address = control
        private = server.get("/openapi.json").json()["paths"]
    load, infer = "/v2/repository/models/{model}/load", "/v2/models/{model}/infer"
    assert infer in public and load not in public
    assert load in private and infer not in private


def test_methods_for_grpc_are_left_to_their_contracts(document):
    assert not [path for path in document["paths"] if "inference." in path or "grpc." in path]
