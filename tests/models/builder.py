"""What the make_*.py scripts share: a graph of a few nodes becomes a checked .onnx file."""

import pathlib

import onnx
from onnx import helper

FOLDER = pathlib.Path(__file__).resolve().parent
OPSET = 18
IR_VERSION = 10


def value(name, element_type, shape):
    """A graph input or output; a string in `shape` is a dynamic dimension."""
    return helper.make_tensor_value_info(name, element_type, shape)


def save(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                              producer_name="slipway tests")
    onnx.checker.check_model(model, full_check=True)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
