"""What the make_*.py scripts share: a model becomes a checked .onnx file, the same bytes each time."""

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
    """Writes the graph of `nodes` to <name>.onnx."""
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="slipway tests",
    )
    onnx.checker.check_model(model, full_check=True)
    write(name, model)


def write(name, model):
    # skl2onnx lists the operator sets in the order of a hash set, and one domain twice.
    opsets = sorted({(opset.domain, opset.version) for opset in model.opset_import})
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(*opset) for opset in opsets)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
