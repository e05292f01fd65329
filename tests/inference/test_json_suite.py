"""The files of JSONTestSuite as bodies of every route that reads JSON: taken or refused, never an error of the server,
never slow. In a field that an inference has no use for, their grammar alone decides."""

import collections
import contextlib
import http.client
import json
import subprocess
import time

import pytest

from support.checks import unharmed
from support.models import ROOT, TEST_MODELS
from support.packages import BUILD
from support.server import Server

MAX_S = 1
MODELS = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "identity_fp32", "identity_int32", "identity_uint8")]
ARGS = ["--model-control=explicit", "--allow-client-shm", "--models-dialect=sagemaker"]
ARGS += ["--vertex-predict-route=/vertex", "--default-model=identity_fp32"]
INFER = "/v2/models/identity_int32/infer"
ROUTES = {
    "infer": INFER,
    "index": "/v2/repository/index",
    "load": "/v2/repository/models/identity_int32/load",
    "unload": "/v2/repository/models/identity_uint8/unload",
    "logging": "/v2/logging",
    "trace": "/v2/trace/setting",
    "shared memory": "/v2/systemsharedmemory/region/r/register",
    "TensorFlow Serving's predict": "/v1/models/identity_fp32:predict",
    "TensorFlow Serving's classify": "/v1/models/identity_fp32:classify",
    "Vertex AI": "/vertex",
    "SageMaker's invoke": "/models/identity_fp32/invoke",
    "SageMaker's models": "/models",
    "Flask": "/models/identity_fp32/predict",
    "TorchServe": "/predictions/identity_fp32",
}
MAY_BE_EMPTY = ("index", "load", "unload", "logging", "trace")
TABLES = ("Flask", "TorchServe")  # which hold NaN tokens
OTHERWISE = {"unload": 404, "logging": 501, "trace": 501}  # unloaded already; no setting is changed by a client


@pytest.fixture(scope="module")
def suite():
    """(name, bytes) of each file."""
    folder = BUILD / "json-test-suite"
    if subprocess.run([ROOT / "tools" / "json-test-suite", folder], capture_output=True).returncode != 0:
        pytest.skip("JSONTestSuite cannot be fetched from the npm registry")
    files = [(path.stem, path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    assert collections.Counter(name[0] for name, _ in files) == {"y": 95, "n": 188, "i": 35}
    return files


@pytest.fixture(scope="module")
def triton():
    with Server(*MODELS, args=ARGS) as server:
        for model in MODELS:
            assert server.post(f"/v2/repository/models/{model.stem}/load").status == 200
        with unharmed(server):
            yield server


@pytest.fixture(scope="module")
def kserve():
    with Server(*MODELS, args=["--open-inference=kserve"]) as server:
        yield server


def statuses(server, path, bodies):
    """Of each, sent on one connection, with no more than a second for an answer."""
    connection = http.client.HTTPConnection(server.address, timeout=10)
    with contextlib.closing(connection):
        connection.connect()
        connection.auto_open = False
        for body in bodies:
            begun = time.monotonic()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert time.monotonic() - begun < MAX_S, body[:100]
            yield answer.status


def check_as_bodies(server, route, path, suite):
    bodies = [body for _, body in suite]
    for (name, body), status in zip(suite, statuses(server, path, bodies)):
        if body == b"" and route in MAY_BE_EMPTY:
            assert status == 200, name
        elif name[0] == "n" and not (route in TABLES and (b"NaN" in body or b"Inf" in body)):
            assert status == 400, name
        else:
            assert status in (200, 400, OTHERWISE.get(route)), name


@pytest.mark.parametrize("route", ROUTES)
def test_as_a_body(triton, suite, route):
    check_as_bodies(triton, route, ROUTES[route], suite)


def test_as_a_body_of_kserve(kserve, suite):
    check_as_bodies(kserve, "KServe", "/v1/models/identity_fp32:predict", suite)


def test_in_a_field_that_nobody_reads(triton, suite):
    tensors = [{"name": "INPUT0", "datatype": "INT32", "shape": [1, 1], "data": [1]}]
    rest = b"," + json.dumps({"inputs": tensors}).encode()[1:]
    bodies = (b'{"unread":' + body + rest for _, body in suite)
    for (name, _), status in zip(suite, statuses(triton, INFER, bodies)):
        assert status in {"y": [200], "n": [400], "i": [200, 400]}[name[0]], name
