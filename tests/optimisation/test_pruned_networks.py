"""prune-network: a network gets smaller or sparser, and learns on from what is left."""

import json

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
import onnx
import trained
from sklearn.datasets import load_diabetes, load_digits


@pytest.fixture
def digits(run, tmp_path):
    data = load_digits()
    data.target = data.target.astype(np.int64)
    return trained.Network(run, tmp_path, data, "--param", "hidden=48,32", "--task", "classification")


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
    for weights, same in zip(trained.layers(tmp_path / "tuned.onnx"), trained.layers(tmp_path / "bare.onnx"), strict=True):
        assert (weights == 0).mean() == pytest.approx(0.8, abs=0.01)
        assert ((weights == 0) == (same == 0)).all()
    # Told by the report, and by ONNX Runtime on the rows that judge.
    x, y = digits.judged
    for path, report in (("bare.onnx", bare), ("tuned.onnx", tuned)):
        assert figure(report, 1) == pytest.approx((trained.predicted(tmp_path / path, x) == y).mean())
    assert figure(tuned, 1) > figure(bare, 1) + 0.05
    assert figure(tuned, 1) > figure(tuned, 0) - 0.05
    done = tuned["passes"][0]["done"]
    assert "0 units went" in done and "epochs bring accuracy from" in done and "rows not learned from" in done


def test_units_that_went_make_layers_smaller(run, digits, tmp_path):
    report = prune(run, digits, tmp_path / "out.onnx", "share=0:units=0.5")
    inputs = trained.layers(digits.path / "model.onnx")[0].shape[0]
    assert [each.shape for each in trained.layers(tmp_path / "out.onnx")] == [(inputs, 24), (24, 16), (16, 10)]
    assert report["models"][1]["size_bytes"] < 0.6 * report["models"][0]["size_bytes"]
    assert figure(report, 1) > figure(report, 0) - 0.05
    x, y = digits.judged
    assert figure(report, 1) == pytest.approx((trained.predicted(tmp_path / "out.onnx", x) == y).mean())


def test_numbers_are_learned_in_their_own_units(run, tmp_path):
    data = load_diabetes()
    data.target = data.target * 1e6
    case = trained.Network(run, tmp_path, data, "--param", "hidden=32", "--param", "max_iterations=400")
    report = prune(run, case, tmp_path / "out.onnx", "share=0.5:epochs=300")
    x, y = case.judged
    rmse = np.sqrt(np.mean((trained.predicted(tmp_path / "out.onnx", x) - y) ** 2))
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
    case = trained.Network(run, tmp_path, data, "--param", "hidden=24")
    report = prune(run, case, tmp_path / "out.onnx", "share=0.8:units=0.25")
    assert figure(report, 1) > 0.9


def tuned_behind(run, case, folder, passes):
    """What ONNX Runtime gets right after `passes`, which do not train, and with prune-network:share=0 behind them."""
    x, y = case.judged
    right = []
    for out, all_passes in ((folder / "bare.onnx", passes), (folder / "tuned.onnx", f"{passes},prune-network:share=0")):
        done = run("optimise", case.path, "-o", out, "--passes", all_passes, "--data", case.rows, "--target", "answer")
        assert done.returncode == 0, done.stderr
        right.append((trained.predicted(out, x) == y).mean())
    return right


def test_units_that_another_pass_pruned_are_made_up_for(run, digits, tmp_path):
    bare, tuned = tuned_behind(run, digits, tmp_path, "prune-units:share=0.7")
    assert tuned > bare + 0.05
    inputs = trained.layers(digits.path / "model.onnx")[0].shape[0]
    shapes = [(inputs, 15), (15, 10), (10, 10)]
    for path in ("bare.onnx", "tuned.onnx"):
        assert [each.shape for each in trained.layers(tmp_path / path)] == shapes


