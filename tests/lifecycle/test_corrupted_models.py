"""Cut and bit-flipped ONNX models: each is refused with a message or loads and answers, within its time."""

import math
import os
import random
import time

import pytest

from serving import scale
from support.models import EXAMPLES, TEST_MODELS
from support.repository import scaled_model
from support.server import Server

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
CUTS, FLIPS = (250, 2500) if IS_RELEASE else (6, 12)  # of each model
SLACK = 1 if IS_RELEASE else 5  # an ordinary run shares its processors
LIMIT_S = 2
MAX_ELEMENTS = 1 << 16
ANSWERED = (200, 400, 413, 422, 504)  # 504: at the limit of a run
ZERO = {"BOOL": False, "BYTES": ""}
MODELS = {
    "network": EXAMPLES / "digits" / "1" / "model.onnx",
    "text": EXAMPLES / "topic" / "1" / "model.onnx",
    "map": TEST_MODELS / "zipmap_int64.onnx",
    "sums": TEST_MODELS / "add_sub.onnx",
}


def corrupted(data):
    """Cut evenly over the file, then with one bit changed each."""
    for i in range(min(CUTS, len(data))):
        yield f"cut {i}", data[: i * len(data) // min(CUTS, len(data))]
    chooser = random.Random(0)
    for i in range(FLIPS):
        damaged = bytearray(data)
        damaged[chooser.randrange(len(data))] ^= 1 << chooser.randrange(8)
        yield f"flip {i}", bytes(damaged)


def zeros(inputs):
    """A request of one row for what the metadata says; None when that would be large."""
    request = []
    for spec in inputs:
        shape = [1 if size < 0 else size for size in spec["shape"]]
        if math.prod(shape) > MAX_ELEMENTS:
            return None
        data = [ZERO.get(spec["datatype"], 0)] * math.prod(shape)
        request.append({"name": spec["name"], "datatype": spec["datatype"], "shape": shape, "data": data})
    return request


def check_answers(server, what):
    """What was loaded answers a plain request, or says what it minds; that is never the server's fault."""
    metadata = server.get("/v2/models/damaged").json()
    inputs = zeros(metadata["inputs"])
    if inputs is not None:
        answer = server.infer("damaged", inputs)
        assert answer.status in ANSWERED, (what, answer)
        assert answer.status == 200 or answer.error, (what, answer)


@pytest.mark.parametrize("model", MODELS)
def test_a_corrupted_model_is_refused_or_answers(repository, model):
    repository.put("m", 1, scaled_model(2))
    outcomes = {200: 0, 422: 0}
    slowest = 0
    args = ["--model-control=explicit", "--load-model=m", "--run-limit=1s"]
    with Server(repository, args=args) as server:
        pid = server.pid
        for what, data in corrupted(MODELS[model].read_bytes()):
            repository.put("damaged", 1, data)
            begun = time.monotonic()
            answer = server.post("/v2/repository/models/damaged/load")
            slowest = max(slowest, time.monotonic() - begun)
            assert answer.status in outcomes, (what, answer)
            outcomes[answer.status] += 1
            if answer.status == 200:
                check_answers(server, what)
                assert server.post("/v2/repository/models/damaged/unload").status == 200
            else:
                assert answer.error, what
        assert scale(server) == (1, 2)
        assert server.pid == pid and server.is_running()
    print(f"{outcomes}, the slowest load took {slowest:.2f} s")
    assert min(outcomes.values()) > 0
    assert slowest <= LIMIT_S * SLACK
