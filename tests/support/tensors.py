"""Tensors on the wire: the protocol's JSON and binary forms, in plain Python.

A tensor is a dict as in the protocol: name, datatype, shape, and flat `data`; or `raw`, the bytes of its binary
form. BF16 elements are floats, BYTES elements are str where they are UTF-8 and bytes where not.
"""

import json
import struct

JSON_SIZE_HEADER = "Inference-Header-Content-Length"

# datatype -> letter of the struct module; BF16 and BYTES have none.
LETTERS = {
    "BOOL": "?",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}


def pack(datatype, elements):
    """The binary form of flat elements. A float becomes BF16 by cutting: give values that BF16 holds."""
    if datatype == "BYTES":
        encoded = [each.encode() if isinstance(each, str) else each for each in elements]
        return b"".join(struct.pack("<I", len(each)) + each for each in encoded)
    if datatype == "BF16":
        return b"".join(struct.pack("<f", each)[2:] for each in elements)
    return struct.pack(f"<{len(elements)}{LETTERS[datatype]}", *elements)


def unpack(datatype, raw):
    """The flat elements of a binary form."""
    if datatype == "BYTES":
        return list(_unpack_bytes(raw))
    if datatype == "BF16":
        halves = struct.unpack(f"<{len(raw) // 2}H", raw)
        return [struct.unpack("<f", struct.pack("<I", half << 16))[0] for half in halves]
    size = struct.calcsize(LETTERS[datatype])
    return list(struct.unpack(f"<{len(raw) // size}{LETTERS[datatype]}", raw))


def _unpack_bytes(raw):
    at = 0
    while at < len(raw):
        (size,) = struct.unpack_from("<I", raw, at)
        element = raw[at + 4 : at + 4 + size]
        at += 4 + size
        try:
            yield element.decode()
        except UnicodeDecodeError:
            yield element


def binary_request(inputs, **fields):
    """Body and headers of a request with all tensors binary; `fields` join the JSON."""
    described, blobs = [], []
    for tensor in inputs:
        raw = tensor["raw"] if "raw" in tensor else pack(tensor["datatype"], tensor["data"])
        blobs.append(raw)
        described.append(
            {
                "name": tensor["name"],
                "datatype": tensor["datatype"],
                "shape": tensor["shape"],
                "parameters": {"binary_data_size": len(raw)},
            }
        )
    fields.setdefault("parameters", {"binary_data_output": True})
    head = json.dumps({"inputs": described, **fields}).encode()
    headers = {JSON_SIZE_HEADER: str(len(head)), "Content-Type": "application/octet-stream"}
    return b"".join([head, *blobs]), headers


def outputs_of(response):
    """name -> tensor of an answer in either form; binary ones have `raw` beside `data`."""
    size = response.headers.get(JSON_SIZE_HEADER.lower())
    head = response.body if size is None else response.body[: int(size)]
    rest = b"" if size is None else response.body[int(size) :]
    outputs = {}
    for tensor in json.loads(head)["outputs"]:
        count = tensor.get("parameters", {}).get("binary_data_size")
        if count is not None:
            tensor["raw"], rest = rest[:count], rest[count:]
            assert len(tensor["raw"]) == count, f'{tensor["name"]}: the body ends inside it'
            tensor["data"] = unpack(tensor["datatype"], tensor["raw"])
        outputs[tensor["name"]] = tensor
    assert not rest, f"{len(rest)} bytes after the last tensor"
    return outputs
