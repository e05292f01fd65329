"""bench/run: what it can be asked for. What it measures needs an idle machine, and is no test."""

import importlib
import math
import re
import subprocess
import sys
import types

import pytest

from support.models import ROOT

GOALS = range(1, 24)


def bench_run(*words):
    command = [sys.executable, ROOT / "bench" / "run", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_every_goal_can_be_measured():
    done = bench_run("--list")
    assert done.returncode == 0, done.stderr
    heads = re.findall(r"^[a-z0-9-]+ +Goals? ([0-9, and]+):", done.stdout, re.MULTILINE)
    assert {int(number) for head in heads for number in re.findall(r"\d+", head)} == set(GOALS)
    for line in bench_run("tabular", "--list").stdout.splitlines():
        assert line in done.stdout.splitlines()


def test_an_unknown_goal_is_named():
    done = bench_run("--only", "grpc,speed")
    assert done.returncode == 2
    assert "unknown goal speed: expected small-json, grpc," in done.stderr


# --- how servers that take turns are measured (goal 16)


class Core:
    """What a server that has work computes while nobody looks, a tenth of a second each time."""

    def __init__(self, left):
        self.left = left
        self.used = 0.0

    def cpu_seconds(self):
        step = min(self.left, 0.1)
        self.left -= step
        self.used += step
        return self.used


@pytest.fixture
def goodput(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    module = importlib.import_module("goodput")
    monkeypatch.setattr(module.harness, "time", types.SimpleNamespace(sleep=lambda _: None))
    return module


def test_nobody_is_measured_beside_what_another_left_behind(goodput):
    servers = {point: Core(0.3) for point in [goodput.UNTUNED, *goodput.GRID]}
    turns = goodput.Turns(None, servers, [])
    orders = []

    def measure(server):
        assert not any(each.left for each in servers.values())
        server.left = 1.0  # as a batch does whose clients have gone
        orders[-1].append(server)

    for _ in range(3):
        orders.append([])
        turns.each(list(servers), measure)
    assert [order[0] for order in orders] == list(servers.values())[:3]
    assert all(set(order) == set(servers.values()) for order in orders)


def test_a_server_that_never_rests_is_an_error(goodput):
    with pytest.raises(goodput.harness.BenchError, match="busy for 5 s"):
        goodput.harness.wait_until_idle([Core(math.inf)], limit_s=5)


def test_the_best_is_compared_in_rounds_that_did_not_choose_it(goodput):
    rounds = []

    def measure(points):
        rounds.append(points)
        lucky = len(rounds) <= 2
        return {point: (1.0, 2.0 if point == (4, 0) and lucky else 1.0) for point in points}

    first, second = goodput.against_best(2, measure)
    ours, grid = goodput.UNTUNED, goodput.GRID
    assert rounds == [grid, grid, [ours, (1, 0), (4, 0)], [ours, (1, 0), (4, 0)]]
    assert first == ((1, 0), 1.0, [(1.0, 1.0), (1.0, 1.0)])
    assert second == ((4, 0), 1.0, [(1.0, 1.0), (1.0, 1.0)])
