""".ci/run sums up its stages, and says how long they took beside what they may take. The stages here do nothing."""

import os
import re
import shutil
import subprocess

import pytest

from support.models import ROOT

STAGES = 10


@pytest.fixture
def ci(tmp_path):
    """Runs .ci/run as if it had begun so many minutes ago: ci(minutes) -> (exit code, its lines)."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "tools").mkdir()
    for name in ("tools/setup", "tools/format", "tools/build", "tools/run-tests", "make"):
        (tmp_path / name).write_text("#!/bin/sh\necho 2 passed, 0 failed, 1 skipped\n")
        (tmp_path / name).chmod(0o755)

    (tmp_path / "build/coverage").mkdir(parents=True)
    (tmp_path / "build/coverage/counters.gcda").touch()

    def run(minutes=0, scale="", **stubs):
        for name, text in stubs.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "SECONDS": str(60 * minutes)}
        env["SLIPWAY_TEST_SCALE"] = scale
        done = subprocess.run([tmp_path / ".ci" / "run"], env=env, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout.splitlines()

    return run


def test_the_last_line_sums_up_all_stages(ci):
    code, lines = ci()
    assert code == 0
    assert lines[-1] == f"{2 * STAGES} passed, 0 failed, {STAGES} skipped"
    assert re.fullmatch(r"all stages took 0 min \d s, 45 are the budget", lines[-2])


@pytest.mark.parametrize("make,passed,failed", [("echo 3 passed, 2 failed; exit 1", 3, 2), ("exit 1", 0, 1)])
def test_a_stage_that_fails_is_counted_and_the_others_run(ci, make, passed, failed):
    code, lines = ci(make=make)
    assert code == 1
    assert lines[-1].startswith(f"{2 * (STAGES - 1) + passed} passed, {failed} failed")


def test_more_than_the_limit_of_time_is_told_in_the_last_lines(ci):
    code, lines = ci(minutes=70)
    assert code == 0
    assert re.fullmatch(r"all stages took 70 min \d s, 45 are the budget: MORE THAN THE LIMIT of 70", lines[-2])
    assert "LIMIT" not in ci(minutes=69)[1][-2]


def test_big_sizes_have_no_budget(ci):
    code, lines = ci(minutes=300, scale="release")
    assert code == 0
    assert re.fullmatch(r"all stages took 300 min \d s", lines[-2])
