"""Weights and numbers of fewer bits, channels and splits that go: what is left still loads and answers."""

import pathlib

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
RANDOM = np.random.default_rng(11)


def values(*shape):
    return (RANDOM.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)


def perceptron():
    nodes = [
        node("Gemm", ["x", "w0", "b0"], ["a"]),
        node("Relu", ["a"], ["b"]),
        node("MatMul", ["b", "w1"], ["y"]),
    ]
    constants = {"w0": values(70, 96), "b0": values(96), "w1": values(96, 40)}
    return tools.graph_of(nodes, {"x": ["n", 70]}, {"y": ["n", 40]}, constants)


def correlation(model, out, **inputs):
    expected, got = tools.answer(model, **inputs)[0], tools.answer(out, **inputs)[0]
    assert got.shape == expected.shape and got.dtype == expected.dtype
    return np.corrcoef(expected.ravel(), got.ravel())[0, 1]


@pytest.mark.parametrize(
    ("passes", "operator", "share", "least"),
    [
        ("quantise-dynamic", "MatMulInteger", 0.35, 0.999),
        ("quantise-dynamic:per_channel=no", "MatMulInteger", 0.35, 0.999),
        ("quantise-weights:bits=8", "MatMulNBits", 0.4, 0.9999),
        ("quantise-weights", "MatMulNBits", 0.3, 0.99),
        ("quantise-weights:block=128", "MatMulNBits", 0.3, 0.98),
        ("quantise-weights:bits=8:products=float", "MatMulNBits", 0.4, 0.9999),
        ("quantise-weights:products=float", "MatMulNBits", 0.3, 0.99),
    ],
)
def test_products_with_weights_of_fewer_bits(optimise, passes, operator, share, least):
    model = perceptron()
    out, report = optimise(model, passes)
    assert tools.operators(out)[operator] == 2 and not {"Gemm", "MatMul"} & set(tools.operators(out))
    before, after = report["models"]
    assert after["size_bytes"] < share * before["size_bytes"]
    assert correlation(model, out, x=RANDOM.standard_normal((64, 70)).astype(np.float32)) > least


@pytest.mark.skipif(" avx2 " not in pathlib.Path("/proc/cpuinfo").read_text(), reason="no products of INT8 in blocks")
def test_weights_of_8_bits_are_not_unpacked_anew_for_every_row(optimise, tmp_path):
    nodes = [node("Gemm", ["x", "w0"], ["a"]), node("Gemm", ["a", "w1"], ["y"])]
    side = ["n", 512]
    model = tools.graph_of(nodes, {"x": side}, {"y": side}, {"w0": values(512, 512), "w1": values(512, 512)})
    ms = {}
    for products in ("int8", "float"):
        _, report = optimise(model, f"quantise-weights:bits=8:products={products}")
        ms[products] = report["models"][1]["p50_ms"]
    assert ms["int8"] < 0.5 * ms["float"]


def test_onnx_runtime_computes_dynamic_int8_as_one_node(optimise, tmp_path):
    out, _ = optimise(perceptron(), "quantise-dynamic")
    tools.session_of(out, tmp_path / "runtime.onnx")
    operators = tools.operators(tmp_path / "runtime.onnx")
    assert "MatMulInteger" not in operators
    assert operators["DynamicQuantizeMatMul"] + operators["MatMulIntegerToFloat"] == 2


def test_half_precision_halves_the_file_and_keeps_inputs_and_outputs(optimise):
    model = perceptron()
    out, report = optimise(model, "half")
    before, after = report["models"]
    assert after["size_bytes"] < 0.55 * before["size_bytes"]
    graph = onnx.load(str(out)).graph
    types = {each.type.tensor_type.elem_type for each in [*graph.input, *graph.output]}
    assert types == {TensorProto.FLOAT}
    assert {each.data_type for each in graph.initializer} == {TensorProto.FLOAT16}
    assert correlation(model, out, x=RANDOM.standard_normal((64, 70)).astype(np.float32)) > 0.99999


def test_half_precision_leaves_what_only_knows_float_in_float(optimise):
    """Resize has its scales in FP32 whatever the type of what it resizes; an intermediate value is an output too."""
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[1] * 4),
        node("Resize", ["c", "", "scales"], ["r"], mode="nearest"),
        node("Relu", ["r"], ["y"]),
    ]
    constants = {"w": values(4, 2, 3, 3), "scales": np.array([1, 1, 2, 2], np.float32)}
    shape = {"x": ["n", 2, 6, 6]}
    model = tools.graph_of(nodes, shape, {"y": ["n", 4, 12, 12], "c": ["n", 4, 6, 6]}, constants)
    out, _ = optimise(model, "half")
    x = RANDOM.standard_normal((3, 2, 6, 6)).astype(np.float32)
    for expected, got in zip(tools.answer(model, x=x), tools.answer(out, x=x), strict=True):
        np.testing.assert_allclose(got, expected, atol=2e-2)


def weights_of(graph):
    """Of the graph's layers, the first one first."""
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    return [constants[each.input[1]] for each in graph.node if each.op_type in ("Conv", "Gemm", "MatMul")]


