"""Every committed model of another framework gives the answers that its framework gave."""

import pytest

from support.classical import FIXTURES, check_outputs, tensors_of
from support.tensors import binary_request, outputs_of


def test_there_are_models_of_every_framework():
    assert {fixture.model.parent.name for fixture in FIXTURES.values()} >= {"sklearn", "xgboost", "lightgbm"}


@pytest.mark.parametrize("name", FIXTURES)
def test_answers_are_the_frameworks(server, name):
    expected = FIXTURES[name].expected()
    wanted = [{"name": output} for output in expected["outputs"]]
    body, headers = binary_request(tensors_of(expected["inputs"]), outputs=wanted)
    answer = server.post(f"/v2/models/{name}/infer", body, headers)
    assert answer.status == 200, answer.text
    check_outputs(expected, outputs_of(answer))
