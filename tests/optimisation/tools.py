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


def shuffled(count, seed=0):
    """0 to count - 1 in the order of src/base/random.h: SplitMix64, Fisher and Yates."""
    word, state, order = 1 << 64, seed, list(range(count))

    def draw():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) % word
        bits = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % word
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB % word
        return bits ^ (bits >> 31)

    for left in range(count, 1, -1):
        product = draw() * left
        while product % word < (word - left) % left:
            product = draw() * left
        order[left - 1], order[product // word] = order[product // word], order[left - 1]
    return order


def judged_rows(target, chosen=None):
    """Numbers of the rows that optimise judges by, where `chosen` rows (half of all unless said) choose or learn: classes,
    or tenths of a regression's values, in the same shares as in all (src/data/split.h)."""
    import numpy as np

    count = len(target)
    strata = np.unique(target, return_inverse=True)[1]
    if np.asarray(target).dtype.kind == "f":
        strata[np.argsort(target, kind="stable")] = np.arange(count) * 10 // count
    elif 1 in np.bincount(strata):
        raise ValueError("a class of one row is not judged: this does not know it")
    order, most = sorted(shuffled(count), key=strata.__getitem__), count - (chosen or count // 2)
    return np.sort([order[i] for i in range(count) if (i + 1) * most // count > i * most // count])
