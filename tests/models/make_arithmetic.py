#!/usr/bin/env python3
"""Models small enough to check by hand.

add_sub.onnx         INPUT0, INPUT1 INT32 [-1,16] -> OUTPUT0 = INPUT0 + INPUT1, OUTPUT1 = INPUT0 - INPUT1
optional_input.onnx  x FP32 [-1,4], optional scale FP32 [1], 3 when left out -> y = x * scale
double_fp16.onnx     x FP16 [-1,4] -> y = 2 x, computed in float16
double_bf16.onnx     x BF16 [-1,4] -> y = 2 x, computed in float32 between two casts: ONNX Runtime multiplies
                     no bfloat16 on the CPU
fixed_batch.onnx     x FP32 [4,2] -> y = x + x; no dynamic dimension
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from builder import save, value

node = helper.make_node

INT32, FP32 = TensorProto.INT32, TensorProto.FLOAT
FP16, BF16 = TensorProto.FLOAT16, TensorProto.BFLOAT16

save(
    "add_sub",
    [
        node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
        node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"]),
    ],
    [value("INPUT0", INT32, ["batch", 16]), value("INPUT1", INT32, ["batch", 16])],
    [value("OUTPUT0", INT32, ["batch", 16]), value("OUTPUT1", INT32, ["batch", 16])],
)

save(
    "optional_input",
    [node("Mul", ["x", "scale"], ["y"])],
    [value("x", FP32, ["batch", 4]), value("scale", FP32, [1])],
    [value("y", FP32, ["batch", 4])],
    [numpy_helper.from_array(np.array([3], np.float32), "scale")],
)

save(
    "double_fp16",
    [node("Add", ["x", "x"], ["y"])],
    [value("x", FP16, ["batch", 4])],
    [value("y", FP16, ["batch", 4])],
)

save(
    "double_bf16",
    [
        node("Cast", ["x"], ["wide"], to=FP32),
        node("Add", ["wide", "wide"], ["sum"]),
        node("Cast", ["sum"], ["y"], to=BF16),
    ],
    [value("x", BF16, ["batch", 4])],
    [value("y", BF16, ["batch", 4])],
)

save(
    "fixed_batch",
    [node("Add", ["x", "x"], ["y"])],
    [value("x", FP32, [4, 2])],
    [value("y", FP32, [4, 2])],
)
