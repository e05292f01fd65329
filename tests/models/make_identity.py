#!/usr/bin/env python3
"""identity_<dtype>.onnx, one for each data type of the protocol: INPUT0 [-1,-1] -> OUTPUT0, unchanged."""

from onnx import TensorProto, helper

from builder import save, value

DTYPES = {
    "bool": TensorProto.BOOL,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "fp16": TensorProto.FLOAT16,
    "bf16": TensorProto.BFLOAT16,
    "fp32": TensorProto.FLOAT,
    "fp64": TensorProto.DOUBLE,
    "bytes": TensorProto.STRING,
}

for name, element_type in DTYPES.items():
    save(
        f"identity_{name}",
        [helper.make_node("Identity", ["INPUT0"], ["OUTPUT0"])],
        [value("INPUT0", element_type, ["rows", "columns"])],
        [value("OUTPUT0", element_type, ["rows", "columns"])],
    )
