"""Versions are swapped while clients ask: no request fails, each answer is that of the version it names."""

import os
import threading
import time

from serving import polled, wait_gone, wait_state
from support.repository import heavy_model
from support.server import wait_until
from support.tensors import outputs_of

SWAPS = 100 if os.environ.get("SLIPWAY_TEST_SCALE") == "release" else 10
CLIENTS = 3
PAUSE_S = 0.002  # leaves the two cores some of their time, as 70 % load does
RSS_SLACK = 16 << 20
FACTORS = {1: 2.0, 2: 5.0}
INPUTS = [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1.0, 2.0, 3.0, 4.0]}]


class Clients:
    """Threads that ask the model on and on; `problems` is what was not as it must be."""

    def __init__(self, server):
        self._server = server
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]
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
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def swap(server, repository):
    """To version 2 and back."""
    repository.put("m", 2, heavy_model(FACTORS[2]))
    wait_state(server, "m", 2, "READY")
    wait_gone(server, "m", 1)
    repository.remove("m", 2)
    wait_state(server, "m", 1, "READY")
    wait_gone(server, "m", 2)


def test_swaps_cost_no_request_and_no_memory(repository):
    repository.put("m", 1, heavy_model(FACTORS[1]))
    with polled(repository) as server:
        with Clients(server) as clients:
            swap(server, repository)
            swap(server, repository)
        before = server.rss_bytes()
        with Clients(server) as more:
            for _ in range(SWAPS):
                swap(server, repository)
        assert clients.problems == [] and more.problems == []
        assert min(more.answers.values()) >= SWAPS
        wait_until(lambda: server.rss_bytes() <= before + RSS_SLACK, 10, "memory given back")
