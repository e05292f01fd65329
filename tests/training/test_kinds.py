"""Every estimator of `slipway train`: the native engine alone runs it, and the seed decides every byte."""

import json
import random
import subprocess

import pytest

from support.models import ROOT
from support.server import slipway_path
from tables import write_csv


def _kinds():
    """(estimator, task), as the reference has them, which a test compares with the program."""
    for section in (ROOT / "docs" / "training.md").read_text(encoding="utf-8").split("\n### ")[1:]:
        name, summary = section.splitlines()[:2]
        can = summary.rsplit("*", 2)[1].split(", ")
        yield from ((name, task) for task in ("regression", "classification") if task in can)


def _rows(path):
    """Numbers with gaps and categories; both targets follow from them."""
    draw = random.Random(6)
    table = {name: [] for name in ("x", "city", "amount", "label")}
    for row in range(60):
        x, city = draw.gauss(0, 2), draw.choice(["Bonn", "Paris", "Rome"])
        amount = x + 3 * (city == "Rome") + draw.gauss(0, 0.5)
        values = (x if row % 10 else "", city, amount, "high" if amount > 1 else "low")
        for name, value in zip(table, values, strict=True):
            table[name].append(value)
    return write_csv(path, table)


@pytest.mark.parametrize(("kind", "task"), list(_kinds()))
def test_every_estimator_is_served_by_the_native_engine_and_follows_from_its_seed(trainer, tmp_path, kind, task):
    target, other = ("amount", "label") if task == "regression" else ("label", "amount")
    words = ["--model", kind, "--task", task, "--drop", other, "--seed", "3"]
    data = _rows(tmp_path / "rows.csv")
    first, second = (trainer.report(data, target, tmp_path / f"{name}.slipway", *words) for name in "ab")
    assert first["digest"] == second["digest"]
    assert first["estimator"] == kind
    inspected = subprocess.run(
        [slipway_path(), "inspect", tmp_path / "a.slipway", "--verify", "--json"],
        capture_output=True, text=True, check=False, timeout=60, env=trainer.env,
    )
    assert inspected.returncode == 0, inspected.stderr
    told = json.loads(inspected.stdout)
    assert told["engine"].startswith("tabular") and "+" not in told["engine"], told.get("declined")
