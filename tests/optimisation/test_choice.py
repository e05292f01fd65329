"""slipway optimise --auto, gates, tables and bundles."""

import json
import pickle

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from support.models import EXAMPLES
from support.server import Server

DIGITS = EXAMPLES / "digits" / "1"
CANCER = EXAMPLES / "breast_cancer" / "1"


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    data = load_digits()
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, x=data.images.astype(np.float32)[:, None], y=data.target)
    return path


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """scikit-learn's breast cancer rows under the names of the bundle's features, and the diagnosis in words."""
    data = load_breast_cancer()
    names = [each["name"] for each in json.loads((CANCER / "manifest.json").read_text())["feature_schema"]["features"]]
    words = np.array(["malignant", "benign"])[data.target]
    path = tmp_path_factory.mktemp("cancer") / "cancer.csv"
    lines = [",".join([*names, "diagnosis"])]
    lines += [",".join([*(repr(float(v)) for v in row), word]) for row, word in zip(data.data, words, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def dominates(one, other):
    """Better in quality, time or size, and worse in none."""
    gains = [
        one["figures"]["accuracy"]["value"] - other["figures"]["accuracy"]["value"],
        other["p50_ms"] - one["p50_ms"],
        other["size_bytes"] - one["size_bytes"],
    ]
    return min(gains) >= 0 and max(gains) > 0


def test_auto_tries_int8_on_the_digits_network_and_keeps_float_where_int8_is_slower(optimise, digits):
    out, report = optimise(DIGITS, None, "--auto", data=digits)
    models = {each["name"]: each for each in report["models"]}
    assert {"original", "keeping all answers", "quantise-static", "half"} <= set(models)
    original, static = models["original"], models["quantise-static"]
    assert abs(original["figures"]["accuracy"]["value"] - static["figures"]["accuracy"]["value"]) <= 0.01
    low, high = (original["figures"]["accuracy"][each] for each in ("low", "high"))
    assert low <= original["figures"]["accuracy"]["value"] <= high
    # One image takes ten microseconds or so, and conversions to fewer bits and back a few of them.
    for name, model in models.items():
        assert not name.startswith(("quantise-static", "quantise-dynamic", "half")) or model["speed_up"] < 1, name
    assert report["chosen"] == "keeping all answers" and "nothing else that is good enough" in report["why"]
    assert out.exists()
    check_figures(report)


def check_figures(report):
    """Times, sizes and memory were measured; the front is what no other is better than."""
    for model in report["models"]:
        assert model["p50_ms"] > 0 and model["rows_per_second"] > 0 and model["size_bytes"] > 0
        assert model["speed_up_low"] <= model["speed_up"] <= model["speed_up_high"]
        assert model["large_batch_speed_up"] > 0
    original = report["models"][0]
    assert original["memory_bytes"] > original["size_bytes"] / 2
    assert any(model["best_batch"] > 1 for model in report["models"])
    allowed = [model for model in report["models"] if "refused" not in model]
    for model in allowed:
        assert model["on_front"] != any(dominates(other, model) for other in allowed), model["name"]
    assert not any(model["on_front"] for model in report["models"] if "refused" in model)
    assert {model["on_front"] for model in report["models"]} == {True, False}


def test_auto_keeps_what_loses_no_more_than_it_may(optimise, digits):
    _, report = optimise(DIGITS, None, "--auto", "--max-loss", "0", data=digits)
    original = report["models"][0]["figures"]["accuracy"]["value"]
    for model in report["models"][1:]:
        if "refused" not in model:
            assert model["figures"]["accuracy"]["value"] >= original
        elif "figures" in model:
            assert model["figures"]["accuracy"]["value"] < original and "accuracy is" in model["refused"]


def test_a_gate_that_says_no_leaves_nothing_behind(run, digits, tmp_path):
    gate = tmp_path / "gate.txt"
    gate.write_text("accuracy >= 0.999999\n")
    out = tmp_path / "out.onnx"
    done = run("optimise", DIGITS, "-o", out, "--data", digits, "--passes", "prune-units:share=0.9", "--gate", gate)
    assert done.returncode == 1 and "accuracy >= 0.999999" in done.stderr and not out.exists()


def test_auto_and_distil_heed_a_gate_that_says_no(run, table, tmp_path):
    gate = tmp_path / "gate.txt"
    gate.write_text("accuracy >= 0.999999\n")
    for way in (["--auto"], ["--distil", "tree"]):
        out = tmp_path / "out"
        done = run("optimise", CANCER, "-o", out, *way, "--data", table, "--target", "diagnosis", "--gate", gate)
        assert done.returncode == 1 and "the gate says no: accuracy >= 0.999999" in done.stderr and not out.exists()


def test_a_table_is_judged_by_its_target(optimise, table):
    _, report = optimise(CANCER, None, "--target", "diagnosis", data=table)
    assert report["passes"] and all(each["ms"] > 0 for each in report["passes"])
    before, after = report["models"]
    assert before["figures"]["accuracy"]["value"] > 0.9
    assert after["figures"] == before["figures"]


def test_a_gate_is_read_before_a_student_is_trained(run, table, tmp_path):
    words = ["--data", table, "--target", "diagnosis", "--gate", tmp_path / "nowhere.txt"]
    done = run("optimise", CANCER, "-o", tmp_path / "out", "--distil", "nonsense", *words)
    assert done.returncode == 1 and "nowhere.txt" in done.stderr


def test_the_latency_of_a_gate_is_that_of_one_row(run, digits, tmp_path):
    gate = tmp_path / "gate.txt"
    gate.write_text("p99_ms <= 0.000001\n")
    words = ["--data", digits, "--passes", "drop-no-ops", "--gate", gate]
    done = run("optimise", DIGITS, "-o", tmp_path / "out.onnx", *words)
    assert done.returncode == 1 and "p99_ms <= 0.000001" in done.stderr


@pytest.mark.parametrize("kind", ["boosting", "logistic"])
def test_a_student_answers_as_its_teacher_does(run, table, tmp_path, kind):
    out = tmp_path / "student"
    done = run("optimise", CANCER, "-o", out, "--distil", kind, "--data", table, "--target", "diagnosis", "--json")
    assert done.returncode == 0, done.stderr
    teacher, student = (each["figures"]["accuracy"]["value"] for each in json.loads(done.stdout)["models"])
    assert student > teacher - 0.05
    lineage = json.loads((out / "manifest.json").read_text())["lineage"]
    assert lineage["passes"].startswith(f"distil:{kind}")


def test_a_forest_of_scikit_learn_teaches_a_tree(run, table, tmp_path):
    data = load_breast_cancer()
    words = np.array(["malignant", "benign"])[data.target]
    teacher = tmp_path / "forest.pkl"
    teacher.write_bytes(pickle.dumps(RandomForestClassifier(50, random_state=0).fit(data.data[::2], words[::2])))
    out = tmp_path / "tree"
    done = run("optimise", teacher, "-o", out, "--distil", "tree", "--data", table, "--target", "diagnosis", "--json")
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout)["models"]
    assert after["figures"]["accuracy"]["value"] > before["figures"]["accuracy"]["value"] - 0.08
    assert after["size_bytes"] < before["size_bytes"] / 2
    assert run("inspect", out, "--verify").returncode == 0


def test_a_model_of_others_is_judged_shrunk_gated_packed_and_served(run, table, tmp_path):
    """From a pickle to an endpoint: what slipway train does with rows, from the second step on."""
    data = load_breast_cancer()
    words = np.array(["malignant", "benign"])[data.target]
    model = make_pipeline(StandardScaler(), RandomForestClassifier(60, random_state=0)).fit(data.data[::2], words[::2])
    pickled, gate, out = tmp_path / "forest.pkl", tmp_path / "gate.txt", tmp_path / "forest.slipway"
    pickled.write_bytes(pickle.dumps(model))
    gate.write_text("accuracy >= 0.9\naccuracy >= baseline - 0.02\nsize_mb <= 5\n")
    judged = run("evaluate", pickled, table, "--target", "diagnosis", "--json")
    assert judged.returncode == 0, judged.stderr
    accuracy = next(each["value"] for each in json.loads(judged.stdout)["metrics"] if each["name"] == "accuracy")
    assert accuracy == pytest.approx(model.score(data.data, words))
    words_of_choice = ["--auto", "--data", table, "--target", "diagnosis", "--gate", gate, "--json"]
    made = run("optimise", pickled, "-o", out, *words_of_choice)
    assert made.returncode == 0, made.stderr
    report = json.loads(made.stdout)
    chosen = next(each for each in report["models"] if each["name"] == report["chosen"])
    assert chosen["figures"]["accuracy"]["value"] >= report["models"][0]["figures"]["accuracy"]["value"] - 0.02
    shown = json.loads(run("bundle", "show", out, "--json").stdout)
    assert shown["digest"] == report["digest"]
    assert shown["manifest"]["lineage"]["framework"] == "scikit-learn"
    assert shown["manifest"]["lineage"]["passes"]
    assert [(each["kind"], each["of_this_bundle"]) for each in shown["attestations"]] == [("optimisation", True)]
    gate.write_text("accuracy >= 0.999999\n")
    refused = run("optimise", pickled, "-o", tmp_path / "no.slipway", *words_of_choice)
    assert refused.returncode == 1 and "the gate says no" in refused.stderr
    with Server(out) as server:
        answer = server.post("/predict", data.data[1::2].tolist())
        assert answer.status == 200, answer
        told = answer.json()["prediction"]
    agreement = np.mean([one == other for one, other in zip(told, model.predict(data.data[1::2]), strict=True)])
    assert agreement > 0.97


def test_a_bundle_names_its_parent_and_the_passes(run, digits, tmp_path):
    passes = "fuse-scale,quantise-static:ranges=entropy"
    done = run("optimise", DIGITS, "-o", tmp_path / "small", "--data", digits, "--passes", passes)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "small" / "manifest.json").read_text())
    parent = json.loads(run("inspect", DIGITS, "--json").stdout)["digest"]
    assert manifest["lineage"]["parent"] == parent
    assert manifest["lineage"]["passes"] == passes
    assert run("inspect", tmp_path / "small", "--verify").returncode == 0
    again = run("optimise", DIGITS, "-o", tmp_path / "again", "--data", digits, "--passes", passes)
    assert again.returncode == 0
    assert (tmp_path / "again" / "manifest.json").read_bytes() == (tmp_path / "small" / "manifest.json").read_bytes()


