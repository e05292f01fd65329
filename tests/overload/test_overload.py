"""Three times what a server can do, in an open loop: it answers as many as at its peak and in time, refuses the others
at once with a word when to come back, and stays well."""

import dataclasses
import json
import os
import threading

import pytest

from support.bench import apart, load
from support.checks import check_error, unharmed
from support.models import TEST_MODELS
from support.server import Server
from support.tensors import outputs_of

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
ROUNDS, PEAK_S, SECONDS = (1, 10, 60) if IS_RELEASE else (3, 1, 2)
SLACK = 1 if IS_RELEASE else 5  # an ordinary run shares its processors
OVERLOAD = 3
IN_FLIGHT = 512  # at most: three times what comes within the time that answers are of use
IN_TIME_MS = 50
DEADLINE_MS = 45  # that the server knows; the rest is for the way
REFUSED_MS = 10
MAX_LOSS = 0.1  # of the peak
MAX_TOO_LATE = 0.01  # of what is not answered; the others are refused at once
MAX_GROWTH = 16 << 20
PAUSE_S = 0.05
# About a millisecond on one processor.
INPUTS = [{"name": "iterations", "datatype": "INT64", "shape": [1], "data": [160]}]
IDENTITY = [float(row == column) for row in range(64) for column in range(64)]
# Statuses of HTTP, codes of gRPC: OK; UNAVAILABLE, RESOURCE_EXHAUSTED; DEADLINE_EXCEEDED.
ANSWERED, REFUSED, TOO_LATE = {"200", "0"}, {"503", "429", "14", "8"}, {"504", "4"}


@pytest.fixture(scope="module")
def server():
    models = [TEST_MODELS / f"{name}.onnx" for name in ("slow", "add_sub")]
    with apart() as core, Server(*models, args=[f"--request-timeout={DEADLINE_MS}ms"], cores=[core]) as started:
        yield started


class Bystander:
    """Asks now and then whether the server is live, and for an inference; `problems` is what was not as it must be."""

    def __init__(self, server):
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.refusals = 0
        self.rss = []
        self.problems = []

    def _watch(self):
        while not self._stop.wait(PAUSE_S):
            try:
                self._look()
            except Exception as error:  # a thread's exception would go unseen
                self.problems.append(repr(error))

    def _look(self):
        assert self._server.get("/v2/health/live").status == 200
        answer = self._server.infer("slow", INPUTS)
        if answer.status == 200:
            assert outputs_of(answer)["y"]["data"] == IDENTITY
        elif str(answer.status) in REFUSED:
            check_error(answer, answer.status)
            assert int(answer.headers["retry-after"]) >= 1
            self.refusals += 1
        else:
            assert str(answer.status) in TOO_LATE, answer
        self.rss.append(self._server.rss_bytes())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def answers(run, statuses):
    return sum(count for status, count in run["by_status"].items() if status in statuses)


def p99_ms(run, statuses):
    """The worst of these statuses'."""
    return max(latency["p99"] for status, latency in run["latency_us_by_status"].items() if status in statuses) / 1000


def check_exact(run):
    """None of its answers is lost, wrong, or of a kind that it should not be."""
    assert run["failures"] == run["timeouts"] == run["unsent"] == run["wrong_answers"] == 0, run["first_problem"]
    assert set(run["by_status"]) <= ANSWERED | REFUSED | TOO_LATE, run["by_status"]
    assert answers(run, ANSWERED) > 0 and answers(run, REFUSED) > 0, run["by_status"]


@dataclasses.dataclass
class Flood:
    """What came of one; the less the better."""

    loss: float  # of the peak
    too_late: float  # of what was not answered
    answered_ms: float  # p99
    refused_ms: float


def flood(target, peak):
    run = load(*target, "--rate", round(OVERLOAD * peak), "--concurrency", IN_FLIGHT, seconds=SECONDS)
    check_exact(run)
    answered, too_late = answers(run, ANSWERED), answers(run, TOO_LATE)
    result = Flood(
        loss=1 - answered / run["seconds"] / peak,
        too_late=too_late / (run["completed"] - answered),
        answered_ms=p99_ms(run, ANSWERED),
        refused_ms=p99_ms(run, REFUSED),
    )
    print(f"peak {peak:.0f} a second, {run['by_status']}, {result}")
    return result


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_three_times_what_can_be_done(server, tmp_path, scheme):
    inputs = tmp_path / "inputs.json"
    inputs.write_text(json.dumps({"inputs": INPUTS}), encoding="utf-8")
    target = [f"{scheme}://{server.address}/v2/models/slow", "--input", inputs]
    with unharmed(server):
        peak = max(load(*target, "--concurrency", 4, seconds=PEAK_S)["per_second"] for _ in range(ROUNDS))
        with Bystander(server) as bystander:
            floods = [flood(target, peak) for _ in range(ROUNDS)]
    assert bystander.problems == []
    assert bystander.refusals > 0
    # The quietest of each: whatever else this machine does only adds.
    quiet = Flood(*map(min, zip(*map(dataclasses.astuple, floods))))
    assert quiet.loss <= MAX_LOSS * SLACK
    assert quiet.too_late <= MAX_TOO_LATE * SLACK
    assert quiet.answered_ms <= IN_TIME_MS * SLACK
    assert quiet.refused_ms <= REFUSED_MS * SLACK
    half = len(bystander.rss) // 2
    assert max(bystander.rss[half:]) - max(bystander.rss[:half]) <= MAX_GROWTH * SLACK
