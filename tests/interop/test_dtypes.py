"""Every data type of the protocol goes through the identity model and comes back bit for bit."""

import pytest

from stock import dtype_of, input_of, np, triton

# Six elements of each type, as text or numbers that numpy reads exactly.
ELEMENTS = {
    "BOOL": [True, False, True, True, False, False],
    "UINT8": [0, 1, 2, 127, 128, 255],
    "UINT16": [0, 1, 2, 32767, 32768, 65535],
    "UINT32": [0, 1, 2, 2**31 - 1, 2**31, 2**32 - 1],
    "UINT64": [0, 1, 2**53, 2**53 + 1, 2**63, 2**64 - 1],
    "INT8": [0, 1, -1, 127, -127, -128],
    "INT16": [0, 1, -1, 32767, -32767, -32768],
    "INT32": [0, 1, -1, 2**31 - 1, 1 - 2**31, -(2**31)],
    "INT64": [0, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 1 - 2**63, -(2**63)],
    "FP16": [0.0, -0.0, 1.0009765625, 65504.0, -6.103515625e-05, 5.960464477539063e-08],
    "BF16": [
        0.0,
        -0.0,
        1.0078125,
        3.3895313892515355e38,
        -1.1754943508222875e-38,
        9.183549615799121e-41,
    ],
    "FP32": [
        0.0,
        -0.0,
        1 + 2**-23,
        3.4028234663852886e38,
        -1.1754943508222875e-38,
        1.401298464324817e-45,
    ],
    "FP64": [0.0, -0.0, 0.1, 1.7976931348623157e308, -2.2250738585072014e-308, 5e-324],
    "BYTES": [b"", b"a", "ß 日本 \U0001f6a2".encode(), b'"\\\n\t', b"x" * 1000, b"\x00 ends"],
}
# Without a form in JSON.
BINARY_ONLY = {
    "FP16": [float("nan"), float("inf"), -float("inf"), 1.0, 2.0, 3.0],
    "BF16": [float("nan"), float("inf"), -float("inf"), 1.0, 2.0, 3.0],
    "FP32": [float("nan"), float("inf"), -float("inf"), 1.0, 2.0, 3.0],
    "FP64": [float("nan"), float("inf"), -float("inf"), 1.0, 2.0, 3.0],
    "BYTES": [b"\xff\xfe", b"\x80", b"\x00\x00\x00\x00", b"\xc3", b"\xed\xa0\x80", b""],
}


def echo(client, datatype, elements, binary_input, binary_output):
    array = np.array(elements, dtype=dtype_of(datatype)).reshape(2, 3)
    result = client.infer(
        f"identity_{datatype.lower()}",
        [input_of("INPUT0", datatype, array, binary_input)],
        outputs=[triton.InferRequestedOutput("OUTPUT0", binary_data=binary_output)],
    )
    assert result.get_output("OUTPUT0")["datatype"] == datatype
    return array, result.as_numpy("OUTPUT0")


def as_bytes(array):
    """So that -0.0 differs from 0.0 and NaN equals NaN; the client gives BYTES from JSON as str."""
    if array.dtype == np.object_:
        return [each.encode() if isinstance(each, str) else each for each in array.ravel()]
    return array.tobytes()


@pytest.mark.parametrize("datatype", ELEMENTS)
def test_binary_to_binary(test_client, datatype):
    sent, got = echo(test_client, datatype, ELEMENTS[datatype], True, True)
    assert got.shape == (2, 3) and got.dtype == sent.dtype
    assert as_bytes(got) == as_bytes(sent)


@pytest.mark.parametrize("datatype", BINARY_ONLY)
def test_what_json_cannot_say_in_binary(test_client, datatype):
    sent, got = echo(test_client, datatype, BINARY_ONLY[datatype], True, True)
    assert as_bytes(got) == as_bytes(sent)


@pytest.mark.parametrize("datatype", [each for each in ELEMENTS if each != "BF16"])
def test_json_to_json(test_client, datatype):
    """The client refuses to write BF16 as JSON; test_bf16_as_json does it by hand."""
    sent, got = echo(test_client, datatype, ELEMENTS[datatype], False, False)
    assert got.shape == (2, 3)
    assert as_bytes(got) == as_bytes(sent)


@pytest.mark.parametrize("datatype", ELEMENTS)
def test_binary_to_json(test_client, datatype):
    sent, got = echo(test_client, datatype, ELEMENTS[datatype], True, False)
    assert as_bytes(got) == as_bytes(sent)


@pytest.mark.parametrize("datatype", [each for each in ELEMENTS if each != "BF16"])
def test_json_to_binary(test_client, datatype):
    sent, got = echo(test_client, datatype, ELEMENTS[datatype], False, True)
    assert as_bytes(got) == as_bytes(sent)


def test_bf16_as_json(test_models_server):
    values = ELEMENTS["BF16"]
    tensor = {"name": "INPUT0", "datatype": "BF16", "shape": [2, 3], "data": values}
    answer = test_models_server.infer("identity_bf16", [tensor])
    assert answer.status == 200, answer
    [output] = answer.json()["outputs"]
    got = np.array(output["data"], dtype=dtype_of("BF16"))
    assert got.tobytes() == np.array(values, dtype=dtype_of("BF16")).tobytes()


@pytest.mark.parametrize("model,datatype", [("double_fp16", "FP16"), ("double_bf16", "BF16")])
def test_half_precision_is_computed_with(test_client, model, datatype):
    x = np.array([[0.5, -1.5, 2, 100]], dtype=dtype_of(datatype))
    assert (
        test_client.infer(model, [input_of("x", datatype, x, True)]).as_numpy("y") == 2 * x
    ).all()


@pytest.mark.parametrize("datatype", ELEMENTS)
def test_no_rows(test_client, datatype):
    array = np.empty([0, 3], dtype=dtype_of(datatype))
    result = test_client.infer(
        f"identity_{datatype.lower()}", [input_of("INPUT0", datatype, array, True)]
    )
    assert result.as_numpy("OUTPUT0").shape == (0, 3)
