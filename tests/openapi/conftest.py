import json
import pathlib

import pytest

from support import packages
from support.models import EXAMPLES
from support.server import Server

HERE = pathlib.Path(__file__).resolve().parent
VENV = packages.BUILD / "venv-openapi"
# Every dialect's routes, also those that only a configuration names.
EVERY_ROUTE = [
    "--default-model=breast_cancer",
    "--vertex-predict-route=/vertex/predict",
    "--vertex-health-route=/vertex/health",
    "--azureml-liveness-route=/azureml/live",
    "--azureml-readiness-route=/azureml/ready",
    "--azureml-scoring-route=/azureml/score",
]


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
    answer = server.get("/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return json.loads(answer.body)
