"""INT8 on ONNX Runtime: what it computes in INT8, how well, and that clamps go."""

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from support.models import EXAMPLES

node = helper.make_node
DIGITS = EXAMPLES / "digits" / "1" / "model.onnx"


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """The rows that the digits model was not trained on (examples/train/digits.py)."""
    data = load_digits()
    pixels = data.images.astype(np.float32)[:, None]
    _, x, _, y = train_test_split(pixels, data.target, test_size=0.25, stratify=data.target, random_state=0)
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, x=x, y=y)
    return path, x, y


def top1(model, x, y):
    return (tools.answer(model, pixels=x)[0].argmax(1) == y).mean()


@pytest.mark.parametrize("per_channel", ["yes", "no"])
@pytest.mark.parametrize("ranges", ["minmax", "percentile", "entropy"])
def test_static_int8_keeps_top_1_of_the_digits_network_within_a_point(optimise, digits, ranges, per_channel):
    path, x, y = digits
    out, report = optimise(DIGITS, f"fuse-scale,quantise-static:ranges={ranges}:per_channel={per_channel}", data=path)
    before, after = report["models"]
    assert after["size_bytes"] < 0.5 * before["size_bytes"]
    assert abs(top1(DIGITS, x, y) - top1(out, x, y)) <= 0.01


def test_onnx_runtime_computes_every_convolution_in_int8_without_clamps(optimise, digits, tmp_path):
    out, _ = optimise(DIGITS, "fuse-scale,quantise-static", data=digits[0])
    tools.session_of(out, tmp_path / "runtime.onnx")
    operators = tools.operators(tmp_path / "runtime.onnx")
    assert operators["QLinearConv"] == 3 and operators["QGemm"] == 1
    assert not {"Conv", "FusedConv", "Gemm", "Relu", "Clip"} & set(operators)


def residual_network():
    """Clip, Relu, a sum of two branches and global pooling, as mobile networks have them."""
    random = np.random.default_rng(5)

    def values(*shape):
        return (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]) or 1)).astype(np.float32)

    nodes = [
        node("Conv", ["x", "w0", "b0"], ["c0"], pads=[1] * 4),
        node("Clip", ["c0", "zero", "six"], ["r0"]),
        node("Conv", ["r0", "w1"], ["c1"], pads=[1] * 4, group=8),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "w2", "b2"], ["c2"]),
        node("Add", ["r0", "c2"], ["s"]),
        node("Relu", ["s"], ["r2"]),
        node("GlobalAveragePool", ["r2"], ["p"]),
        node("Flatten", ["p"], ["f"]),
        node("Gemm", ["f", "w3", "b3"], ["y"]),
    ]
    constants = {"w0": values(8, 3, 3, 3), "b0": values(8), "w1": values(8, 1, 3, 3), "w2": values(8, 8, 1, 1)}
    constants |= {"b2": values(8), "w3": values(8, 5), "b3": values(5), "zero": np.float32(0), "six": np.float32(6)}
    return tools.graph_of(nodes, {"x": ["n", 3, 12, 12]}, {"y": ["n", 5]}, constants)


@pytest.fixture
def images(tmp_path):
    x = np.random.default_rng(7).random((40, 3, 12, 12), dtype=np.float32)
    np.savez(tmp_path / "images.npz", x=x)
    return tmp_path / "images.npz", x


def test_residual_sums_and_pooling_stay_in_int8(optimise, images, tmp_path):
    path, x = images
    model = residual_network()
    out, report = optimise(model, "quantise-static", data=path)
    tools.session_of(out, tmp_path / "runtime.onnx")
    operators = tools.operators(tmp_path / "runtime.onnx")
    assert (operators["QLinearConv"], operators["QLinearAdd"], operators["QLinearGlobalAveragePool"]) == (3, 1, 1)
    assert not {"Conv", "FusedConv", "Add", "Relu", "Clip"} & set(operators)
    expected, got = tools.answer(model, x=x)[0], tools.answer(out, x=x)[0]
    assert np.corrcoef(expected.ravel(), got.ravel())[0, 1] > 0.99
    assert report["passes"][0]["correlation"] > 0.99


