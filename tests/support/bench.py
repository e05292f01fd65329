"""`slipway bench` as the load of a test, on a processor of its own so that it does not slow what it measures.

    with apart() as core, Server(model, cores=[core]) as server:
        with Load(f"{server.url}/v2/models/m", "--rate", 100, seconds=5) as load:
            ...
        assert load.run["by_status"] == {"200": 500}
"""

import contextlib
import json
import os
import signal
import subprocess

import pytest

from support.models import ROOT
from support.server import slipway_path

LATE_S = 60  # beyond what a load should take


@contextlib.contextmanager
def apart():
    """Yields a processor for the server. Meanwhile this process keeps to another, with all that it starts; skips
    where there is one only."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        pytest.skip("server and load need a processor each")
    os.sched_setaffinity(0, {cores[1]})
    try:
        yield cores[0]
    finally:
        os.sched_setaffinity(0, cores)


class Load:
    """A load in progress, each of whose answers has to be the first one's of its version, byte for byte. Leaving the
    context waits for its end."""

    def __init__(self, url, *words, seconds, warm_up=1):
        command = [slipway_path(), "bench", url, *words, "--json", "--verify"]
        command += ["--duration", f"{seconds * 1000:.0f}ms", "--warm-up", f"{warm_up * 1000:.0f}ms"]
        self._limit_s = seconds + warm_up + LATE_S
        self._process = subprocess.Popen(
            list(map(str, command)), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def __enter__(self):
        return self

    def goes_on(self):
        return self._process.poll() is None

    def end(self):
        """Before its time; what it measured until then is in its report."""
        self._process.send_signal(signal.SIGINT)

    def __exit__(self, kind, *_):
        if kind is not None:
            self._process.kill()
        try:
            self._output, self._complaint = self._process.communicate(timeout=self._limit_s)
        finally:
            self._process.kill()

    @property
    def run(self):
        """The one run of its report (docs/formats/bench-report.md)."""
        assert self._output, self._complaint
        (run,) = json.loads(self._output)["runs"]
        return run


def peak(url, *words):
    """Answers a second of a closed loop, the best of three: as many as this server has for this load."""
    return max(load(url, "--concurrency", 4, *words, seconds=0.4, warm_up=0.1)["per_second"] for _ in range(3))


def load(url, *words, seconds, warm_up=1):
    """The run of a load from its start to its end."""
    with Load(url, *words, seconds=seconds, warm_up=warm_up) as running:
        pass
    return running.run
