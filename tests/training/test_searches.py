"""Searches of slipway train: rows that belong together, halving, budgets, and a person who stops them."""

import json
import random
import signal
import time

import pytest

from support.server import wait_until
from tables import waves, write_csv


def copies(path, rows=240, each=4, seed=4):
    """Labels at random, each row several times at one time: only who has seen its copies can tell."""
    draw = random.Random(seed)
    table = {name: [] for name in ("x", "z", "who", "day", "label")}
    for row in range(rows // each):
        values = (draw.random(), draw.random(), f"p{row}", row, draw.choice("ab"))
        for name, value in zip(table, values, strict=True):
            table[name] += [value] * each
    return write_csv(path, table)


BY_HEART = ["--model", "tree", "--search", "grid", "--param", "max_depth=0,20", "--param", "min_samples_leaf=1"]


@pytest.mark.parametrize(("role", "other"), [("--group", "day"), ("--time", "who")])
def test_the_folds_of_a_search_keep_apart_what_belongs_together(trainer, tmp_path, role, other):
    data = copies(tmp_path / "copies.csv")
    column = "who" if role == "--group" else "day"
    words = [*BY_HEART, "--drop", other, "--test-share", "0"]
    tied = trainer.report(data, "label", tmp_path / "tied", *words, role, column)
    assert max(trial["mean"] for trial in tied["trials"]) <= 0.65, "nobody can know"
    leaking = trainer.report(data, "label", tmp_path / "leaking", *words, "--drop", column)
    assert min(trial["mean"] for trial in leaking["trials"]) > 0.9


@pytest.mark.parametrize(("role", "sentence"), [("--group", "9 folds want as many groups, got 8"), ("--time", "9 folds want 10 times at least, got 8")])
def test_more_folds_than_groups_or_times_are_refused(trainer, tmp_path, role, sentence):
    data = copies(tmp_path / "copies.csv", rows=64, each=8)
    column, other = ("who", "day") if role == "--group" else ("day", "who")
    words = [*BY_HEART, "--folds", "9", "--test-share", "0", role, column, "--drop", other]
    done = trainer.run(data, "label", tmp_path / "out", *words)
    assert done.returncode == 1
    assert f'column "{column}": {sentence}' in done.stderr


def rounds_of(report, amount):
    """Trials by what a round gave them, the least first."""
    rounds = {}
    for trial in report["trials"]:
        rounds.setdefault(amount(trial), []).append(trial)
    return dict(sorted(rounds.items()))


def check_that_the_better_third_goes_on(rounds, parameter):
    for before, after in zip(list(rounds)[:-1], list(rounds)[1:], strict=True):
        assert len(rounds[after]) == -(-len(rounds[before]) // 3)
        kept = {trial["parameters"][parameter] for trial in rounds[after]}
        means = {trial["parameters"][parameter]: trial["mean"] for trial in rounds[before]}
        assert kept <= set(means)
        assert min(means[value] for value in kept) >= max(mean for value, mean in means.items() if value not in kept)


def test_halving_gives_three_times_the_rows_to_the_better_third(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv", rows=3000)
    words = ["--model", "tree", "--search", "halving", "--trials", "9", "--param", "min_samples_leaf=1"]
    words += ["--param", "max_depth=1,2,3,4,5,6,7,8,9"]
    report = trainer.report(data, "label", tmp_path / "out", *words)
    rounds = rounds_of(report, lambda trial: trial["rows"])
    assert list(rounds) == [213, 640, 1920], "a third of a third of four folds of 2,400 rows"
    assert [len(trials) for trials in rounds.values()] == [9, 3, 1]
    check_that_the_better_third_goes_on(rounds, "max_depth")
    assert report["parameters"] == rounds[1920][0]["parameters"]


def test_halving_gives_more_of_a_parameter_where_it_is_asked_to(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv", rows=800)
    words = ["--model", "boosting", "--search", "halving", "--trials", "9", "--resource", "iterations", "--param", "iterations=27"]
    for fixed in ("l2=0", "min_samples_leaf=20", "max_leaves=7", "learning_rate=0.001,0.003,0.01,0.03,0.1,0.2,0.3,0.5,0.9"):
        words += ["--param", fixed]
    report = trainer.report(data, "label", tmp_path / "out", *words)
    rounds = rounds_of(report, lambda trial: int(trial["parameters"]["iterations"]))
    assert list(rounds) == [3, 9, 27]
    assert {trial["rows"] for trial in report["trials"]} == {512}
    check_that_the_better_third_goes_on(rounds, "learning_rate")
    assert report["parameters"]["iterations"] == "27"


def test_a_budget_ends_the_search_of_auto(trainer, tmp_path):
    data, out = waves(tmp_path / "waves.csv", rows=20_000), tmp_path / "waves.slipway"
    begun = time.monotonic()
    report = trainer.report(data, "label", out, "--model", "auto", "--budget", "1s")
    assert time.monotonic() - begun < 10
    assert report["stopped"] and report["choice"].startswith(report["estimator"])
    assert out.exists()
    whole = trainer.report(waves(tmp_path / "few.csv", rows=100), "label", tmp_path / "few.slipway", "--model", "auto")
    assert len(report["trials"]) < len(whole["trials"]) and not whole["stopped"]


def test_ctrl_c_in_a_search_keeps_the_best_that_was_tried(trainer, tmp_path):
    data, out, checkpoint = waves(tmp_path / "waves.csv"), tmp_path / "waves.slipway", tmp_path / "search.checkpoint"
    words = ["--model", "network", "--search", "grid", "--param", "learning_rate=0.00001,0.01", "--param", "hidden=20"]
    words += ["--param", "alpha=" + ",".join(f"{i / 1e6}" for i in range(40)), "--param", "max_iterations=8"]
    running = trainer.start(data, "label", out, *words, "--checkpoint", checkpoint, "--checkpoint-every", "1ms")
    wait_until(lambda: checkpoint.exists() and checkpoint.read_bytes().count(b'"trial"') >= 3, what="three trials")
    running.send_signal(signal.SIGINT)
    told, complaint = running.communicate(timeout=60)
    assert running.returncode == 0, complaint
    report = json.loads(told)
    assert report["stopped"] and 3 <= len(report["trials"]) < 80
    tried = [trial for trial in report["trials"] if "mean" in trial]
    best = max(tried, key=lambda trial: trial["mean"])
    assert report["parameters"] == best["parameters"]
    assert out.exists()