def test_behind_a_clamp_the_zero_point_is_the_least_value(optimise, images):
    out, _ = optimise(residual_network(), "quantise-static", data=images[0])
    graph = onnx.load(str(out)).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for name in ("r0", "r1", "r2"):
        pairs = [each for each in graph.node if each.op_type == "DequantizeLinear" and each.output[0] == name]
        assert len(pairs) == 1 and constants[pairs[0].input[2]] == 0, name


def test_nodes_that_suffer_most_stay_in_float(optimise, images):
    """One weight of a layer is 1,000 times the others: with one scale for all, INT8 cannot say the others."""
    path, x = images
    model = residual_network()
    for tensor in model.graph.initializer:
        if tensor.name == "w2":
            weights = numpy_helper.to_array(tensor).copy()
            weights[0, 0] = 1000
            tensor.CopyFrom(numpy_helper.from_array(weights, "w2"))
    settings = "quantise-static:per_channel=no"
    _, all_int8 = optimise(model, settings, data=path)
    out, one_float = optimise(model, f"{settings}:float_nodes=1", data=path)
    assert tools.operators(out)["Conv"] == 3
    reads = {each.output[0]: each.input[0] for each in onnx.load(str(out)).graph.node}
    assert reads["c2"] == "r1", "the layer with the large weight reads what its predecessor made"
    assert "1 were left in float" in one_float["passes"][0]["done"]
    assert one_float["passes"][0]["relative_error"] < all_int8["passes"][0]["relative_error"]


def test_a_bias_beyond_int32_widens_the_scale_of_its_channel(optimise, images):
    path, x = images
    model = residual_network()
    for tensor in model.graph.initializer:
        if tensor.name == "w0":
            weights = numpy_helper.to_array(tensor).copy()
            weights[3] = 1e-12
            tensor.CopyFrom(numpy_helper.from_array(weights, "w0"))
    out, _ = optimise(model, "quantise-static", data=path)
    expected, got = tools.answer(model, x=x)[0], tools.answer(out, x=x)[0]
    assert np.corrcoef(expected.ravel(), got.ravel())[0, 1] > 0.99


def test_without_rows_static_int8_says_what_it_needs(run, tmp_path):
    done = run("optimise", DIGITS, "-o", tmp_path / "out.onnx", "--passes", "quantise-static")
    assert done.returncode == 1 and "calibration needs rows: give --data" in done.stderr


def test_an_infinite_value_on_a_calibration_row_is_named(run, tmp_path):
    x = np.zeros((4, 1, 8, 8), np.float32)
    x[:] = np.inf
    np.savez(tmp_path / "bad.npz", x=x)
    done = run(
        "optimise", DIGITS, "-o", tmp_path / "out.onnx", "--passes", "quantise-static", "--data", tmp_path / "bad.npz"
    )
    assert done.returncode == 1 and "INT8 needs finite values" in done.stderr


def test_the_same_rows_give_the_same_bytes(optimise, digits):
    one, _ = optimise(DIGITS, "fuse-scale,quantise-static:ranges=entropy", data=digits[0])
    two, _ = optimise(DIGITS, "fuse-scale,quantise-static:ranges=entropy", data=digits[0])
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z": np.zeros((3, 1, 8, 8), np.float32)}, 'there is no array "pixels"'),
        ({"x": np.zeros((3, 1, 8, 9), np.float32)}, 'input "pixels" takes [-1,1,8,8]'),
        ({"x": np.zeros((3, 64), np.float32)}, 'input "pixels" takes [-1,1,8,8]'),
        ({"x": np.zeros((3, 1, 8, 8), np.float32), "y": np.zeros(4, np.int64)}, '"y" has 4 values for 3 rows'),
        ({"x": np.array(["a"])}, "numbers are expected"),
    ],
)
def test_arrays_that_do_not_fit_are_named(run, tmp_path, arrays, message):
    np.savez(tmp_path / "data.npz", **arrays)
    done = run("optimise", DIGITS, "-o", tmp_path / "out.onnx", "--data", tmp_path / "data.npz")
    assert done.returncode == 1 and message in done.stderr
