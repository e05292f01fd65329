"""What the tests of the description have in common."""

import pathlib

from support import packages

HERE = pathlib.Path(__file__).resolve().parent
VENV = packages.BUILD / "venv-openapi"
# Every dialect's routes, also those that only a configuration names.
EVERY_ROUTE = [
    "--default-model=breast_cancer",
    "--allow-client-shm",
    "--vertex-predict-route=/vertex/predict",
    "--vertex-health-route=/vertex/health",
    "--azureml-liveness-route=/azureml/live",
    "--azureml-readiness-route=/azureml/ready",
    "--azureml-scoring-route=/azureml/score",
]


def document_of(server):
    answer = server.get("/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return answer.json()
