"""Passes that change answers by rounding only: the nodes they are about go, and ONNX Runtime's answers stay."""

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
from onnx import TensorProto, helper

node = helper.make_node
RANDOM = np.random.default_rng(3)


def values(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def int64(*numbers):
    return np.array(numbers, np.int64)


def dead_code():
    nodes = [node("Relu", ["x"], ["y"]), node("MatMul", ["x", "w"], ["unused"])]
    return tools.graph_of(nodes, {"x": ["n", 4]}, {"y": ["n", 4]}, {"w": values(4, 3)})


def constant_shape():
    nodes = [
        node("Shape", ["w"], ["shape"]),
        node("Gather", ["shape", "one"], ["width"]),
        node("Cast", ["width"], ["scale"], to=TensorProto.FLOAT),
        node("MatMul", ["x", "w"], ["product"]),
        node("Mul", ["product", "scale"], ["y"]),
    ]
    return tools.graph_of(nodes, {"x": ["n", 4]}, {"y": ["n", 3]}, {"w": values(4, 3), "one": int64(1)})


def constant_output():
    nodes = [node("Add", ["a", "b"], ["y"]), node("Relu", ["x"], ["z"])]
    constants = {"a": values(3), "b": values(3)}
    return tools.graph_of(nodes, {"x": ["n", 4]}, {"y": [3], "z": ["n", 4]}, constants)


def no_ops():
    nodes = [
        node("Identity", ["x"], ["a"]),
        node("Dropout", ["a"], ["b"]),
        node("Cast", ["b"], ["c"], to=TensorProto.FLOAT),
        node("Concat", ["c"], ["d"], axis=1),
        node("Relu", ["d"], ["e"]),
        node("Identity", ["e"], ["y"]),
    ]
    return tools.graph_of(nodes, {"x": ["n", 4]}, {"y": ["n", 4]}, {})


def transposes():
    nodes = [
        node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
        node("Transpose", ["a"], ["b"], perm=[0, 3, 1, 2]),
        node("Relu", ["b"], ["y"]),
    ]
    return tools.graph_of(nodes, {"x": ["n", 2, 3, 4]}, {"y": ["n", 2, 3, 4]}, {})


def equal_parts():
    nodes = [
        node("MatMul", ["x", "w"], ["a"]),
        node("Tanh", ["a"], ["b"]),
        node("MatMul", ["x", "same"], ["c"]),
        node("Tanh", ["c"], ["d"]),
        node("Add", ["b", "d"], ["y"]),
    ]
    w = values(4, 3)
    return tools.graph_of(nodes, {"x": ["n", 4]}, {"y": ["n", 3]}, {"w": w, "same": w.copy()})


def batch_norm():
    nodes = [
        node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["a", "scale", "bias", "mean", "variance"], ["y"]),
    ]
    constants = {"w": values(5, 2, 3, 3), "scale": values(5), "bias": values(5), "mean": values(5)}
    constants["variance"] = np.abs(values(5)) + 0.1
    return tools.graph_of(nodes, {"x": ["n", 2, 6, 6]}, {"y": ["n", 5, 6, 6]}, constants)


def padding():
    nodes = [node("Pad", ["x", "pads"], ["a"]), node("Conv", ["a", "w"], ["y"], pads=[0, 1, 0, 0])]
    constants = {"pads": int64(0, 0, 1, 2, 0, 0, 3, 0), "w": values(5, 2, 3, 3)}
    return tools.graph_of(nodes, {"x": ["n", 2, 6, 6]}, {"y": ["n", 5, 8, 7]}, constants)