def test_optimize_is_the_same_command(run, tmp_path):
    done = run("optimize", DIGITS, "-o", tmp_path / "out.onnx")
    assert done.returncode == 0 and (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--auto", "--passes", "half"], "only one of --auto, --passes and --distil"),
        (["--gate", "nowhere.txt"], "--gate needs right answers"),
        (["--auto", "--max-loss", "2"], "--max-loss: expected a number from 0 to 1"),
        (["--max-loss", "0.1"], "--max-loss needs --auto"),
        (["--auto", "--max-loss", "0.1", "--gate", "gate.txt"], "only one of --gate and --max-loss"),
        (["--calibration", "8"], "--calibration needs --data"),
        (["--calibration", "8", "--data", "DIGITS"], "--calibration needs"),
        (["--target", "y"], "--target needs --data"),
        (["--distil", "tree", "--data", "DIGITS"], "--distil needs a table: give --data and --target"),
        (["--target", "z", "--data", "DIGITS"], 'there is no array "z"'),
        (["--target", "", "--data", "DIGITS"], "--target: expected NAME, got nothing"),
        (["--passes", ""], "--passes: expected A,B, got nothing"),
    ],
)
def test_what_does_not_go_together_is_said(run, digits, tmp_path, words, message):
    words = [digits if word == "DIGITS" else word for word in words]
    done = run("optimise", DIGITS, "-o", tmp_path / "out.onnx", *words)
    assert done.returncode != 0 and message in done.stderr and done.stderr.count("\n") == 1
