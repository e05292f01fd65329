"""GET /openapi.json: valid, complete for the listener that is asked, and true of good answers."""

import json
import pathlib
import uuid

import pytest

from support.instances import columns_of, value_of
from support.models import examples

CANCER = next(e for model, name, e in examples() if (model, name) == ("breast_cancer", "four"))
ROWS = value_of(CANCER["inputs"][0])
ROWS_TEXT = json.dumps(ROWS).encode()
CSV = "\n".join(",".join(map(repr, row)) for row in ROWS).encode()
INFER = {"inputs": [{k: CANCER["inputs"][0][k] for k in ("name", "datatype", "shape", "data")}]}
FEATURE_ROWS = {"examples": [{CANCER["inputs"][0]["name"]: row} for row in ROWS]}
MODEL = {"model": "breast_cancer", "version": "1", "label": "latest", "region": "lent"}

# The body with which each route that runs a model or changes something answers 200; with its
# content type when that is not JSON.
GOOD = {
    "/v2/models/{model}/infer": [INFER],
    "/v2/models/{model}/versions/{version}/infer": [INFER],
    "/v2/repository/index": [{}, {"ready": True}],
    "/v2/logging": [{}],
    "/v2/trace/setting": [{}],
    "/v2/models/{model}/trace/setting": [{}],
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
    "/predictions/{model}": [
        {"data": ROWS},
        (ROWS_TEXT, "text/plain"),
        (b"data=" + ROWS_TEXT, "application/x-www-form-urlencoded"),
    ],
    "/predictions/{model}/{version}": [ROWS],
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
# Need another model, configuration or shared memory to answer 200.
ELSEWHERE = {
    "/v1/models/{model}:regress",
    "/v1/models/{model}/versions/{version}:regress",
    "/v1/models/{model}/labels/{label}:regress",
    "/v2/repository/models/{model}/load",
    "/v2/repository/models/{model}/unload",
    "/v2/cudasharedmemory/unregister",
    "/v2/systemsharedmemory/region/{region}/register",
    "/v2/systemsharedmemory/region/{region}/unregister",
    "/v2/systemsharedmemory/unregister",
}


@pytest.fixture
def lent(server):
    """A region of shared memory is registered."""
    path = pathlib.Path("/dev/shm") / f"slipway-test-{uuid.uuid4().hex}"
    path.write_bytes(bytes(64))
    region = f"/v2/systemsharedmemory/region/{MODEL['region']}"
    assert server.post(f"{region}/register", {"key": path.name, "byte_size": 64}).status == 200
    yield
    assert server.post(f"{region}/unregister").status == 200
    path.unlink()


def test_a_validator_finds_no_fault(validate, document, tmp_path):
    validate(document, tmp_path)


def operations(document, *methods):
    """Yields (path, method, operation) of those that can answer 200."""
    for path, item in document["paths"].items():
        for method in methods:
            if "200" in item.get(method, {}).get("responses", ()):
                yield path, method, item[method]


def test_good_answers_to_reading_are_as_described(server, lent, document, check_answer):
    for path, method, _ in operations(document, "get", "options"):
        answer = server.request(method.upper(), path.format(**MODEL))
        assert answer.status == 200, answer
        check_answer(answer, method, path, document)


def test_good_requests_and_their_answers_are_as_described(server, document, check, check_answer):
    described = list(operations(document, "post", "put"))
    assert {path for path, _, _ in described} == GOOD.keys() | ELSEWHERE
    for path, method, operation in described:
        for body in GOOD.get(path, ()):
            body, kind = body if isinstance(body, tuple) else (body, "application/json")
            content = operation["requestBody"]["content"]
            assert kind in content
            if kind == "application/json":
                check(body, content[kind]["schema"], document)
            headers = {"Content-Type": kind}
            answer = server.request(method.upper(), path.format(**MODEL), body, headers)
            assert answer.status == 200, answer
            check_answer(answer, method, path, document)


def test_methods_for_grpc_are_left_to_their_contracts(document):
    assert not [path for path in document["paths"] if "inference." in path or "grpc." in path]
