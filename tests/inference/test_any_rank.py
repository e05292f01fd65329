"""A model that does not say how many dimensions its input has is served with any."""

import math

import pytest

from support.checks import check_error
from support.tensors import binary_request, outputs_of


@pytest.mark.parametrize("shape", [[], [3], [2, 3], [1, 0, 2], [1] * 32])
def test_input_of_unknown_rank_takes_any_shape(server, shape):
    count = math.prod(shape)
    tensor = {"name": "x", "datatype": "FP32", "shape": shape, "data": [1.5] * count}
    for answer in [
        server.infer("any_rank", [tensor]),
        server.post("/v2/models/any_rank/infer", *binary_request([tensor])),
    ]:
        assert answer.status == 200, answer
        outputs = outputs_of(answer)
        assert outputs["y"]["shape"] == shape and list(outputs["y"]["data"]) == [3.0] * count
        assert list(outputs["size"]["data"]) == [count]


def test_unknown_rank_is_shown_as_one_open_dimension(server):
    metadata = server.get("/v2/models/any_rank").json()
    assert [spec["shape"] for spec in metadata["inputs"]] == [[-1]]
    answer = server.infer("any_rank", [{"name": "x", "datatype": "FP32", "shape": [1] * 33, "data": [1.0]}])
    check_error(answer, 400, '"x"', "at most 32 dimensions")
