"""Files that memory need not hold: samples of them, and judging part by part; what is too large is a sentence."""

import json
import os
import random
import resource
import subprocess
import sys

import pytest

from support.models import ROOT
from support.server import slipway_path
from tables import mixed, waves

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"

PEAK = """import os, sys
run = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(run, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def repeated(path, head, rows, size):
    """A file of about `size` bytes: the same rows again and again. Returns how often."""
    times = size // len(rows)
    with open(path, "wb") as file:
        file.write(head)
        for _ in range(times):
            file.write(rows)
    return times


@pytest.fixture
def peak_of(trainer, tmp_path):
    """peak_of(command): what the command says, and its peak of memory in bytes."""

    def measure(command):
        # A child's peak counts from the memory of who started it: a small one does.
        started = [sys.executable, "-S", "-c", PEAK, tmp_path / "peak", *command]
        run = subprocess.run(list(map(str, started)), cwd=ROOT, env=trainer.env, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout), int((tmp_path / "peak").read_text()) * 1024

    return measure


def test_a_sample_of_a_large_file_takes_bounded_memory(trainer, peak_of, tmp_path):
    """5 GB in the release check; here enough that the whole of it would take 230 MB."""
    size = 5_000_000_000 if IS_RELEASE else 150_000_000
    limit = 100_000_000
    head, rows = waves(tmp_path / "block.csv", rows=20_000).read_bytes().split(b"\r\n", 1)
    data, out = tmp_path / "large.csv", tmp_path / "large.slipway"
    count = 20_000 * repeated(data, head + b"\r\n", rows, size)

    report, peak = peak_of(trainer.command(data, "label", out, "--model", "logistic", "--sample", "5000"))
    assert peak < limit
    assert report["rows"]["train"] + report["rows"]["held_out"] == 5000
    assert report["data"]["rows"] == count
    shown = subprocess.run([slipway_path(), "bundle", "show", out, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout)["manifest"]["lineage"]["data_sample"] == "5000 rows"
    judged, peak = peak_of([slipway_path(), "evaluate", out, data, "--target", "label", "--sample", "5000", "--json"])
    assert peak < limit
    assert (judged["rows"], judged["data"]["rows"]) == (5000, count)


COLUMNS = 60


def wide_rows(rows=2000):
    """Lines of many numbers, a word and an answer that follows from two of the numbers."""
    draw = random.Random(3)
    lines = []
    for _ in range(rows):
        numbers = [round(draw.uniform(-3, 3), 4) for _ in range(COLUMNS)]
        label = int(numbers[0] + numbers[1] > draw.gauss(0, 1))
        lines.append(",".join(map(str, [*numbers, draw.choice("abc"), label])) + "\n")
    head = ",".join([*(f"c{i}" for i in range(COLUMNS)), "part", "label"]) + "\n"
    return head.encode(), "".join(lines).encode()


def test_a_file_is_judged_part_by_part(trainer, peak_of, tmp_path):
    """Every row of it: 5 GB in the release check; here enough that a table would take 150 MB, and copies of it more."""
    size = 5_000_000_000 if IS_RELEASE else 150_000_000
    head, rows = wide_rows()
    data, out, gate = tmp_path / "wide.csv", tmp_path / "wide.slipway", tmp_path / "gate.txt"
    count = 2000 * repeated(data, head, rows, size)
    gate.write_text("accuracy >= 0.5\naccuracy[part=*] >= 0.5\n", encoding="utf-8")
    peak_of(trainer.command(data, "label", out, "--model", "logistic", "--sample", "5000"))
    words = [slipway_path(), "evaluate", out, data, "--target", "label", "--slices", "part", "--gate", gate, "--resamples", "50", "--json"]
    judged, peak = peak_of(words)
    assert judged["rows"] == count
    assert sum(group["rows"] for group in judged["slices"][0]["groups"]) == count
    assert peak < 60_000_000 + 128 * count, f"{peak / count:.0f} bytes a row"


@pytest.mark.parametrize("name", ["plain", "held-out", "gate"])
def test_parts_are_judged_as_the_whole_table_is(trainer, tmp_path, name):
    """What shuffles columns holds the table: its figures are those of who reads part by part."""
    data, out, gate = mixed(tmp_path / "rows.csv", rows=3000), tmp_path / "rows.slipway", tmp_path / "gate.txt"
    head, *rows = data.read_text(encoding="utf-8").splitlines()
    data.write_text("\n".join([f"{head},w", *(f"{row},{1 + i % 3}" for i, row in enumerate(rows))]), encoding="utf-8")
    gate.write_text("accuracy >= baseline - 0.5\naccuracy[city=*] >= 0.1\n", encoding="utf-8")
    trainer.report(data, "bought", out, "--model", "boosting", "--drop", "note", "--weights", "w")
    words = {
        "plain": ["--target", "bought", "--slices", "city,age", "--weights", "w", "--clean", "drop-missing-target"],
        "held-out": ["--held-out", "--slices", "city"],
        "gate": ["--target", "bought", "--test-share", "0.4", "--gate", gate, "--baseline", out],
    }[name]

    def report(*more):
        command = [slipway_path(), "evaluate", out, data, *words, "--resamples", "50", "--json", *more]
        done = subprocess.run(list(map(str, command)), cwd=ROOT, env=trainer.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    in_parts, whole = report(), report("--importance")
    del whole["permutation_importance"]
    assert in_parts == whole


def test_a_table_that_memory_does_not_hold_is_refused(trainer, tmp_path):
    """A quarter of 512 MiB is less than the table, and more than what a sample takes."""
    head, rows = wide_rows()
    data, out = tmp_path / "wide.csv", tmp_path / "wide.slipway"
    repeated(data, head, rows, 150_000_000)

    def train(*words):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))

        return trainer.run(data, "label", out, "--model", "logistic", *words, preexec_fn=limit)

    done = train()
    assert done.returncode == 1
    assert "wide.csv: a file of 142 MB, about " in done.stderr
    assert " rows of 62 columns, 1" in done.stderr
    assert "the table takes more than 128 MB of memory: read a sample of its rows (--sample)" in done.stderr
    assert not out.exists()
    done = train("--sample", "5000")
    assert done.returncode == 0, done.stderr
