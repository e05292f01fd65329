"""Rows that weighed in the training weigh where a model is made smaller: figures are scikit-learn's with sample_weight."""

import json

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
from sklearn import metrics

ROWS = 1500


class Weighted:
    """Rows of three columns whose answer is harder to tell where they weigh more."""

    def __init__(self, path, seed=0):
        draw = np.random.default_rng(seed)
        self.x = draw.normal(size=(ROWS, 3))
        heavy = draw.random(ROWS) < 0.3
        noise = draw.normal(size=ROWS) * np.where(heavy, 2.0, 0.2)
        self.y = (self.x[:, 0] + 0.5 * self.x[:, 1] + noise > 0).astype(np.int64)
        self.weights = np.where(heavy, draw.uniform(2, 5, ROWS), draw.uniform(0, 0.5, ROWS)).round(4)
        self.path = path
        columns = [*self.x.T.tolist(), self.weights.tolist(), self.y.tolist()]
        rows = [",".join(map(repr, row)) for row in zip(*columns, strict=True)]
        path.write_text("\n".join(["a,b,c,w,answer", *rows]) + "\n")

    def figures(self, model, rows):
        """Of a model's answers to those rows, by ONNX Runtime and scikit-learn."""
        labels, shares = tools.session_of(model).run(["predict", "predict_proba"], {"input": self.x[rows]})
        y, w = self.y[rows], self.weights[rows]
        return {
            "accuracy": metrics.accuracy_score(y, labels, sample_weight=w),
            "f1": metrics.f1_score(y, labels, sample_weight=w),
            "precision": metrics.precision_score(y, labels, sample_weight=w),
            "recall": metrics.recall_score(y, labels, sample_weight=w),
            "roc_auc": metrics.roc_auc_score(y, shares[:, 1], sample_weight=w),
            "log_loss": metrics.log_loss(y, shares, sample_weight=w),
        }


def words_of(data, out, *more):
    words = ["train", data.path, "--target", "answer", "--task", "classification", "--weights", "w", "-o", out, "--json"]
    return [*words, "--model", "boosting", "--param", "iterations=60", *more]


def compare(told, expected):
    for name, value in expected.items():
        assert told["figures"][name]["value"] == pytest.approx(value, abs=1e-6), name


@pytest.fixture
def data(tmp_path):
    return Weighted(tmp_path / "rows.csv")


def test_a_training_judges_what_passes_cost_by_weighted_rows(run, data, tmp_path):
    held_out = tools.judged_rows(data.y, ROWS - ROWS // 5)
    out = tmp_path / "out"
    done = run(*words_of(data, out, "--optimise", "drop-trees:max_loss=0.05"))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    before, after = report["optimised"]["models"]
    assert report["optimised"]["passes"].startswith("drop-trees")
    expected = data.figures(out / "model.onnx", held_out)
    compare(after, expected)
    plain = tmp_path / "plain"
    assert run(*words_of(data, plain)).returncode == 0
    compare(before, data.figures(plain / "model.onnx", held_out))
    assert report["scores"]["accuracy"] == pytest.approx(expected["accuracy"], abs=1e-6)
    labels = tools.session_of(out / "model.onnx").run(["predict"], {"input": data.x[held_out]})[0]
    assert (labels == data.y[held_out]).mean() > expected["accuracy"] + 0.1, "the weights show"


def test_optimise_weighs_rows_as_the_training_did_those_of_other_files_too(run, data, tmp_path):
    parent, others = tmp_path / "parent", Weighted(tmp_path / "others.csv", seed=1)
    assert run(*words_of(data, parent)).returncode == 0
    every = {
        data: (tools.judged_rows(data.y, ROWS - ROWS // 5), []),
        others: (tools.judged_rows(others.y, 128), ["--target", "answer"]),
    }
    for rows, (judging, target) in every.items():
        expected = rows.figures(parent / "model.onnx", judging)
        done = run("optimise", parent, "-o", tmp_path / f"{rows.path.stem}.onnx", "--data", rows.path, *target, "--json")
        assert done.returncode == 0, done.stderr
        before, after = json.loads(done.stdout)["models"]
        compare(before, expected)
        compare(after, expected)
        # A gate between what weighted and other rows say.
        gate = tmp_path / "gate.txt"
        for bound, code in ((expected["accuracy"] - 0.001, 0), (expected["accuracy"] + 0.001, 1)):
            gate.write_text(f"accuracy >= {bound:.6f}\n")
            out = tmp_path / f"{rows.path.stem}{code}.onnx"
            done = run("optimise", parent, "-o", out, "--data", rows.path, *target, "--gate", gate)
            assert done.returncode == code, done.stderr
            assert out.exists() == (code == 0)


def test_a_student_learns_from_weighted_rows(run, tmp_path):
    """Half of the rows weigh nothing: what the teacher says of them is not learned."""
    draw = np.random.default_rng(3)
    x = draw.uniform(-1, 1, 2000)
    weights = (x < 0).astype(int)
    path = tmp_path / "rows.csv"
    y = np.where(x < 0, 2 * x, 100.0)
    path.write_text("x,w,y\n" + "".join(f"{a!r},{w},{b!r}\n" for a, w, b in zip(x.tolist(), weights, y.tolist(), strict=True)))
    teacher, student = tmp_path / "teacher", tmp_path / "student.onnx"
    words = ["--target", "y", "-o", teacher, "--model", "tree", "--param", "min_samples_leaf=1"]
    done = run("train", path, *words, "--weights", "w")
    assert done.returncode == 0, done.stderr
    done = run("optimise", teacher, "-o", student, "--distil", "linear", "--data", path)
    assert done.returncode == 0, done.stderr
    told = tools.session_of(student).run(None, {"input": np.array([[-0.9], [-0.1]])})[0].ravel()
    np.testing.assert_allclose(told, [-1.8, -0.2], atol=0.02)
