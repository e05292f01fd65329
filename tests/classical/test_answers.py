"""Every committed model of another framework gives the answers that its framework gave."""

import pytest

from support.classical import FIXTURES, check_outputs, tensors_of
from support.server import has_onnxruntime
from support.tensors import binary_request, outputs_of


HAS_ONNXRUNTIME = has_onnxruntime()
# What the native engine does not run: systems of equations a row, and shortest ways.
NEED_ONNXRUNTIME = ("sklearn-isomap", "sklearn-locally-linear")


def test_there_are_models_of_every_framework():
    assert {fixture.model.parent.name for fixture in FIXTURES.values()} >= {"sklearn", "xgboost", "lightgbm"}


@pytest.mark.parametrize("name", FIXTURES)
def test_answers_are_the_frameworks(server, name):
    expected = FIXTURES[name].expected()
    wanted = [{"name": output} for output in expected["outputs"]]
    body, headers = binary_request(tensors_of(expected["inputs"]), outputs=wanted)
    answer = server.post(f"/v2/models/{name}/infer", body, headers)
    if not HAS_ONNXRUNTIME and name.startswith(NEED_ONNXRUNTIME):
        assert answer.status == 404 and "this build of Slipway is without ONNX Runtime" in answer.text, answer.text
        return
    assert answer.status == 200, answer.text
    check_outputs(expected, outputs_of(answer))
