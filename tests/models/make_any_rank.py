#!/usr/bin/env python3
"""any_rank.onnx: x FP32 of any shape -> y = 2x of the same shape, and size INT64 [], its elements.

The model does not say how many dimensions x and y have. ONNX's checker wants it said, exporters of old did not.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from builder import IR_VERSION, OPSET, value, write

graph = helper.make_graph(
    [helper.make_node("Mul", ["x", "two"], ["y"]), helper.make_node("Size", ["x"], ["size"])],
    "any_rank",
    [value("x", TensorProto.FLOAT, None)],
    [value("y", TensorProto.FLOAT, None), value("size", TensorProto.INT64, [])],
    [numpy_helper.from_array(np.array(2, np.float32), "two")],
)
write(
    "any_rank",
    helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="slipway tests",
    ),
)
