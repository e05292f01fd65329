"""bench/run train, on the smallest data set."""

import json
import os
import pathlib
import subprocess
import sys
import types

import pytest

import frameworks
from support.models import ROOT
from support.server import slipway_path

sys.path.insert(0, str(ROOT / "bench"))
import training

needs_frameworks = pytest.mark.skipif(frameworks.missing is not None, reason=f"scikit-learn: {frameworks.missing}")


@needs_frameworks
def test_the_bench_compares_an_estimator_with_its_counterpart(tmp_path):
    out = tmp_path / "table.json"
    build = pathlib.Path(slipway_path()).parent
    command = ["bench/run", "train", "--build", build, "--data", "iris", "--kinds", "logistic", "--rounds", "1", "--json", out]
    done = subprocess.run(
        [frameworks.VENV / "bin" / "python", *command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    (row,) = json.loads(out.read_text())
    assert done.returncode == (1 if training.missed(row) else 0), done.stdout + done.stderr
    verdict = "FAILED: " + training.missed(row) if training.missed(row) else "ok"
    assert verdict in done.stdout and done.stdout.splitlines()[-1].startswith("1 comparisons, ")
    assert (row["kind"], row["rival"], row["data"]) == ("logistic", "LogisticRegression", "iris")
    assert abs(row["score"] - row["rival_score"]) < 0.03
    assert row["seconds"] > 0 and row["rival_seconds"] > 0


def comparison(rival="LogisticRegression", ratio=0.5, score=0.9, rows_judged=1000):
    return {
        "data": "digits",
        "kind": "logistic",
        "rival": rival,
        "ratio": ratio,
        "ratio_wanted": training.TIMES_WANTED.get(rival, 1.0),
        "score": score,
        "rival_score": 0.9,
        "loss_allowed": max(training.LOSS_ALLOWED, 1 / rows_judged),
    }


def test_a_rival_that_is_faster_or_better_is_a_miss():
    assert training.missed(comparison()) == ""
    assert training.missed(comparison(ratio=1.01)) == "time"
    assert training.missed(comparison("LightGBM", ratio=1.5)) == ""
    assert training.missed(comparison("LightGBM", ratio=1.51, score=0.89)) == "time and score"
    assert training.missed(comparison(score=0.895)) == ""
    assert training.missed(comparison(score=0.894)) == "score"
    assert training.missed(comparison(score=0.88, rows_judged=40)) == "", "half a row"
    told = training.summary([comparison(), comparison(ratio=2)], ["iris svm: killed"])
    assert told == (
        "2 comparisons, 1 miss what is wanted, 1 failed: digits logistic beside LogisticRegression (time); iris svm: killed"
    )


def test_the_exit_code_tells_of_a_miss(tmp_path, monkeypatch, capsys):
    """A run whose rivals are made up: one is beaten, one is out of reach."""
    (tmp_path / "slipway").touch()
    monkeypatch.setattr(training, "kinds_of", lambda program: {"logistic": "classification"})
    monkeypatch.setattr(training, "run_slipway", lambda *given: (1.0, 0.9))
    monkeypatch.setattr(training, "run_rival", lambda make, rows, seed: (make(), 0.9))
    monkeypatch.setattr(training, "Rows", lambda name, folder: types.SimpleNamespace(
        name=name, task="classification", test=([], [0] * 100)))
    monkeypatch.setattr(os, "sched_setaffinity", lambda *given: None)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for seconds, code in ((2.0, 0), (0.5, 1)):
        monkeypatch.setattr(training, "rivals", lambda: {"logistic": {"classification": [("Rival", lambda: seconds, None)]}})
        assert training.main(["--build", str(tmp_path), "--data", "iris", "--rounds", "1"]) == code
        assert f"1 comparisons, {code} miss what is wanted, 0 failed" in capsys.readouterr().out


def test_data_that_is_not_there_is_named():
    done = subprocess.run(
        [sys.executable, "bench/run", "train", "--data", "iriss"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "unknown data iriss: expected iris, wine" in done.stderr
