"""Azure ML's three routes, at the paths that a deployment chooses."""

import pytest

from support.checks import check_error
from support.server import Server
from test_flask import CANCER, FEATURES, golden

ROUTES = [
    "--azureml-liveness-route=/alive",
    "--azureml-readiness-route=/are/you/ready",
    "--azureml-scoring-route=/score",
]


@pytest.mark.parametrize("body, key", [("flask", "prediction"), ("mlflow", "predictions")])
def test_the_deployment_chooses_paths_and_bodies(body, key):
    rows, labels, _ = golden()
    split = {"columns": FEATURES, "index": [0, 1, 2, 3], "data": rows}
    sent = {"input_data": split} if body == "flask" else {"dataframe_split": split}
    with Server(CANCER, args=[*ROUTES, f"--azureml-scoring-body={body}"]) as server:
        for path in ("/alive", "/are/you/ready"):
            assert server.get(path).json() == {"status": "Healthy"}
        answer = server.post("/score", sent)
        assert (answer.status, answer.json()) == (200, {key: labels})


def test_nothing_is_added_unasked():
    with Server(CANCER) as server:
        check_error(server.post("/score", []), 404, "/score")
