"""onnx, onnxruntime and scikit-learn, installed from the Python package index into build/venv-optimisation.

Where they cannot be installed, `missing` says why, and the tests that need them are skipped by name.
"""

import collections
import pathlib
import sys

from support import packages

HERE = pathlib.Path(__file__).resolve().parent
VENV = packages.BUILD / "venv-optimisation"

missing = packages.install(VENV, HERE / "requirements.txt")
if missing is None:
    sys.path.insert(0, packages.folder_of(VENV))

OPSET = 21


def graph_of(nodes, inputs, outputs, constants):
    """A model of FP32 inputs and outputs {name: shape}; a string in a shape is an open dimension."""
    import onnx
    from onnx import helper, numpy_helper

    def declared(values):
        return [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in values.items()]

    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "graph", declared(inputs), declared(outputs), tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


def session_of(model, optimised_path=None):
    """A session on one thread; what ONNX Runtime made of the graph is written to `optimised_path`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if optimised_path:
        options.optimized_model_filepath = str(optimised_path)
    content = model.SerializeToString() if hasattr(model, "SerializeToString") else pathlib.Path(model).read_bytes()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def answer(model, **inputs):
    return session_of(model).run(None, inputs)


def operators(path):
    """How often each operator stands in a model."""
    import onnx

    return collections.Counter(node.op_type for node in onnx.load(str(path)).graph.node)


def judged(rows):
    """Those of an array's rows that optimise judges by, where half of all choose or learn."""
    taken = len(rows) // 2
    return rows[[i * taken // len(rows) == (i + 1) * taken // len(rows) for i in range(len(rows))]]
