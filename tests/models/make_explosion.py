#!/usr/bin/env python3
"""explosion.onnx: n INT64 [1] -> sum FP32 []; between them lies a tensor of n zeros.

A request of a few bytes decides how much memory a run needs, for tests of its limit. sum is 0.
"""

from onnx import TensorProto, helper

from builder import save, value

save(
    "explosion",
    [
        helper.make_node("ConstantOfShape", ["n"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
    ],
    [value("n", TensorProto.INT64, [1])],
    [value("sum", TensorProto.FLOAT, [])],
)
