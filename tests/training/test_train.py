"""slipway train: from a file of rows to a bundle that is served."""

import csv
import json
import resource
import signal
import subprocess

import pytest

from support.models import ROOT
from support.plots import plots, points_of
from support.server import Server, slipway_path, wait_until
from tables import mixed, waves, write_csv


def test_words_numbers_times_and_texts_become_a_model_that_answers_rows_of_the_file(trainer, tmp_path):
    data, out = mixed(tmp_path / "orders.csv"), tmp_path / "orders.slipway"
    types = ["--type", "note=text"]
    report = trainer.report(data, "bought", out, "--model", "logistic", *types)
    assert report["scores"]["accuracy"] > 0.8
    assert report["labels"] == ["no", "yes"]
    with Server(out) as server:
        with open(data, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))[:5]
        days = {"age": [[float(row["age"] or "nan")] for row in rows], "city": [[row["city"]] for row in rows]}
        inputs = [
            {"name": "age", "shape": [5, 1], "datatype": "FP64", "data": [[40.0]] * 5},
            {"name": "city", "shape": [5, 1], "datatype": "BYTES", "data": days["city"]},
            {"name": "since", "shape": [5, 1], "datatype": "FP64", "data": [[1.6e9]] * 5},
            {"name": "note", "shape": [5, 1], "datatype": "BYTES", "data": [[row["note"]] for row in rows]},
        ]
        answer = server.post("/v2/models/orders/infer", {"inputs": inputs})
        assert answer.status == 200, answer
        outputs = {output["name"]: output for output in answer.json()["outputs"]}
        assert set(outputs["predict"]["data"]) <= {"yes", "no"}
        assert outputs["predict_proba"]["shape"] == [5, 2]
        # A word that was never seen is no error.
        inputs[1]["data"] = [["Atlantis"]] * 5
        assert server.post("/v2/models/orders/infer", {"inputs": inputs}).status == 200


def test_a_network_of_texts_leaves_their_zeros_out_and_computes_in_fp32_behind(trainer, tmp_path):
    """Products of sparse rows are FP64; one hidden layer has one such product, and one in FP32."""
    data, out = mixed(tmp_path / "orders.csv"), tmp_path / "orders.slipway"
    report = trainer.report(data, "bought", out, "--model", "network", "--type", "note=text")
    assert report["scores"]["accuracy"] > 0.75
    inspected = subprocess.run([slipway_path(), "inspect", out, "--verify", "--json"], capture_output=True, text=True)
    assert inspected.returncode == 0, inspected.stderr
    model = json.loads(inspected.stdout)
    assert model["operators"]["MatMul"] == 1 and model["operators"]["Gemm"] == 1
    assert model["engine"].startswith("tabular")
    words = ["--passes", "prune-network:share=0:units=0.5", "--data", data, "--target", "bought", "--json"]
    small = subprocess.run(
        [slipway_path(), "optimise", out, "-o", tmp_path / "small", *words], capture_output=True, text=True, check=True
    )
    before, after = json.loads(small.stdout)["models"]
    assert after["size_bytes"] < 0.7 * before["size_bytes"]
    assert after["figures"]["accuracy"]["value"] > before["figures"]["accuracy"]["value"] - 0.1


