"""TensorFlow Serving's REST API, asked the way its guide and tutorials ask: json, numpy and requests."""

import base64
import json

import pytest

from stock import np
from support.models import check_elements, examples
from support.repository import Repository, heavy_model
from support.server import Server

DIGITS = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))
HEADERS = {"content-type": "application/json"}
PLACES = ["", "/versions/1", "/labels/stable"]


@pytest.fixture(scope="module")
def session():
    import requests

    with requests.Session() as session:
        yield session


def pixels():
    golden = DIGITS["inputs"][0]
    return np.array(golden["data"], np.float32).reshape(golden["shape"])


@pytest.mark.parametrize("path", PLACES)
def test_rows_with_a_signature_name(session, examples_server, path):
    data = json.dumps({"signature_name": "serving_default", "instances": pixels().tolist()})
    answer = session.post(
        f"{examples_server.url}/v1/models/digits{path}:predict", data=data, headers=HEADERS
    )
    answer.raise_for_status()
    predictions = np.array(json.loads(answer.text)["predictions"])
    assert predictions.shape == (4, 10)
    check_elements(DIGITS["outputs"][0], predictions.ravel().tolist())


def test_columns(session, examples_server):
    answer = session.post(
        f"{examples_server.url}/v1/models/digits:predict", json={"inputs": {"pixels": pixels().tolist()}}
    )
    check_elements(DIGITS["outputs"][0], np.array(answer.json()["outputs"]).ravel().tolist())


def test_binary_values_as_base64(session, examples_server):
    text = base64.b64encode("a game of chess".encode()).decode("utf-8")
    body = '{"instances" : [{"text": [{"b64": "%s"}]}]}' % text
    answer = session.post(f"{examples_server.url}/v1/models/topic:predict", data=body)
    assert answer.json()["predictions"][0]["label"] == ["games"]


def test_nan_as_python_s_json_writes_it(session, test_models_server):
    body = json.dumps({"inputs": [[float("nan"), float("-inf"), 1.5]]})
    answer = session.post(f"{test_models_server.url}/v1/models/identity_fp32:predict", data=body)
    assert str(json.loads(answer.text)["outputs"]) == "[[nan, -inf, 1.5]]"


@pytest.mark.parametrize("path", PLACES)
def test_classes_of_examples(session, examples_server, path):
    data = json.dumps({"signature_name": "serving_default", "examples": [{"pixels": row.ravel().tolist()} for row in pixels()]})
    answer = session.post(f"{examples_server.url}/v1/models/digits{path}:classify", data=data, headers=HEADERS)
    answer.raise_for_status()
    results = answer.json()["results"]
    assert [[label for label, _ in row] for row in results] == [[str(digit) for digit in range(10)]] * 4
    check_elements(DIGITS["outputs"][0], [score for row in results for _, score in row])


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """The address of a server with the model "half": half of the sum of x."""
    repository = Repository(tmp_path_factory.mktemp("half"))
    repository.put("half", 1, heavy_model(0.5, columns=1))
    repository.put_file("half", "aliases.json", '{"stable": 1}')
    with Server(repository) as server:
        yield server.url


@pytest.mark.parametrize("path", PLACES)
def test_values_of_examples(session, half, path):
    data = json.dumps({"examples": [{"x": [1, 2, 3, 4]}, {"x": [2.0, 0.0, -7.0, 0.5]}]})
    answer = session.post(f"{half}/v1/models/half{path}:regress", data=data, headers=HEADERS)
    assert answer.status_code == 200 and answer.json() == {"results": [5.0, -2.25]}, answer.text


@pytest.mark.parametrize("path", PLACES)
def test_waiting_until_a_model_is_available(session, examples_server, path):
    status = session.get(f"{examples_server.url}/v1/models/digits{path}").json()
    assert status["model_version_status"][0]["state"] == "AVAILABLE"
    assert status["model_version_status"][0]["status"]["error_code"] == "OK"


@pytest.mark.parametrize("path", PLACES)
def test_the_signature_tells_what_to_send(session, examples_server, path):
    metadata = session.get(f"{examples_server.url}/v1/models/digits{path}/metadata").json()
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    [(name, tensor)] = signature["inputs"].items()
    shape = [int(dim["size"]) for dim in tensor["tensor_shape"]["dim"]]
    assert (name, tensor["dtype"], shape) == ("pixels", "DT_FLOAT", [-1, 1, 8, 8])


def test_an_error_has_the_status_and_the_key(session, examples_server):
    answer = session.post(f"{examples_server.url}/v1/models/half:predict", data='{"instances": [1.0, 5.0]}')
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("Servable not found for request: Latest(half)")