def test_weights_that_another_pass_pruned_stay_zero(run, digits, tmp_path):
    bare, tuned = tuned_behind(run, digits, tmp_path, "prune-weights:share=0.8")
    for weights, same in zip(trained.layers(tmp_path / "tuned.onnx"), trained.layers(tmp_path / "bare.onnx"), strict=True):
        assert (weights == 0).mean() == pytest.approx(0.8, abs=0.01)
        assert ((weights == 0) == (same == 0)).all()
    assert tuned > bare + 0.05


def test_a_network_of_scikit_learn_computes_in_fp64_and_learns_on(run, digits, tmp_path):
    """As networks do that Slipway trained before 2026-11-22."""
    import pickle

    from sklearn.neural_network import MLPClassifier

    taught = np.arange(len(digits.x)) % 3 == 0
    model = MLPClassifier((48, 32), max_iter=80, random_state=0).fit(digits.x[taught], digits.y[taught])
    digits.path = tmp_path / "mlp.pkl"
    digits.path.write_bytes(pickle.dumps(model))
    arrays = tmp_path / "rows.npz"
    np.savez(arrays, x=digits.x, y=digits.y)
    out = tmp_path / "out.onnx"
    words = ["--passes", "prune-network:share=0:units=0.5", "--data", arrays, "--json"]
    done = run("optimise", digits.path, "-o", out, *words)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [each.shape for each in trained.layers(out)] == [(64, 24), (24, 16), (16, 10)]
    assert {each.dtype for each in trained.layers(out)} == {np.dtype(np.float64)}
    assert figure(report, 1) > figure(report, 0) - 0.05


def test_the_dense_end_of_a_network_of_another_framework_learns_on(run, digits, tmp_path):
    """FP32, weights transposed, as exporters of PyTorch write them; a part before it that is no perceptron."""
    random = np.random.default_rng(3)
    shapes = {"w0": (32, 64), "b0": (32,), "w1": (10, 32), "b1": (10,)}
    constants = {name: (random.standard_normal(shape) / 8).astype(np.float32) for name, shape in shapes.items()}
    constants["scale"] = np.float32(1 / 16)
    nodes = [
        onnx.helper.make_node("Mul", ["x", "scale"], ["small"]),
        onnx.helper.make_node("Gemm", ["small", "w0", "b0"], ["sums"], transB=1),
        onnx.helper.make_node("Relu", ["sums"], ["units"]),
        onnx.helper.make_node("Gemm", ["units", "w1", "b1"], ["logits"], transB=1),
        onnx.helper.make_node("Softmax", ["logits"], ["y"], axis=1),
    ]
    model, arrays, out = tmp_path / "model.onnx", tmp_path / "rows.npz", tmp_path / "out.onnx"
    model.write_bytes(tools.graph_of(nodes, {"x": ["n", 64]}, {"y": ["n", 10]}, constants).SerializeToString())
    np.savez(arrays, x=digits.x.astype(np.float32), y=digits.y)
    done = run("optimise", model, "-o", out, "--passes", "prune-network:share=0.3", "--data", arrays, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    x, y = digits.judged
    right = (tools.answer(out, x=x.astype(np.float32))[0].argmax(1) == y).mean()
    assert figure(report, 0) < 0.4 and right > 0.8 and figure(report, 1) == pytest.approx(right)


def test_auto_tries_smaller_networks(run, digits, tmp_path):
    words = ["--auto", "--data", digits.rows, "--target", "answer", "--json"]
    done = run("optimise", digits.path, "-o", tmp_path / "out", *words)
    assert done.returncode == 0, done.stderr
    models = {each["name"]: each for each in json.loads(done.stdout)["models"]}
    assert models["prune-network:share=0:units=0.5"]["size_bytes"] < 0.6 * models["original"]["size_bytes"]


def test_a_network_is_not_pruned_without_right_answers(run, digits, tmp_path):
    done = run("optimise", digits.path, "-o", tmp_path / "out.onnx", "--passes", "prune-network")
    assert done.returncode == 1 and "prune-network needs rows with right answers" in done.stderr
