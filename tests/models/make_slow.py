#!/usr/bin/env python3
"""slow.onnx: iterations INT64 [1] -> y FP32 [64,64]; each iteration multiplies two 64 x 64 matrices.

Takes as long as the request asks for (about 6 us an iteration on one core), for tests of queues,
deadlines and draining. y is the identity matrix whatever the count.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from builder import save, value

SIZE = 64

body = helper.make_graph(
    [
        helper.make_node("Identity", ["go_in"], ["go_out"]),
        helper.make_node("MatMul", ["matrix_in", "eye"], ["matrix_out"]),
    ],
    "multiply",
    [
        value("i", TensorProto.INT64, []),
        value("go_in", TensorProto.BOOL, []),
        value("matrix_in", TensorProto.FLOAT, [SIZE, SIZE]),
    ],
    [value("go_out", TensorProto.BOOL, []), value("matrix_out", TensorProto.FLOAT, [SIZE, SIZE])],
)

save(
    "slow",
    [
        helper.make_node("Reshape", ["iterations", "scalar"], ["count"]),
        helper.make_node("Loop", ["count", "", "eye"], ["y"], body=body),
    ],
    [value("iterations", TensorProto.INT64, [1])],
    [value("y", TensorProto.FLOAT, [SIZE, SIZE])],
    [
        numpy_helper.from_array(np.eye(SIZE, dtype=np.float32), "eye"),
        numpy_helper.from_array(np.array([], np.int64), "scalar"),
    ],
)
