"""The test data of the ONNX project (Debian's libonnx-testdata), read in plain Python.

Only what those files hold: names and types of a model's inputs and outputs, and TensorProto.
Source: onnx.proto of ONNX 1.12 (field numbers) and the wire format of Protocol Buffers.
"""

import dataclasses
import pathlib
import struct

import pytest

from support.protobuf import fields, read_varint
from support.tensors import pack

NODE_FOLDER = pathlib.Path("/usr/share/libonnx-testdata/data/node")


def deadly_model():
    """Bytes on which ONNX Runtime 1.30 aborts: a model whose first input has no type."""
    lstm = NODE_FOLDER / "test_lstm_with_initial_bias" / "model.onnx"
    if not lstm.exists():
        pytest.skip("libonnx-testdata is not installed")
    data = bytearray(lstm.read_bytes())
    data[106] ^= 2  # the byte that says that field 2 of the input is a message
    return bytes(data)


# TensorProto.DataType -> datatype of the protocol, and the field that holds data when raw_data does not.
FLOAT_DATA, INT32_DATA, STRING_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA = 4, 5, 6, 7, 9, 10, 11
DATATYPES = {
    1: ("FP32", FLOAT_DATA),
    2: ("UINT8", INT32_DATA),
    3: ("INT8", INT32_DATA),
    4: ("UINT16", INT32_DATA),
    5: ("INT16", INT32_DATA),
    6: ("INT32", INT32_DATA),
    7: ("INT64", INT64_DATA),
    8: ("BYTES", STRING_DATA),
    9: ("BOOL", INT32_DATA),
    10: ("FP16", INT32_DATA),
    11: ("FP64", DOUBLE_DATA),
    12: ("UINT32", UINT64_DATA),
    13: ("UINT64", UINT64_DATA),
    16: ("BF16", INT32_DATA),
}
WIDTH_LETTERS = {FLOAT_DATA: "f", DOUBLE_DATA: "d"}


def varints(values):
    """A repeated varint field, packed or not, as signed 64-bit numbers."""
    for value in values:
        at = 0
        while isinstance(value, bytes) and at < len(value):
            number, at = read_varint(value, at)
            yield signed(number)
        if isinstance(value, int):
            yield signed(value)


def signed(number):
    return number - (1 << 64) if number >= 1 << 63 else number


def raw_of(element_type, datatype, field, message):
    """The tensor's data in the protocol's binary form: that of raw_data, but for strings."""
    if datatype == "BYTES":
        return pack("BYTES", message.get(STRING_DATA, []))
    if RAW_DATA in message:
        return message[RAW_DATA][0]
    if field in WIDTH_LETTERS:
        return b"".join(message.get(field, []))
    numbers = list(varints(message.get(field, [])))
    if datatype in ("FP16", "BF16"):
        return struct.pack(f"<{len(numbers)}H", *numbers)
    if datatype == "UINT64":
        numbers = [number % (1 << 64) for number in numbers]
    return pack(datatype, [bool(number) for number in numbers] if datatype == "BOOL" else numbers)


def tensor_of(data, name, declared_bf16=False):
    """A serialized TensorProto as a tensor with `raw`. The data have BF16 as UINT16; the model says which."""
    message = fields(data)
    element_type = message[2][0]
    datatype, field = DATATYPES[element_type]
    raw = raw_of(element_type, datatype, field, message)
    if declared_bf16 and datatype == "UINT16":
        datatype = "BF16"
    return {"name": name, "datatype": datatype, "shape": list(varints(message.get(1, []))), "raw": raw}


@dataclasses.dataclass
class Declared:
    """A ValueInfoProto: name, and what kind of value."""

    name: str
    kind: str  # "tensor", "optional tensor", or "other"
    is_bf16: bool = False


def declared(data):
    message = fields(data)
    kind = fields(message.get(2, [b""])[0])
    name = message[1][0].decode()
    if 1 in kind:
        return Declared(name, "tensor", fields(kind[1][0]).get(1) == [16])
    inside = fields(fields(kind[9][0])[1][0]) if 9 in kind else {}
    return Declared(name, "optional tensor" if 1 in inside else "other")


@dataclasses.dataclass
class NodeTest:
    """A node model with its calls: pairs of input and output tensors, named as in the graph."""

    name: str
    model: pathlib.Path
    cases: list

    @property
    def is_random(self):
        """It draws random numbers, so that only type and shape can be compared."""
        draws = self.name.startswith(("test_bernoulli", "test_training_dropout"))
        return draws and "zero_ratio" not in self.name


def value_of(path, value):
    """None for an optional without a value."""
    data = path.read_bytes()
    if value.kind == "optional tensor":
        data = fields(data).get(3, [None])[0]
    return None if data is None else tensor_of(data, value.name, value.is_bf16)


def values(folder, kind, declarations):
    found = []
    for index, each in enumerate(declarations):
        path = folder / f"{kind}_{index}.pb"
        value = value_of(path, each) if path.exists() else None
        if value is not None:
            found.append(value)
    return found


def read_node_test(folder):
    """Reads one folder; a model with sequences or maps has no cases."""
    model = folder / "model.onnx"
    graph = fields(fields(model.read_bytes())[7][0])
    inputs = [declared(each) for each in graph.get(11, [])]
    outputs = [declared(each) for each in graph.get(12, [])]
    cases = []
    if all(each.kind != "other" for each in inputs + outputs):
        for data in sorted(folder.glob("test_data_set_*")):
            cases.append((values(data, "input", inputs), values(data, "output", outputs)))
    return NodeTest(folder.name, model, cases)


def node_tests():
    """All of them, by name; empty when the package is not installed."""
    return [read_node_test(path.parent) for path in sorted(NODE_FOLDER.glob("*/model.onnx"))]
