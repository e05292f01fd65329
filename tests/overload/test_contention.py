"""How many requests are admitted follows how long runs are seen to take: fewer while something else takes the server's
processor, as many as before when it has gone."""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time

from support.bench import Load, apart, load
from support.models import TEST_MODELS
from support.server import Server
from test_overload import ANSWERED, INPUTS, OVERLOAD, SLACK, check_exact, p99_ms

QUEUE_MS = 50
ROUNDS = 3  # at most: one in which nothing else used the processor shows it
SETTLE_S, LOOK_S, PAUSE_S = 0.7, 0.7, 0.02
WARM_UP_S = 0.5
COMPETITORS = 2  # for the processor, beside the pool's thread and the loop
IN_FLIGHT = 512
FALL, RISE = 0.75, 1.25
MAX_MS = 4 * QUEUE_MS  # p99 of the answers; some were admitted just before runs became slower


@contextlib.contextmanager
def contention(core):
    """Other processes that want all of the processor."""
    with contextlib.ExitStack() as stack:
        for _ in range(COMPETITORS):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(process.wait)
            stack.callback(process.kill)
            os.sched_setaffinity(process.pid, {core})
        yield


def admitted(server):
    """How many requests wait for the model at a time, typically."""
    time.sleep(SETTLE_S)
    seen, end = [], time.monotonic() + LOOK_S
    while time.monotonic() < end:
        seen.append(server.metric("slipway_requests_pending", model="slow"))
        time.sleep(PAUSE_S)
    return statistics.median(seen)


@dataclasses.dataclass
class Round:
    before: float
    meanwhile: float
    after: float
    p99_ms: float  # of all answers

    def shows_it(self):
        follows = self.meanwhile <= FALL * self.before and self.after >= RISE * self.meanwhile
        return follows and self.p99_ms <= MAX_MS * SLACK


def test_fewer_are_admitted_while_runs_take_longer(tmp_path):
    inputs = tmp_path / "inputs.json"
    inputs.write_text(json.dumps({"inputs": INPUTS}), encoding="utf-8")
    rounds = []
    with apart() as core, Server(TEST_MODELS / "slow.onnx", args=[f"--queue-time={QUEUE_MS}ms"], cores=[core]) as server:
        target = [f"{server.url}/v2/models/slow", "--input", inputs]
        peak = load(*target, "--concurrency", 4, seconds=1)["per_second"]
        words = ["--rate", round(OVERLOAD * peak), "--concurrency", IN_FLIGHT]
        while len(rounds) < ROUNDS and not (rounds and rounds[-1].shows_it()):
            with Load(*target, *words, seconds=3 * (SETTLE_S + LOOK_S) + WARM_UP_S, warm_up=WARM_UP_S) as flood:
                time.sleep(WARM_UP_S)
                before = admitted(server)
                with contention(core):
                    meanwhile = admitted(server)
                after = admitted(server)
            check_exact(flood.run)
            rounds.append(Round(before, meanwhile, after, p99_ms(flood.run, ANSWERED)))
            print(rounds[-1], flood.run["by_status"])
    assert rounds[-1].shows_it(), rounds
