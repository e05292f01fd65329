"""What attacks on other connections do to a well-behaved client: its p50 and p99 with and without, in alternating rounds."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

import attackers
from support.models import TESTS
from support.neighbour import check_undisturbed

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


@pytest.mark.parametrize("attack", [*attackers.ATTACKS, "slow_readers"])
def test_a_neighbour_is_answered_in_twice_the_time_at_most(server, attack):
    with Attack(server, attack) as running:
        check_undisturbed(server, attack, running.going_on)
