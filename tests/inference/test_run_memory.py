"""A run's memory is bounded: a request whose shapes explode inside the model is refused, and nothing of it stays."""

import contextlib
import threading

import pytest

from support.checks import check_error, check_serves, unharmed
from support.models import TEST_MODELS
from support.server import Server, wait_until

MIB = 1 << 20
RUN_MIB = 64
FITS_MIB = RUN_MIB - 1
FLOAT_BYTES = 4
ADD_SUB = TEST_MODELS / "add_sub.onnx"
EXPLOSION = TEST_MODELS / "explosion.onnx"


@pytest.fixture(scope="module")
def server():
    with Server(ADD_SUB, EXPLOSION, args=["--run-memory", f"{RUN_MIB}MiB"]) as server:
        yield server


def explode(server, mib):
    elements = mib * MIB // FLOAT_BYTES
    return server.infer("explosion", [{"name": "n", "datatype": "INT64", "shape": [1], "data": [elements]}])


def test_a_run_within_the_limit_is_answered(server):
    assert explode(server, FITS_MIB).json()["outputs"][0]["data"] == [0]


@pytest.mark.parametrize("mib", [RUN_MIB + 1, 100_000, 10**10])
def test_a_run_over_the_limit_names_model_and_limit(server, mib):
    with unharmed(server):
        check_error(explode(server, mib), 413, 'model "explosion"', str(RUN_MIB * MIB))


def test_a_hundred_explosions_leave_no_memory_behind(server):
    explode(server, FITS_MIB)
    before = server.rss_bytes()
    for mib in [FITS_MIB, RUN_MIB + 1] * 50:
        explode(server, mib)
    check_serves(server)
    wait_until(lambda: server.rss_bytes() <= before + 16 * MIB, 10, "memory given back;")


def test_explosions_beside_each_other_are_overload_at_worst(server):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(explode(server, FITS_MIB))) for _ in range(8)]
    with unharmed(server), contextlib.ExitStack() as started:
        for thread in threads:
            thread.start()
            started.callback(thread.join)
    assert {answer.status for answer in answers} <= {200, 503}
    assert any(answer.status == 200 for answer in answers)
