"""What is known of an API and not offered is 501 and says what; what is unknown stays 404."""

import pytest

from support.checks import check_error
from support.models import EXAMPLES
from support.server import Server, free_port
from test_torchserve import check_torchserve_error

DIGITS = "/v2/models/digits"
OPEN_INFERENCE = {
    ("POST", f"{DIGITS}/generate"): "generation",
    ("POST", f"{DIGITS}/generate_stream"): "generation",
    ("POST", f"{DIGITS}/versions/1/generate"): "generation",
    ("POST", f"{DIGITS}/versions/1/generate_stream"): "generation",
    ("POST", "/v2/repository/main/index"): "repositories",
    ("POST", "/v2/repository/main/models/digits/load"): "repositories",
    ("POST", "/v2/repository/main/models/digits/unload"): "repositories",
}
TORCHSERVE = {
    ("POST", "/wfpredict/chain"): "workflows",
    ("PUT", "/wfpredict/chain"): "workflows",
    ("GET", "/workflows"): "workflows",
    ("POST", "/workflows?url=chain.war"): "workflows",
    ("GET", "/workflows/chain"): "workflows",
    ("DELETE", "/workflows/chain"): "workflows",
    ("GET", "/token?type=inference"): "tokens",
}
CONTROL = ["/v2/repository/main/models/digits/load", "/v2/repository/main/models/digits/unload"]


@pytest.fixture(scope="module")
def control():
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def server():
    with Server(EXAMPLES / "digits") as server:
        yield server


@pytest.mark.parametrize("method,path", OPEN_INFERENCE)
def test_of_open_inference(server, method, path):
    answer = server.request(method, path, {"text_input": "hello"})
    check_error(answer, 501, "not offered", OPEN_INFERENCE[method, path])


@pytest.mark.parametrize("method,path", TORCHSERVE)
def test_of_torchserve(server, method, path):
    answer = server.request(method, path)
    check_torchserve_error(answer, 501, "InternalServerException", "not offered", TORCHSERVE[method, path])


def test_what_is_unknown_is_not_found(server):
    for path in (f"{DIGITS}/generated", "/v2/repository/main/models", "/workflow", "/wfpredict"):
        check_error(server.post(path), 404, path)


def test_what_would_change_something_is_told_where_control_is_offered(control):
    with Server(EXAMPLES / "digits", args=["--control", control]) as server:
        for path in CONTROL:
            check_error(server.post(path), 404)
            check_error(server.at(control).post(path), 501, "repositories")
        check_error(server.get("/token"), 404)
