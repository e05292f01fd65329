"""prune-network: a network that slipway train made gets smaller or sparser, and learns on from what is left."""

import json

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
import onnx
from onnx import numpy_helper
from sklearn.datasets import load_diabetes, load_digits


class Trained:
    """A bundle that slipway trained on every third row of a data set, and the others as a table."""

    def __init__(self, run, folder, data, *options):
        lines = [",".join([*(f"x{i}" for i in range(data.data.shape[1])), "answer"])]
        lines += [
            ",".join([*map(repr, row.tolist()), repr(y.item())]) for row, y in zip(data.data, data.target, strict=True)
        ]
        taught, self.rows, self.path = folder / "taught.csv", folder / "rows.csv", folder / "model"
        taught.write_text("\n".join([lines[0], *lines[1::3]]) + "\n")
        others = np.arange(len(data.data)) % 3 != 0
        self.x, self.y = data.data[others], data.target[others]
        self.rows.write_text("\n".join([lines[0], *np.array(lines[1:], object)[others]]) + "\n")
        done = run("train", taught, "--target", "answer", "--model", "network", *options, "-o", self.path)
        assert done.returncode == 0, done.stderr

    @property
    def judged(self):
        rows = tools.judged_rows(self.y)
        return self.x[rows], self.y[rows]


@pytest.fixture
def digits(run, tmp_path):
    data = load_digits()
    data.target = data.target.astype(np.int64)
    return Trained(run, tmp_path, data, "--param", "hidden=48,32", "--task", "classification")


def predicted(out, x):
    session = tools.session_of(out)
    inputs = {each.name: each for each in session.get_inputs()}
    if len(inputs) == 1:
        (name,) = inputs
        return session.run(["predict"], {name: x.astype(np.float64)})[0]
    return session.run(["predict"], {f"x{i}": x[:, i].astype(np.float64) for i in range(x.shape[1])})[0]


def layers(out):
    """Weights of the network's layers, the first layer first."""
    graph = onnx.load(str(out)).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    return [constants[node.input[1]] for node in graph.node if node.op_type == "MatMul"]


def prune(run, case, out, settings):
    words = ["--passes", f"prune-network:{settings}", "--data", case.rows, "--target", "answer", "--json"]
    done = run("optimise", case.path, "-o", out, *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def figure(report, which, name="accuracy"):
    return report["models"][which]["figures"][name]["value"]


def test_weights_that_went_stay_zero_and_the_others_learn_on(run, digits, tmp_path):
    bare = prune(run, digits, tmp_path / "bare.onnx", "share=0.8:epochs=0")
    tuned = prune(run, digits, tmp_path / "tuned.onnx", "share=0.8")
    for weights, same in zip(layers(tmp_path / "tuned.onnx"), layers(tmp_path / "bare.onnx"), strict=True):
        assert (weights == 0).mean() == pytest.approx(0.8, abs=0.01)
        assert ((weights == 0) == (same == 0)).all()
    # Told by the report, and by ONNX Runtime on the rows that judge.
    x, y = digits.judged
    for path, report in (("bare.onnx", bare), ("tuned.onnx", tuned)):
        assert figure(report, 1) == pytest.approx((predicted(tmp_path / path, x) == y).mean())
    assert figure(tuned, 1) > figure(bare, 1) + 0.05
    assert figure(tuned, 1) > figure(tuned, 0) - 0.05
    done = tuned["passes"][0]["done"]
    assert "0 units went" in done and "epochs bring accuracy from" in done and "rows not learned from" in done


def test_units_that_went_make_layers_smaller(run, digits, tmp_path):
    report = prune(run, digits, tmp_path / "out.onnx", "share=0:units=0.5")
    inputs = layers(digits.path / "model.onnx")[0].shape[0]
    assert [each.shape for each in layers(tmp_path / "out.onnx")] == [(inputs, 24), (24, 16), (16, 10)]
    assert report["models"][1]["size_bytes"] < 0.6 * report["models"][0]["size_bytes"]
    assert figure(report, 1) > figure(report, 0) - 0.05
    x, y = digits.judged
    assert figure(report, 1) == pytest.approx((predicted(tmp_path / "out.onnx", x) == y).mean())


def test_numbers_are_learned_in_their_own_units(run, tmp_path):
    data = load_diabetes()
    data.target = data.target * 1e6
    case = Trained(run, tmp_path, data, "--param", "hidden=32", "--param", "max_iterations=400")
    report = prune(run, case, tmp_path / "out.onnx", "share=0.5:epochs=300")
    x, y = case.judged
    rmse = np.sqrt(np.mean((predicted(tmp_path / "out.onnx", x) - y) ** 2))
    assert figure(report, 1, "rmse") == pytest.approx(rmse)
    assert rmse < 1.1 * figure(report, 0, "rmse")


def test_two_classes_in_words(run, tmp_path):
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    data.target = np.array(["malignant", "benign"], object)[data.target]

    class Word(str):
        def item(self):
            return self

        def __repr__(self):
            return str(self)

    data.target = np.array([Word(each) for each in data.target], object)
    case = Trained(run, tmp_path, data, "--param", "hidden=24")
    report = prune(run, case, tmp_path / "out.onnx", "share=0.8:units=0.25")
    assert figure(report, 1) > 0.9


def test_auto_tries_smaller_networks(run, digits, tmp_path):
    words = ["--auto", "--data", digits.rows, "--target", "answer", "--json"]
    done = run("optimise", digits.path, "-o", tmp_path / "out", *words)
    assert done.returncode == 0, done.stderr
    models = {each["name"]: each for each in json.loads(done.stdout)["models"]}
    assert models["prune-network:share=0:units=0.5"]["size_bytes"] < 0.6 * models["original"]["size_bytes"]


def test_a_network_is_not_pruned_without_right_answers(run, digits, tmp_path):
    done = run("optimise", digits.path, "-o", tmp_path / "out.onnx", "--passes", "prune-network")
    assert done.returncode == 1 and "prune-network needs rows with right answers" in done.stderr