def scales():
    nodes = [
        node("Div", ["x", "sixteen"], ["a"]),
        node("Conv", ["a", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        node("Mul", ["c", "by_channel"], ["d"]),
        node("Sub", ["d", "shift"], ["y"]),
    ]
    constants = {"w": values(5, 2, 3, 3), "b": values(5), "sixteen": np.float32(16)}
    constants |= {"by_channel": values(1, 5, 1, 1), "shift": values(5, 1, 1)}
    return tools.graph_of(nodes, {"x": ["n", 2, 6, 6]}, {"y": ["n", 5, 6, 6]}, constants)


def bias():
    nodes = [node("MatMul", ["x", "w"], ["a"]), node("Add", ["b", "a"], ["y"])]
    return tools.graph_of(nodes, {"x": ["n", 4]}, {"y": ["n", 3]}, {"w": values(4, 3), "b": values(3)})


def products():
    nodes = [node("Gemm", ["x", "w", "b"], ["a"]), node("Gemm", ["a", "v", "c"], ["y"], transB=1)]
    constants = {"w": values(4, 9), "b": values(9), "v": values(3, 9), "c": values(3)}
    return tools.graph_of(nodes, {"x": ["n", 4]}, {"y": ["n", 3]}, constants)


CASES = [
    ("drop-dead-code", dead_code, {"Relu": 1}),
    ("fold-constants", constant_shape, {"MatMul": 1, "Mul": 1}),
    ("fold-constants", constant_output, {"Identity": 1, "Relu": 1}),
    ("drop-no-ops", no_ops, {"Relu": 1}),
    ("drop-no-ops", transposes, {"Relu": 1}),
    ("merge-equal", equal_parts, {"MatMul": 1, "Tanh": 1, "Add": 1}),
    ("fuse-batch-norm", batch_norm, {"Conv": 1}),
    ("fuse-pad", padding, {"Conv": 1}),
    ("fuse-scale", scales, {"Conv": 1}),
    ("fuse-gemm", bias, {"Gemm": 1}),
    ("fuse-gemm", products, {"Gemm": 1}),
]


@pytest.mark.parametrize(("name", "make", "left"), CASES, ids=[f"{name}-{make.__name__}" for name, make, _ in CASES])
def test_a_pass_leaves_fewer_nodes_and_the_same_answers(optimise, name, make, left):
    model = make()
    out, report = optimise(model, name)
    assert report["passes"][0]["done"], "the pass found nothing to do"
    assert tools.operators(out) == left
    shape = [3 if dim.dim_param else dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    x = values(*shape)
    for expected, got in zip(tools.answer(model, x=x), tools.answer(out, x=x), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_what_else_needs_a_value_keeps_it(optimise):
    """The convolution's output is an output of the graph: its normalisation cannot go into it."""
    model = batch_norm()
    model.graph.output.append(helper.make_tensor_value_info("a", TensorProto.FLOAT, ["n", 5, 6, 6]))
    out, report = optimise(model, "fuse-batch-norm")
    assert report["passes"][0]["done"] == ""
    assert tools.operators(out) == {"Conv": 1, "BatchNormalization": 1}


def test_random_numbers_are_not_folded_nor_merged(optimise):
    nodes = [node("RandomUniform", [], [name], shape=[1, 4]) for name in ("r", "s")]
    nodes += [node("Sub", ["r", "s"], ["d"]), node("Mul", ["d", "zero"], ["e"]), node("Add", ["x", "e"], ["y"])]
    model = tools.graph_of(nodes, {"x": ["n", 4]}, {"y": ["n", 4]}, {"zero": np.float32(0)})
    out, _ = optimise(model, "fold-constants,merge-equal")
    assert tools.operators(out)["RandomUniform"] == 2


def test_the_same_model_and_passes_give_the_same_bytes(optimise):
    first, _ = optimise(scales())
    RANDOM.bit_generator.state = np.random.default_rng(3).bit_generator.state
    model = scales()
    one, _ = optimise(model)
    two, _ = optimise(model)
    assert one.read_bytes() == two.read_bytes() != first.read_bytes()


def test_a_graph_with_a_cycle_is_refused_in_a_sentence(run, tmp_path):
    nodes = [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])]
    graph = helper.make_graph(
        nodes,
        "cycle",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
    )
    path = tmp_path / "cycle.onnx"
    path.write_bytes(helper.make_model(graph, ir_version=10).SerializeToString())
    done = run("optimise", path, "-o", tmp_path / "out.onnx")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize(
    ("passes", "message"),
    [
        ("fuse-pads", 'did you mean "fuse-pad"'),
        ("fuse-pad:x=1", "takes no parameters"),
        ("quantise-static:ranges=max", "expected one of minmax, percentile, entropy"),
        ("quantise-static:weight_bits=9", "expected a number from 7 to 8"),
        ("quantise-static:range=minmax", 'did you mean "ranges"'),
    ],
)
def test_a_wrong_pass_is_named(run, tmp_path, passes, message):
    done = run("optimise", "examples/models/digits/1", "-o", tmp_path / "out.onnx", "--passes", passes)
    assert done.returncode != 0 and message in done.stderr
