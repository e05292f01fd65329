"""What attacks on other connections do to a well-behaved client: its p50 and p99 with and without, in alternating rounds."""

import contextlib
import http.client
import math
import os
import signal
import subprocess
import sys
import time

import pytest

import attackers
from support.models import TESTS

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
ROUNDS = 40 if IS_RELEASE else 6
REQUESTS = 300
SLACK = 1 if IS_RELEASE else 5  # an ordinary run shares its processors
MAX_RATIO = 2
SLICE_S = 0.004  # of the scheduler: what one other process on the machine makes of a p99
SETTLED_S = 0.5


class Attack:
    """In progress; stands still outside `going_on`."""

    def __init__(self, server, attack):
        host, _, port = server.address.rpartition(":")
        self._process = subprocess.Popen(
            [sys.executable, attackers.__file__, attack, host, port], env={**os.environ, "PYTHONPATH": str(TESTS)}
        )

    def __enter__(self):
        time.sleep(SETTLED_S)
        self._process.send_signal(signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        self._process.kill()
        assert self._process.wait() == -signal.SIGKILL, "the attack has ended by itself"

    @contextlib.contextmanager
    def going_on(self):
        self._process.send_signal(signal.SIGCONT)
        yield
        self._process.send_signal(signal.SIGSTOP)


def percentiles(server):
    """p50 and p99 of one client that asks on one connection, in seconds."""
    host, _, port = server.address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    spent = []
    for _ in range(REQUESTS):
        begun = time.perf_counter()
        connection.request("POST", attackers.INFER.decode(), attackers.BODY)
        answer = connection.getresponse()
        assert answer.status == 200 and b'"data":[1,2]' in answer.read()
        spent.append(time.perf_counter() - begun)
    connection.close()
    spent.sort()
    return [spent[math.ceil(share * REQUESTS) - 1] for share in (0.5, 0.99)]


def quiet(rounds):
    """The lower quartile of each percentile: whatever else this machine does only adds."""
    return [sorted(values)[len(rounds) // 4] for values in zip(*rounds)]


@pytest.mark.parametrize("attack", [*attackers.ATTACKS, "slow_readers"])
def test_a_neighbour_is_answered_in_twice_the_time_at_most(server, attack):
    percentiles(server)
    alone, attacked = [], []
    with Attack(server, attack) as running:
        for _ in range(ROUNDS):
            alone.append(percentiles(server))
            with running.going_on():
                attacked.append(percentiles(server))
    (p50, p99), (p50_attacked, p99_attacked) = quiet(alone), quiet(attacked)
    print(f"{attack}: p50 {p50 * 1e3:.2f} ms, attacked {p50_attacked * 1e3:.2f}; "
          f"p99 {p99 * 1e3:.2f} ms, attacked {p99_attacked * 1e3:.2f}")
    assert p50_attacked <= MAX_RATIO * SLACK * p50
    assert p99_attacked <= MAX_RATIO * SLACK * max(p99, SLICE_S)