@pytest.mark.parametrize("kind", ["products", "convolutions"])
def test_the_smallest_weights_are_zero(optimise, kind):
    model = perceptron() if kind == "products" else network()
    out, _ = optimise(model, "prune-weights:share=0.75")
    before, after = weights_of(model.graph), weights_of(onnx.load(str(out)).graph)
    assert len(before) == len(after) == (2 if kind == "products" else 5)
    for was, now in zip(before, after, strict=True):
        gone = now == 0
        assert abs(gone.mean() - 0.75) < 0.01
        np.testing.assert_array_equal(now[~gone], was[~gone])
        assert np.abs(was[gone]).max() <= np.abs(was[~gone]).min()


def network():
    """A convolution, one of each channel alone, one that reads both, pooling, and two layers."""
    nodes = [
        node("Conv", ["x", "w0", "b0"], ["c0"], pads=[1] * 4),
        node("Relu", ["c0"], ["r0"]),
        node("Conv", ["r0", "w1"], ["c1"], pads=[1] * 4, group=8),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "w2", "b2"], ["c2"]),
        node("MaxPool", ["c2"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Reshape", ["p", "flat"], ["f"]),
        node("Gemm", ["f", "w3", "b3"], ["h"], transB=1),
        node("Relu", ["h"], ["r"]),
        node("Gemm", ["r", "w4"], ["y"]),
    ]
    constants = {"w0": values(8, 3, 3, 3), "b0": values(8), "w1": values(8, 1, 3, 3), "w2": values(12, 8, 1, 1)}
    constants |= {"b2": values(12), "w3": values(20, 48), "b3": values(20), "w4": values(20, 5)}
    constants["flat"] = np.array([-1, 48], np.int64)
    return tools.graph_of(nodes, {"x": ["n", 3, 4, 4]}, {"y": ["n", 5]}, constants)


def test_units_that_nothing_follows_from_go_and_change_nothing(optimise):
    """Channels 1 and 5, and half of the units, have no weights behind them: pruning finds just these."""
    model = network()
    dead = {"w1": (slice(None), [1, 5]), "w2": (1, [1, 5]), "w3": None, "w4": (0, range(0, 20, 2))}
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor).copy()
        if tensor.name == "w2":
            array[:, [1, 5]] = 0
            array[[0, 3, 6]] = 0
        elif tensor.name == "b2":
            array[[0, 3, 6]] = 0
        elif tensor.name == "w4":
            array[::4] = 0
        else:
            continue
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    assert set(dead) <= {each.name for each in model.graph.initializer}
    out, report = optimise(model, "prune-units:share=0.25")
    assert report["passes"][0]["done"] == "10 channels and units removed"
    shapes = [tuple(each.dims) for each in onnx.load(str(out)).graph.initializer]
    for shape in [(6, 3, 3, 3), (6, 1, 3, 3), (9, 6, 1, 1), (15, 36), (15, 5)]:
        assert shape in shapes
    x = RANDOM.standard_normal((7, 3, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(tools.answer(out, x=x)[0], tools.answer(model, x=x)[0], atol=1e-5)


def tree_model():
    """x0 <= 0 ? (x1 <= 0 ? 1 : 1) : (x1 in {2, 3} ? (x0 <= 5 ? 4 : 4) : 6), and a tree whose root splits for nothing."""
    double = lambda name, array: helper.make_attribute(name, numpy_helper.from_array(np.array(array, np.float64), name))
    nan = np.nan
    ensemble = node("TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1, aggregate_function=1, post_transform=0)
    ensemble.attribute.extend(
        [
            helper.make_attribute("tree_roots", [0, 4]),
            helper.make_attribute("nodes_featureids", [0, 1, 1, 0, 0]),
            helper.make_attribute("nodes_modes", numpy_helper.from_array(np.array([0, 0, 6, 0, 0], np.uint8), "m")),
            double("nodes_splits", [0, 0, nan, 5, 1]),
            double("membership_values", [2, 3, nan]),
            helper.make_attribute("nodes_truenodeids", [1, 0, 3, 2, 5]),
            helper.make_attribute("nodes_falsenodeids", [2, 1, 4, 3, 6]),
            helper.make_attribute("nodes_trueleafs", [0, 1, 0, 1, 1]),
            helper.make_attribute("nodes_falseleafs", [0, 1, 1, 1, 1]),
            helper.make_attribute("leaf_targetids", [0] * 7),
            double("leaf_weights", [1, 1, 4, 4, 6, 0.5, 0.5]),
        ]
    )
    graph = helper.make_graph(
        [ensemble],
        "trees",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["n", 2])],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, ["n", 1])],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def test_splits_with_one_answer_go(optimise):
    model = tree_model()
    out, report = optimise(model, "merge-leaves")
    assert report["passes"][0]["done"] == "2 splits had the same answer on both sides"
    left = onnx.load(str(out)).graph.node[0]
    attributes = {each.name: helper.get_attribute_value(each) for each in left.attribute}
    assert len(attributes["nodes_featureids"]) == 3 and len(attributes["leaf_targetids"]) == 5
    x = np.array([[a, b] for a in (-1.0, 0.0, 1.0, 6.0) for b in (-1.0, 0.0, 1.0, 2.0, 3.0)])
    np.testing.assert_array_equal(tools.answer(out, x=x)[0], tools.answer(model, x=x)[0])
