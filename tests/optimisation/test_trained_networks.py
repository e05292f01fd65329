"""Networks that slipway train made, through every pass: size, latency, quality."""

import json
import pickle

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
import onnx
import trained
from onnx import TensorProto, numpy_helper
from sklearn.datasets import load_diabetes, load_digits

EXACT = "fold-constants,drop-no-ops,merge-equal,fuse-batch-norm,fuse-pad,fuse-scale,fuse-gemm,merge-leaves,drop-dead-code"


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """make(run, "64,32"): a network on digits of these hidden layers; trained once."""
    made = {}

    def make(run, hidden):
        if hidden not in made:
            data = load_digits()
            data.target = data.target.astype(np.int64)
            words = ["--param", f"hidden={hidden}", "--task", "classification"]
            made[hidden] = trained.Network(run, tmp_path_factory.mktemp("digits"), data, *words)
        return made[hidden]

    return make


def optimised(run, case, out, *words):
    done = run("optimise", case.path, "-o", out, "--data", case.rows, "--target", "answer", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def accuracy(model):
    return model["figures"]["accuracy"]["value"]


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_layers_compute_in_fp32_and_the_answers_are_those_of_their_weights(run, tmp_path, activation):
    data = load_digits()
    data.target = data.target.astype(np.int64)
    words = ["--param", "hidden=24,16", "--param", f"activation={activation}", "--task", "classification"]
    case = trained.Network(run, tmp_path, data, *words)
    graph = onnx.load(str(case.path / "model.onnx")).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    layers = [[constants[name] for name in node.input[1:]] for node in graph.node if node.op_type == "Gemm"]
    assert len(layers) == 3 and {part.dtype for layer in layers for part in layer} == {np.dtype(np.float32)}
    # What the first layer reads, from ONNX Runtime; all else in FP64 by numpy.
    model = onnx.load(str(case.path / "model.onnx"))
    first = next(node for node in model.graph.node if node.op_type == "Gemm")
    model.graph.output.append(onnx.helper.make_tensor_value_info(first.input[0], TensorProto.FLOAT, None))
    features, got = tools.session_of(model).run([first.input[0], "predict_proba"], {"input": case.x.astype(np.float64)})
    x = features.astype(np.float64)
    what = {"relu": lambda v: np.maximum(v, 0), "tanh": np.tanh, "logistic": lambda v: 1 / (1 + np.exp(-v))}[activation]
    for weights, offsets in layers:
        sums = x @ weights.astype(np.float64) + offsets
        x = what(sums)
    shares = np.exp(sums - sums.max(1, keepdims=True))
    np.testing.assert_allclose(got, shares / shares.sum(1, keepdims=True), atol=1e-5)
    # ONNX Runtime answers the golden examples, which the native engine answered, within their tolerance.
    for path in sorted((case.path / "examples").glob("*.json")):
        example = json.loads(path.read_text())
        (rows,) = example["inputs"]
        wanted = next(each for each in example["outputs"] if each["name"] == "predict_proba")
        assert 0 < wanted["tolerance"]["absolute"] <= 1e-5
        given = np.array(rows["data"], np.float64).reshape(rows["shape"])
        (shares,) = tools.session_of(case.path / "model.onnx").run(["predict_proba"], {"input": given})
        np.testing.assert_allclose(
            shares.ravel(), np.ravel(wanted["data"]), rtol=0, atol=wanted["tolerance"]["absolute"]
        )


PASSES = [
    # what ONNX Runtime then computes with, the largest share of the size, the most accuracy that goes
    ("quantise-static", "QuantizeLinear", 0.4, 0.02),
    ("quantise-static:ranges=percentile", "QuantizeLinear", 0.4, 0.02),
    ("quantise-static:ranges=entropy", "QuantizeLinear", 0.4, 0.02),
    ("quantise-static:per_channel=no", "QuantizeLinear", 0.4, 0.02),
    ("quantise-static:float_nodes=1", "QuantizeLinear", 0.9, 0.02),
    ("quantise-dynamic", "MatMulInteger", 0.4, 0.02),
    ("quantise-weights:bits=8", "MatMulNBits", 0.45, 0.02),
    ("quantise-weights", "MatMulNBits", 0.35, 0.05),
    ("half", "Gemm", 0.6, 0.01),
    ("prune-units:share=0.25", "Gemm", 0.8, 0.1),
    ("prune-weights:share=0.3", "Gemm", 1.1, 0.1),
    ("prune-network:share=0:units=0.5", "Gemm", 0.5, 0.05),
    ("prune-network:share=0.7", "Gemm", 1.1, 0.05),
]


@pytest.mark.parametrize(("passes", "operator", "share", "loss"), PASSES)
def test_a_pass_finds_the_network_and_says_what_it_costs(run, make, tmp_path, passes, operator, share, loss):
    case, out = make(run, "128,64"), tmp_path / "out.onnx"
    takes_rows = passes.startswith(("quantise-static", "prune-network"))
    words = ["--calibration", len(case.x) // 2] if takes_rows else []
    report = optimised(run, case, out, "--passes", passes, *words)
    (told,) = report["passes"]
    assert told["done"]
    before, after = report["models"]
    assert after["size_bytes"] < share * before["size_bytes"]
    assert accuracy(after) > accuracy(before) - loss
    assert before["p50_ms"] > 0 and after["speed_up_low"] <= after["speed_up"] <= after["speed_up_high"]
    assert tools.operators(out)[operator] > 0
    x, y = case.judged if takes_rows else case.judged_by(128)
    assert accuracy(after) == pytest.approx((trained.predicted(out, x) == y).mean(), abs=0.004)


def test_passes_that_keep_answers_keep_them(run, make, tmp_path):
    report = optimised(run, make(run, "128,64"), tmp_path / "out.onnx", "--passes", EXACT)
    before, after = report["models"]
    assert after["figures"] == before["figures"] and after["correlation"] == pytest.approx(1)


def test_fewer_bits_say_numbers_in_the_units_of_their_target(run, tmp_path):
    data = load_diabetes()
    data.target = 1e9 + data.target * 1e6
    case = trained.Network(run, tmp_path, data, "--param", "hidden=64", "--param", "max_iterations=400")
    for passes in ("quantise-static", "quantise-dynamic", "half"):
        report = optimised(run, case, tmp_path / f"{passes}.onnx", "--passes", passes)
        before, after = (each["figures"]["rmse"]["value"] for each in report["models"])
        assert after < 1.05 * before < 1.05e8


@pytest.mark.parametrize("hidden", ["8", "256,128"])
def test_auto_walks_through_all_passes_and_chooses_within_the_gate(run, make, tmp_path, hidden):
    case, gate = make(run, hidden), tmp_path / "gate.txt"
    gate.write_text("accuracy >= baseline - 0.02\n")
    report = optimised(run, case, tmp_path / "out", "--auto", "--gate", gate)
    models = {each["name"]: each for each in report["models"]}
    tried = {name.split(":")[0] for name in models} - {"original", "keeping all answers"}
    # Layers of fewer than 1,024 weights stay as they are where ranges or scales would cost more than they save.
    least = {"prune-network", "quantise-static", "half"}
    assert tried == least if hidden == "8" else tried == least | {"quantise-dynamic", "quantise-weights"}
    chosen = models[report["chosen"]]
    assert "refused" not in chosen and accuracy(chosen) >= accuracy(models["original"]) - 0.02
    if report["chosen"] == "keeping all answers":
        assert "nothing else that is good enough" in report["why"]
    else:
        assert "the fastest that is good enough" in report["why"] and chosen["speed_up_low"] > 1
    if hidden == "8":  # the conversions alone take longer than the whole network
        assert report["chosen"].split(":")[0] in ("keeping all answers", "prune-network")
        assert "quantise-static:float_nodes=2" not in models  # both layers in float: nothing to do
        for name, model in models.items():
            assert not name.startswith(("quantise", "half")) or model["speed_up"] < 1
    x, y = case.judged
    right = (trained.predicted(tmp_path / "out" / "model.onnx", x) == y).mean()
    assert right == pytest.approx(accuracy(chosen), abs=0.004)


def test_a_network_teaches_a_smaller_one(run, make, tmp_path):
    case = make(run, "128,64")
    report = optimised(run, case, tmp_path / "student", "--distil", "network")
    teacher, student = report["models"]
    assert student["size_bytes"] < 0.6 * teacher["size_bytes"]
    assert accuracy(student) > accuracy(teacher) - 0.06
    assert run("inspect", tmp_path / "student", "--verify").returncode == 0


def test_networks_of_scikit_learn_stay_in_fp64(run, make, tmp_path):
    """They answer as scikit-learn does: what computes in FP32 alone finds nothing in them."""
    from sklearn.neural_network import MLPClassifier

    case = make(run, "128,64")
    path = tmp_path / "mlp.pkl"
    path.write_bytes(pickle.dumps(MLPClassifier((16,), max_iter=20, random_state=0).fit(case.x, case.y)))
    np.savez(tmp_path / "rows.npz", x=case.x, y=case.y)
    words = ["--passes", "quantise-static,half", "--data", tmp_path / "rows.npz", "--json"]
    done = run("optimise", path, "-o", tmp_path / "out.onnx", *words)
    assert done.returncode == 0, done.stderr
    assert not any(each["done"] for each in json.loads(done.stdout)["passes"])
