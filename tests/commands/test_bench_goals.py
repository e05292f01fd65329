"""bench/run: what it can be asked for. What it measures needs an idle machine, and is no test."""

import re
import subprocess
import sys

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
