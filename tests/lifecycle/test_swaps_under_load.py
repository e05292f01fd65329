"""Versions are swapped at 70 % of what the server can do: no request fails, each answer is that of the version it names."""

import os
import threading
import time

from serving import polled, wait_gone, wait_state
from support.bench import Load, apart, peak
from support.checks import MIB
from support.repository import heavy_model
from support.server import wait_until
from support.tensors import outputs_of

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
SWAPS = 100 if IS_RELEASE else 10
SHARE = 0.7
KEPT = 0.9 if IS_RELEASE else 0.2  # of the rate; an ordinary run shares its processors
LONG_S = 3600  # ended before
PAUSE_S = 0.005
RSS_SLACK = 16 * MIB
FACTORS = {1: 2.0, 2: 5.0}
INPUTS = [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1.0, 2.0, 3.0, 4.0]}]


class Witness:
    """A thread that asks the model on and on; `problems` is what was not as it must be."""

    def __init__(self, server):
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answers = {version: 0 for version in FACTORS}
        self.problems = []

    def _ask(self):
        while not self._stop.is_set():
            try:
                self._ask_once()
            except Exception as error:  # a thread's exception would go unseen
                self.problems.append(repr(error))
            time.sleep(PAUSE_S)

    def _ask_once(self):
        answer = self._server.infer("m", INPUTS)
        if answer.status != 200:
            self.problems.append(repr(answer))
            return
        version = int(answer.json()["model_version"])
        y = outputs_of(answer)["y"]["data"]
        if y != [10 * FACTORS[version]]:
            self.problems.append(f"version {version}: {y}")
        self.answers[version] += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def swap(server, repository):
    """To version 2 and back."""
    repository.put("m", 2, heavy_model(FACTORS[2]))
    wait_state(server, "m", 2, "READY")
    wait_gone(server, "m", 1)
    repository.remove("m", 2)
    wait_state(server, "m", 1, "READY")
    wait_gone(server, "m", 2)


def test_swaps_under_load_cost_no_request_and_no_memory(repository):
    repository.put("m", 1, heavy_model(FACTORS[1]))
    with apart() as core, polled(repository, cores=[core]) as server:
        target = f"{server.url}/v2/models/m"
        rate = round(SHARE * peak(target))
        swap(server, repository)
        swap(server, repository)
        before = server.rss_bytes()
        words = ["--rate", rate, "--concurrency", 16]
        with Load(target, *words, seconds=LONG_S, warm_up=0) as load, Witness(server) as witness:
            for _ in range(SWAPS):
                swap(server, repository)
            load.end()
        wait_until(lambda: server.rss_bytes() <= before + RSS_SLACK, 10, "memory given back")
        after = server.rss_bytes()
    run = load.run
    print(f"{SWAPS} swaps there and back: resident {before / MIB:.1f} MiB before, {after / MIB:.1f} after")
    print({key: run[key] for key in ("seconds", "per_second", "requested_per_second", "by_status", "latency_us")})
    assert witness.problems == []
    assert min(witness.answers.values()) >= SWAPS
    assert run["failures"] == run["timeouts"] == run["wrong_answers"] == 0, run.get("first_problem")
    assert run["by_status"] == {"200": run["completed"]}
    assert run["per_second"] >= KEPT * rate
