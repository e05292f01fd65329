"""bench/run train, on the smallest data set."""

import json
import pathlib
import subprocess
import sys

import pytest

import frameworks
from support.models import ROOT
from support.server import slipway_path

needs_frameworks = pytest.mark.skipif(frameworks.missing is not None, reason=f"scikit-learn: {frameworks.missing}")


@needs_frameworks
def test_the_bench_compares_an_estimator_with_its_counterpart(tmp_path):
    out = tmp_path / "table.json"
    build = pathlib.Path(slipway_path()).parent
    command = ["bench/run", "train", "--build", build, "--data", "iris", "--kinds", "logistic", "--rounds", "1", "--json", out]
    done = subprocess.run(
        [frameworks.VENV / "bin" / "python", *command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(out.read_text())
    assert (row["kind"], row["rival"], row["data"]) == ("logistic", "LogisticRegression", "iris")
    assert abs(row["score"] - row["rival_score"]) < 0.03
    assert row["seconds"] > 0 and row["rival_seconds"] > 0


def test_data_that_is_not_there_is_named():
    done = subprocess.run(
        [sys.executable, "bench/run", "train", "--data", "iriss"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "unknown data iriss: expected iris, wine" in done.stderr
