"""Loads of seconds hold nobody up: p99 of a model that is served, with and without others being loaded."""

import os
import time

import pytest

from support.bench import Load, apart, load
from support.repository import power_model, scaled_model
from support.server import Server

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
SECONDS = 20 if IS_RELEASE else 3
SLACK = 1 if IS_RELEASE else 5  # an ordinary run shares its processors
MAX_RATIO = 2
SLICE_MS = 4  # of the scheduler: server, probe and loads share one processor here
RATE = 1000
NODES = 20_000  # about a second
MIN_SHARE = 0.8  # of the time, in which something was being loaded


def load_until(running, server, repository):
    """Loads one new version after the other. @return seconds that each took"""
    took = []
    while running.goes_on():
        number = len(took) + 1
        repository.put("large", number, power_model(8, NODES + number))  # content that nobody knows
        begun = time.monotonic()
        answer = server.post("/v2/repository/models/large/load")
        assert answer.status == 200, answer
        took.append(time.monotonic() - begun)
    return took


@pytest.mark.parametrize("probe", [True, False], ids=["in the probe", "in the server"])
def test_a_model_is_answered_as_quickly_while_others_are_loaded(repository, probe):
    repository.put("quick", 1, scaled_model(2))
    args = ["--model-control=explicit", "--load-model=quick", f"--probe={str(probe).lower()}"]
    with apart() as core, Server(repository, args=args, cores=[core]) as server:
        target = [f"{server.url}/v2/models/quick", "--rate", RATE]
        alone = load(*target, seconds=SECONDS / 2, warm_up=0.3)
        with Load(*target, seconds=SECONDS, warm_up=0.3) as running:
            took = load_until(running, server, repository)
        beside = running.run
    p99_ms = [run["latency_us"]["p99"] / 1000 for run in (alone, beside)]
    print(f"p99 {p99_ms[0]:.2f} ms alone, {p99_ms[1]:.2f} ms beside loads of {took} s")
    assert beside["by_status"] == {"200": beside["completed"]} and beside["failures"] == beside["timeouts"] == 0
    assert sum(took) >= MIN_SHARE * SECONDS
    assert p99_ms[1] <= MAX_RATIO * SLACK * max(p99_ms[0], SLICE_MS)