def test_the_same_rows_and_options_give_the_same_bytes(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv")
    words = ["--model", "network", "--param", "max_iterations=5", "--seed", "3"]
    bundles = [tmp_path / f"{name}.slipway" for name in "abc"]
    for out in bundles[:2]:
        trainer.report(data, "label", out, *words)
    trainer.report(data, "label", bundles[2], *words[:-1], "4")
    first, second, other = (out.read_bytes() for out in bundles)
    assert first == second
    assert first != other


LONG_FITS = {
    "network": ("label", ["max_iterations=400", "patience=100000"]),
    "svm": ("z", ["C=100000", "epsilon=0.01", "max_iterations=2000000"]),
}


@pytest.mark.parametrize("model", LONG_FITS)
def test_a_killed_training_goes_on_from_its_checkpoint(trainer, tmp_path, model):
    data, checkpoint = waves(tmp_path / "waves.csv"), tmp_path / "fit.checkpoint"
    target, parameters = LONG_FITS[model]
    fit = ["--model", model, *(word for parameter in parameters for word in ("--param", parameter))]
    saved = ["--checkpoint", checkpoint, "--checkpoint-every", "50ms"]
    whole = trainer.report(data, target, tmp_path / "whole.slipway", *fit)
    killed = trainer.start(data, target, tmp_path / "resumed.slipway", *fit, *saved)
    wait_until(checkpoint.exists, what="a checkpoint")
    killed.kill()
    killed.communicate()
    assert not (tmp_path / "resumed.slipway").exists()
    other = trainer.run(data, target, tmp_path / "other.slipway", *fit, *saved, "--seed", "9")
    assert other.returncode == 1
    assert "this checkpoint is of a training with other data or options" in other.stderr
    resumed = trainer.report(data, target, tmp_path / "resumed.slipway", *fit, *saved)
    assert resumed["resumed"]
    assert resumed["digest"] == whole["digest"]
    assert not checkpoint.exists()


def test_ctrl_c_keeps_the_best_so_far(trainer, tmp_path):
    data, out = waves(tmp_path / "waves.csv"), tmp_path / "waves.slipway"
    checkpoint = tmp_path / "fit.checkpoint"
    words = ["--model", "network", "--param", "max_iterations=100000", "--param", "patience=100000"]
    words += ["--checkpoint", checkpoint, "--checkpoint-every", "50ms"]
    running = trainer.start(data, "label", out, *words)
    wait_until(checkpoint.exists, what="a checkpoint")  # the fit has begun
    running.send_signal(signal.SIGINT)
    told, complaint = running.communicate(timeout=60)
    assert running.returncode == 0, complaint
    report = json.loads(told)
    assert report["stopped"]
    constant = trainer.report(data, "label", tmp_path / "constant.slipway", "--model", "constant")
    assert report["scores"]["accuracy"] > constant["scores"]["accuracy"] + 0.05
    shown = subprocess.run([slipway_path(), "inspect", out], capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0, shown.stderr


def test_a_gate_that_says_no_writes_no_bundle(trainer, tmp_path):
    data, out = waves(tmp_path / "waves.csv"), tmp_path / "waves.slipway"
    gate = tmp_path / "gate.txt"
    gate.write_text("accuracy >= 0.999\nsize_mb <= 10\n")
    done = trainer.run(data, "label", out, "--model", "logistic", "--gate", gate)
    assert done.returncode == 1
    assert "says no" in done.stderr and "accuracy >= 0.999 (found 0." in done.stderr
    assert not out.exists()
    gate.write_text("accuracy >= 0.5\nsize_mb <= 10\n")
    report = trainer.report(data, "label", out, "--model", "logistic", "--gate", gate)
    assert [line["passed"] for line in report["gate"]] == [True, True]


@pytest.mark.parametrize("search", ["grid", "random", "halving"])
def test_a_search_tells_what_it_tried_and_follows_from_the_seed(trainer, tmp_path, search):
    data = waves(tmp_path / "waves.csv")
    words = ["--model", "logistic", "--param", "C=0.001,0.01,0.1,1,10", "--search", search]
    words += [] if search == "grid" else ["--trials", "4"]
    reports = [trainer.report(data, "label", tmp_path / f"{i}.slipway", *words) for i in range(2)]
    first, second = (
        [(trial["parameters"], trial["rows"], trial["mean"]) for trial in report["trials"]] for report in reports
    )
    assert first == second
    assert reports[0]["digest"] == reports[1]["digest"]
    assert len(first) >= (5 if search == "grid" else 4)
    if search == "halving":
        assert len({rows for _, rows, _ in first}) > 1


def test_auto_tries_what_suits_and_explains_its_choice(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv", rows=600)
    report = trainer.report(data, "label", tmp_path / "auto.slipway", "--model", "auto")
    tried = {trial["estimator"] for trial in report["trials"]}
    assert {"constant", "logistic"} < tried
    assert report["choice"].startswith(report["estimator"])
    best = max(trial["mean"] for trial in report["trials"])
    chosen = next(trial for trial in report["trials"] if trial["estimator"] == report["estimator"])
    assert chosen["mean"] >= best - max(trial["standard_error"] for trial in report["trials"])


def test_a_budget_that_runs_out_says_so(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv")
    words = ["--model", "network", "--param", "max_iterations=100000", "--param", "patience=100000", "--budget", "300ms"]
    assert trainer.report(data, "label", tmp_path / "waves.slipway", *words)["stopped"]


def test_groups_stay_together_and_roles_are_not_learned_from(trainer, tmp_path):
    rows = 120
    data = write_csv(
        tmp_path / "rows.csv",
        {
            "x": [row % 7 for row in range(rows)],
            "patient": [f"p{row // 10}" for row in range(rows)],
            "w": [1 + row % 3 for row in range(rows)],
            "y": [float(row % 7) for row in range(rows)],
        },
    )
    words = ["--model", "linear", "--task", "regression", "--group", "patient", "--weights", "w"]
    report = trainer.report(data, "y", tmp_path / "rows.slipway", *words)
    assert report["rows"]["held_out"] % 10 == 0
    assert report["steps"] == ["x: impute mean"]


BAD = {
    "target": (["--target", "lable"], 1, 'there is no column "lable"; did you mean "label"?'),
    "drop": (["--drop", "zz"], 1, '--drop: there is no column "zz"'),
    "weights": (["--weights", "ww"], 1, "--weights: there is no column"),
    "model": (["--model", "logistik"], 2, 'did you mean "logistic"?'),
    "parameter": (["--model", "logistic", "--param", "c=1"], 2, 'logistic has no parameter "c"'),
    "value": (["--model", "logistic", "--param", "C=-1"], 2, "parameter C: expected"),
    "step": (["--step", "x=bin:4"], 2, 'did you mean "bins"?'),
    "type": (["--type", "x=txt"], 2, 'did you mean "text"?'),
    "share": (["--test-share", "1"], 2, "--test-share: expected 0 or a share below 1"),
    "task": (["--model", "linear"], 1, "linear is for regression, and the task is classification"),
    "folds": (["--model", "logistic", "--search", "grid", "--folds", "900"], 1, "900 folds"),
    "gate": (["--gate", "/nowhere/gate.txt"], 1, "/nowhere/gate.txt"),
    "auto": (["--model", "auto", "--param", "C=1"], 1, "of which estimator?"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_options_are_refused_in_a_sentence(trainer, tmp_path, name):
    words, code, sentence = BAD[name]
    data = waves(tmp_path / "waves.csv", rows=200)
    words = [*words] if "--model" in words else ["--model", "constant", *words]
    done = trainer.run(data, "label", tmp_path / "out", *words)
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr
    assert not (tmp_path / "out").exists()


BAD_ROWS = {
    "one class": ({"x": [1, 2, 3, 4], "y": ["a"] * 4}, "holds one class only"),
    "no target": ({"x": [1, 2, 3, 4], "y": ["a", "b", "", "a"]}, 'target column "y": row 3 has no value'),
    "nothing to learn from": ({"x": [1, 1, 1, 1], "y": ["a", "b", "b", "a"]}, "no column is left to learn from"),
    "classes": ({"x": range(6), "y": list("abcdef")}, "more classes than half of the 6 rows"),
    "infinity": ({"x": [1, 2, "inf", 4], "y": ["a", "b", "b", "a"]}, "infinite"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_are_refused_in_a_sentence(trainer, tmp_path, name):
    columns, sentence = BAD_ROWS[name]
    data = write_csv(tmp_path / "rows.csv", columns)
    done = trainer.run(data, "y", tmp_path / "out", "--model", "constant", "--test-share", "0")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not (tmp_path / "out").exists()


def test_columns_that_say_nothing_are_named_and_not_learned_from(trainer, tmp_path):
    rows = 50
    data = write_csv(
        tmp_path / "rows.csv",
        {"x": range(rows), "same": [1] * rows, "empty": [""] * rows, "y": [row % 2 for row in range(rows)]},
    )
    done = trainer.run(data, "y", tmp_path / "out", "--model", "constant")
    assert done.returncode == 0, done.stderr
    assert 'warning: column "same" is not learned from: it holds one value only' in done.stderr
    assert 'warning: column "empty" is not learned from: it holds no value' in done.stderr


def test_what_stands_there_already_is_left_alone(trainer, tmp_path):
    out = tmp_path / "out.slipway"
    out.write_text("mine")
    done = trainer.run(waves(tmp_path / "waves.csv"), "label", out, "--model", "constant")
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert out.read_text() == "mine"


def files_up_to(size):
    """For `preexec_fn`: no file may become larger, as on a disk that is full."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("words", [[], ["--search", "grid", "--param", "hidden=10;20;30"]])
def test_a_checkpoint_that_cannot_be_written_ends_the_training(trainer, tmp_path, words):
    data, folder = waves(tmp_path / "waves.csv"), tmp_path / "full"
    folder.mkdir()
    fit = ["--model", "network", "--param", "learning_rate=0.001", "--param", "alpha=0", "--param", "max_iterations=300"]
    saved = ["--checkpoint", folder / "fit.checkpoint", "--checkpoint-every", "1ms"]
    done = trainer.run(data, "label", folder / "out", *fit, *words, *saved, preexec_fn=files_up_to(100))
    assert done.returncode == 1
    assert "fit.checkpoint" in done.stderr and "File too large" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_page_that_cannot_be_written_leaves_nothing(trainer, tmp_path):
    data, folder = waves(tmp_path / "waves.csv"), tmp_path / "full"
    folder.mkdir()
    words = ["--model", "tree", "--param", "max_depth=2", "--html", folder / "page.html"]
    done = trainer.run(data, "label", folder / "out.slipway", *words, preexec_fn=files_up_to(10_000))
    assert done.returncode == 1 and "page.html" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_bundle_stays_where_its_reports_cannot_be_written(trainer, tmp_path):
    data, folder = waves(tmp_path / "waves.csv"), tmp_path / "full"
    folder.mkdir()
    words = ["--model", "tree", "--param", "max_depth=2"]
    whole = trainer.report(data, "label", tmp_path / "whole.slipway", *words)
    page = (tmp_path / "whole.slipway.evaluation.html").stat().st_size
    assert (tmp_path / "whole.slipway").stat().st_size < page - 1000
    done = trainer.run(data, "label", folder / "out.slipway", *words, preexec_fn=files_up_to(page - 1))
    assert done.returncode == 1
    assert "out.slipway was written, its reports were not: " in done.stderr
    assert json.loads(done.stdout)["digest"] == whole["digest"]
    assert {path.name for path in folder.iterdir()} == {"out.slipway", "out.slipway.training.json"}
    out = folder / "plain.onnx"
    command = [slipway_path(), "optimise", folder / "out.slipway", "-o", out]
    done = subprocess.run(
        list(map(str, command)), env=trainer.env, capture_output=True, text=True, check=False, preexec_fn=files_up_to(500)
    )
    assert done.returncode == 1 and "plain.onnx" in done.stderr
    assert not list(folder.glob("*.onnx*"))


def test_a_disk_that_takes_no_more_leaves_no_half_bundle(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv")
    folder = tmp_path / "full"
    folder.mkdir()
    for out in (folder / "out", folder / "out.slipway"):
        done = trainer.run(data, "label", out, "--model", "network", "--param", "max_iterations=1", preexec_fn=files_up_to(1000))
        assert done.returncode == 1
        assert list(folder.iterdir()) == []


MALFORMED = {
    "cells": ("1,2\n", "line 102, column 3: expected 3 cells, got 2"),
    "too many": ("1,2,0,4\n", "line 102, column 4: expected 3 cells, got 4"),
    "quote": ('1,"2,0\n', "line 102, column 2: a quoted cell is never closed"),
    "quote within": ('1,2"",0\n', "line 102, column 2: a quote is out of place"),
    "nul": ("1,2,\0\n", "line 102, column 3: a NUL byte is no text"),
    "utf-8": (b"\xff,2,0\n", "line 102, column 1: bytes that are not UTF-8"),
    "type": ("1,two,0\n", 'line 102, column "z": expected a number, got "two"'),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_row_is_told_by_file_line_and_column(trainer, tmp_path, name):
    row, sentence = MALFORMED[name]
    data = waves(tmp_path / "waves.csv", rows=100)
    data.write_bytes(data.read_bytes().replace(b"\r\n", b"\n") + (row if isinstance(row, bytes) else row.encode()))
    done = trainer.run(data, "label", tmp_path / "out", "--model", "constant", "--type", "z=number")
    assert done.returncode == 1
    assert f"waves.csv: {sentence}" in done.stderr
    assert not (tmp_path / "out").exists()
    skipped = trainer.report(data, "label", tmp_path / "out", "--model", "constant", "--type", "z=number", "--skip-bad-rows")
    assert skipped["data"] == {"sha256": skipped["data"]["sha256"], "rows": 100, "skipped": 1}


def test_a_loss_of_rows_is_counted(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv", rows=100)
    with open(data, "a", encoding="utf-8") as file:
        file.write("1,2\n")
    assert trainer.run(data, "label", tmp_path / "out", "--model", "constant").returncode == 1
    report = trainer.report(data, "label", tmp_path / "out", "--model", "constant", "--skip-bad-rows")
    assert report["data"]["skipped"] == 1


def test_the_reference_is_what_the_table_in_the_code_says():
    printed = subprocess.run([slipway_path(), "training-reference"], capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout == (ROOT / "docs" / "training.md").read_text(encoding="utf-8"), (
        "run: slipway training-reference > docs/training.md"
    )


def test_help_names_the_estimators():
    told = subprocess.run([slipway_path(), "train", "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    for kind in ("boosting", "constant", "logistic", "network"):
        assert kind in told


def test_evaluate_finds_the_same_rows_held_out_and_the_same_scores(trainer, tmp_path):
    data, out = waves(tmp_path / "waves.csv"), tmp_path / "waves.slipway"
    report = trainer.report(data, "label", out, "--model", "boosting", "--seed", "5")
    command = [slipway_path(), "evaluate", out, data, "--target", "label", "--test-share", "0.2", "--seed", "5", "--json"]
    told = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, timeout=60, env=trainer.env)
    text = told.stdout
    assert f"{report['scores']['accuracy']}" in text
    assert f"{report['scores']['log_loss']}" in text


def test_rows_held_out_are_not_cleaned_like_those_to_learn_from(trainer, tmp_path):
    rows = 200
    data = write_csv(
        tmp_path / "rows.csv",
        {"x": [row % 20 for row in range(rows)], "y": ["rare" if row % 20 == 0 else "often" for row in range(rows)]},
    )
    plain = trainer.report(data, "y", tmp_path / "plain", "--model", "tree")
    cleaned = trainer.report(data, "y", tmp_path / "cleaned", "--model", "tree", "--clean", "oversample:1")
    assert cleaned["rows"] == plain["rows"]
    assert cleaned["cleaned"][0].startswith("oversample:1: ")
    lineage = json.loads((tmp_path / "cleaned" / "manifest.json").read_text())["lineage"]
    assert lineage["cleaning"] == cleaned["cleaned"][0]
    assert lineage["data_sha256"] == cleaned["data"]["sha256"]


def test_a_page_for_browsers_is_written(trainer, tmp_path):
    page = tmp_path / "report.html"
    words = ["--model", "boosting", "--param", "early_stopping=true", "--html", page]
    report = trainer.report(waves(tmp_path / "waves.csv"), "label", tmp_path / "out", *words)
    drawn = plots(page.read_text(encoding="utf-8"))
    assert set(drawn) == {"ROC curve", "Precision over recall", "Calibration", "Learning curve"}
    training, validation = map(points_of, drawn["Learning curve"].findall("path"))
    points = report["learning_curve"]["points"]
    assert len(training) == len(validation) == len(points) > 10
    # Down the picture is down the loss: both are in the same order.
    for line, place in ((training, 1), (validation, 2)):
        least = min(range(len(points)), key=lambda i: points[i][place])
        assert line[least][1] == max(y for _, y in line)
