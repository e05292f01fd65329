"""slipway optimise --auto, gates, tables and bundles."""

import json

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

from support.models import EXAMPLES

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


def test_auto_tries_int8_on_the_digits_network_and_says_what_it_costs(optimise, digits):
    out, report = optimise(DIGITS, None, "--auto", data=digits)
    models = {each["name"]: each for each in report["models"]}
    assert {"original", "keeping all answers", "quantise-static", "half"} <= set(models)
    original, static = models["original"], models["quantise-static"]
    assert abs(original["figures"]["accuracy"]["value"] - static["figures"]["accuracy"]["value"]) <= 0.01
    low, high = (original["figures"]["accuracy"][each] for each in ("low", "high"))
    assert low <= original["figures"]["accuracy"]["value"] <= high
    # Whatever is faster here, it is chosen only when it is faster for certain.
    chosen = models[report["chosen"]]
    assert report["chosen"] == "keeping all answers" or chosen["speed_up_low"] > 1
    assert out.exists() and report["why"]


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
        (["--target", "z", "--data", "DIGITS"], 'there is no array "z"'),
        (["--target", "", "--data", "DIGITS"], "--target: expected NAME, got nothing"),
        (["--passes", ""], "--passes: expected A,B, got nothing"),
    ],
)
def test_what_does_not_go_together_is_said(run, digits, tmp_path, words, message):
    words = [digits if word == "DIGITS" else word for word in words]
    done = run("optimise", DIGITS, "-o", tmp_path / "out.onnx", *words)
    assert done.returncode != 0 and message in done.stderr and done.stderr.count("\n") == 1
