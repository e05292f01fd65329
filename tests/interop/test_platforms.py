"""What SageMaker's local mode, Vertex AI's LocalEndpoint and TorchServe's launcher send to a running container."""

import shutil
import socket

import pytest

import platforms
from support.instances import flat, value_of
from support.models import EXAMPLES, check_elements, examples
from support.server import Server

DIGITS = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))
CANCER = next(example for model, name, example in examples() if model == "breast_cancer")
VERTEX = {"predict_route": "/vertex/predict", "health_route": "/vertex/health"}
TORCHSERVE_MANAGEMENT = 8081  # the launcher knows no other


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    missing = platforms.install()
    if missing:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("programs")
    return lambda function, **arguments: platforms.ask(folder, function, **arguments)


def port_of(server):
    return int(server.address.rsplit(":", 1)[1])


def test_sagemakers_local_mode_sees_the_container_up(ask):
    with Server(EXAMPLES / "digits") as server:
        assert ask("sagemaker_ping", port=port_of(server)) == "up"


@pytest.mark.parametrize("content_type", ["text/csv", "application/json"])
def test_sagemakers_local_mode_invokes(ask, content_type):
    rows = value_of(CANCER["inputs"][0])
    body = rows if content_type == "text/csv" else {"instances": rows}
    with Server(EXAMPLES / "breast_cancer") as server:
        answer = ask("sagemaker_invoke", port=port_of(server), rows=body, content_type=content_type)
        expected = server.post("/invocations", {"instances": rows}).json()
    assert answer == expected and len(answer["predictions"]) == len(rows)


def test_vertexs_local_endpoint_predicts(ask):
    flags = [f"--vertex-{name.replace('_', '-')}={path}" for name, path in VERTEX.items()]
    body = {"instances": value_of(DIGITS["inputs"][0])}
    with Server(EXAMPLES / "digits", args=flags) as server:
        told = ask("vertex", port=port_of(server), body=body, **VERTEX)
    assert (told["health"], told["status"]) == (200, 200)
    check_elements(DIGITS["outputs"][0], flat(told["answer"]["predictions"]))


def test_torchserves_launcher_registers(ask, tmp_path):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if probe.connect_ex(("127.0.0.1", TORCHSERVE_MANAGEMENT)) == 0:
            pytest.skip("another program listens on port 8081")
    models = shutil.copytree(EXAMPLES, tmp_path / "models")
    listen = f"--http=127.0.0.1:{TORCHSERVE_MANAGEMENT}=torchserve-management"
    with Server(models, args=["--model-control=explicit", "--load-model=digits", listen]):
        told = ask("torchserve_register", model_name="topic", url="topic.mar")
        assert told["status"] == 200
        assert told["answer"]["status"].startswith('Model "topic" Version: 1 registered with ')
        again = ask("torchserve_register", model_name="topic", url="topic.mar")
    assert (again["status"], again["answer"]["type"]) == (409, "ConflictStatusException")
