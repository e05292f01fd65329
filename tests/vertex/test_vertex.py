"""Vertex AI's contract for custom containers: routes and port come from the platform's variables."""

import pytest

from support.checks import check_error
from support.instances import flat, value_of
from support.models import EXAMPLES, TEST_MODELS, check_elements, examples
from support.server import Server, free_port

DIGITS = EXAMPLES / "digits"
EXAMPLE = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))
ROUTE = "/v1/endpoints/123/deployedModels/456"


def variables(port, **others):
    return {
        "AIP_MODE": "PREDICTION",
        "AIP_MODE_VERSION": "1.0.0",
        "AIP_FRAMEWORK": "CUSTOM_CONTAINER",
        "AIP_HTTP_PORT": str(port),
        "AIP_HEALTH_ROUTE": ROUTE,
        "AIP_PREDICT_ROUTE": f"{ROUTE}:predict",
        "AIP_ENDPOINT_ID": "123",
        "AIP_DEPLOYED_MODEL_ID": "456",
        "AIP_STORAGE_URI": "",
        **others,
    }


def container(*models, **others):
    """A server that is told its address by the platform alone."""
    port = free_port()
    server = Server(*models, env=variables(port, **others), http=f"127.0.0.1:{port}")
    at = server.command.index("--http")
    del server.command[at : at + 2]
    return server


@pytest.fixture(scope="module")
def server():
    with container(DIGITS) as server:
        yield server


def test_predictions_at_the_platform_s_path(server):
    body = {"instances": value_of(EXAMPLE["inputs"][0]), "parameters": {"threshold": 0.5}}
    answer = server.post(f"{ROUTE}:predict", body)
    assert answer.status == 200 and list(answer.json()) == ["predictions"], answer
    check_elements(EXAMPLE["outputs"][0], flat(answer.json()["predictions"]))


def test_health_at_the_platform_s_path(server):
    assert server.get(ROUTE).status == 200


def test_control_stays_closed(server):
    assert server.post("/v2/repository/models/digits/load", {}).status == 404


def test_what_does_not_fit_is_refused(server):
    check_error(server.post(f"{ROUTE}:predict", {"inputs": [1]}), 400, '"instances" is missing')
    check_error(server.post(f"{ROUTE}:predict", {"instances": [[1]]}), 400, '"pixels"', "[-1,1,8,8]")


def test_a_path_of_another_api_is_the_platform_s():
    taken = {"AIP_HEALTH_ROUTE": "/v2/health/ready", "AIP_PREDICT_ROUTE": "/v2/repository/index"}
    with container(DIGITS, **taken) as server:
        answer = server.post("/v2/repository/index", {"instances": [[[[0.0] * 8] * 8]]})
        assert answer.status == 200 and len(answer.json()["predictions"][0]) == 10, answer


def test_of_several_models_one_is_named():
    with container(TEST_MODELS) as server:
        check_error(server.post(f"{ROUTE}:predict", {"instances": [1]}), 404, "none is named")
    with container(TEST_MODELS, SLIPWAY_VERTEX_MODEL="identity_int64") as server:
        answer = server.post(f"{ROUTE}:predict", {"instances": [[1, 2]]})
        assert answer.json() == {"predictions": [[1, 2]]}, answer


def test_the_routes_can_be_configured_without_the_platform():
    args = ["--vertex-predict-route", "/predict-here", "--vertex-health-route", "/health-here"]
    with Server(DIGITS, args=args) as server:
        assert server.get("/health-here").status == 200
        answer = server.post("/predict-here", {"instances": [[[[0.0] * 8] * 8]]})
        assert answer.status == 200, answer
