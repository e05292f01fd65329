"""A short run is answered by the I/O thread that read its request: no thread of the pool wakes up for it."""

import contextlib
import http.client
import json
import pathlib

import pytest

from support.models import EXAMPLES, TEST_MODELS, examples
from support.server import Server

REQUESTS = 200
ROUNDS = 3
# About three milliseconds.
LONG = [{"name": "iterations", "datatype": "INT64", "shape": [1], "data": [500]}]
FIRST = {}
for model, _, example in examples():
    FIRST.setdefault(model, example["inputs"])


@pytest.fixture(scope="module")
def server():
    with Server(EXAMPLES, TEST_MODELS / "slow.onnx") as started:
        yield started


def wake_ups(server, thread):
    """How often threads of that name have been given a processor so far, by thread id."""
    found = {}
    for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
        if (task / "comm").read_text().startswith(thread):
            lines = (task / "status").read_text().splitlines()
            found[task.name] = sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
    assert found, f"no thread {thread}"
    return found


def ask(server, model, inputs, count):
    """On one connection."""
    body = json.dumps({"inputs": inputs}).encode()
    connection = http.client.HTTPConnection(server.address, timeout=10)
    with contextlib.closing(connection):
        for _ in range(count):
            connection.request("POST", f"/v2/models/{model}/infer", body)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()


def rounds(server, model, inputs, count):
    """[(wake-ups of the pool, of the I/O thread that had most)] while so many requests were answered."""
    ask(server, model, inputs, 10)
    result = []
    for _ in range(ROUNDS):
        pool, loops = wake_ups(server, "pool"), wake_ups(server, "http")
        ask(server, model, inputs, count)
        pool_after, loops_after = wake_ups(server, "pool"), wake_ups(server, "http")
        assert pool.keys() == pool_after.keys()
        result.append(
            (sum(pool_after.values()) - sum(pool.values()), max(loops_after[each] - loops[each] for each in loops))
        )
    return result


@pytest.mark.parametrize("model", FIRST)
def test_a_short_run_wakes_no_other_thread(server, model):
    found = rounds(server, model, FIRST[model], REQUESTS)
    print(found)
    # A run that something else on this machine made long may count as one: the quietest round tells.
    assert min(pool for pool, _ in found) == 0
    assert all(loop >= REQUESTS / 2 for _, loop in found)


def test_a_long_run_wakes_the_pool(server):
    found = rounds(server, "slow", LONG, 20)
    assert all(pool >= 20 for pool, _ in found)
