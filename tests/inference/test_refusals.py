"""A wrong inference request gets 400 and is told what is wrong: the tensor, what was expected, what came."""

import json
import time

import pytest

from support.checks import check_error, handled_within
from support.tensors import JSON_SIZE_HEADER, LETTERS, binary_request, pack

INFER = "/v2/models/identity_fp32/infer"


def tensor(shape, data, datatype="FP32", name="INPUT0"):
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def infer(server, *tensors, model="identity_fp32", **fields):
    return server.infer(model, list(tensors), **fields)


def test_shape_whose_product_overflows(server):
    with handled_within(server, 4):
        answer = infer(server, tensor([16, 2**60 + 2], [1.0]))
    check_error(answer, 400, '"INPUT0"', "element count")


def test_shape_whose_bytes_overflow(server):
    check_error(infer(server, tensor([2**31, 2**31], [1.0])), 400, '"INPUT0"')


def test_shape_whose_product_overflows_binary(server):
    body, headers = binary_request([{**tensor([16, 2**60 + 2], []), "raw": b"\0\0\0\0"}])
    with handled_within(server, 4):
        answer = server.post(INFER, body, headers)
    check_error(answer, 400, '"INPUT0"', "element count")


@pytest.mark.parametrize("dimension", [-5, -1])
def test_negative_dimension(server, dimension):
    check_error(infer(server, tensor([dimension, 2], [1.0])), 400, '"INPUT0"', str(dimension))


@pytest.mark.parametrize("dimension", [1.5, "2", 2**63, None, [1]])
def test_dimension_that_is_no_whole_number(server, dimension):
    check_error(infer(server, tensor([dimension, 2], [1.0])), 400, '"INPUT0"', "expected a")


ONE = {"BOOL": True, "BYTES": "a", "FP16": 1.0, "BF16": 1.0, "FP32": 1.0, "FP64": 1.0}


@pytest.mark.parametrize("count", [0, 3, 5])
@pytest.mark.parametrize("datatype", [*LETTERS, "BF16", "BYTES"])
def test_more_or_fewer_elements_than_the_shape_says(server, datatype, count):
    model = f"identity_{datatype.lower()}"
    elements = [ONE.get(datatype, 1)] * count
    answer = infer(server, tensor([2, 2], elements, datatype), model=model)
    check_error(answer, 400, '"INPUT0"', "expected 4 elements", f"got {count}")
    body, headers = binary_request([tensor([2, 2], elements, datatype)])
    answer = server.post(f"/v2/models/{model}/infer", body, headers)
    check_error(answer, 400, '"INPUT0"', "expected")


def test_string_that_runs_past_its_tensor(server):
    raw = pack("BYTES", ["abc"])[:-1]
    body, headers = binary_request([{**tensor([1, 1], [], "BYTES"), "raw": raw}])
    check_error(server.post("/v2/models/identity_bytes/infer", body, headers), 400, '"INPUT0"')


def test_missing_input(server):
    check_error(infer(server), 400, '"INPUT0"', "missing")


def test_unknown_and_missing_inputs_are_listed_together(server):
    a, b = (tensor([1, 16], [1] * 16, "INT32", name) for name in ("INPUT0", "stranger"))
    answer = infer(server, a, b, model="add_sub")
    check_error(answer, 400, '"stranger": unknown', '"INPUT1": missing')


def test_duplicate_input(server):
    one = tensor([1, 1], [1.0])
    check_error(infer(server, one, one), 400, '"INPUT0"', "more than once")


def test_many_unknown_inputs_are_cut_short(server):
    strangers = [tensor([1], [1.0], name=f"stranger_{i:03}") for i in range(200)]
    check_error(infer(server, *strangers), 400, '"stranger_000"', "more")


def test_unknown_and_duplicate_outputs(server):
    one = tensor([1, 1], [1.0])
    check_error(infer(server, one, outputs=[{"name": "nothing"}]), 400, '"nothing"', '"OUTPUT0"')
    twice = [{"name": "OUTPUT0"}] * 2
    check_error(infer(server, one, outputs=twice), 400, '"OUTPUT0"', "more than once")


@pytest.mark.parametrize("size", ["99999999999", "-1", "abc", "+5", "0x10", "", "1" * 40, "body+1"])
def test_wrong_json_size(server, size):
    body, headers = binary_request([tensor([1, 1], [1.0])])
    if size == "body+1":
        size = str(len(body) + 1)
    answer = server.post(INFER, body, {**headers, JSON_SIZE_HEADER: size})
    check_error(answer, 400, JSON_SIZE_HEADER, str(len(body)))


def test_json_size_that_cuts_the_json(server):
    body, headers = binary_request([tensor([1, 1], [1.0])])
    answer = server.post(INFER, body, {**headers, JSON_SIZE_HEADER: "10"})
    check_error(answer, 400, "JSON")


def test_data_nested_too_deep(server):
    data = "[" * 120 + "1" + "]" * 120
    request = '{"inputs":[{"name":"INPUT0","datatype":"FP32","shape":[1,1],"data":%s}]}' % data
    with handled_within(server, 16):
        answer = server.post(INFER, request.encode())
    check_error(answer, 400, '"INPUT0"', "100")


@pytest.mark.parametrize("path", ["/v2/repository/index", INFER])
def test_deep_nesting_in_a_field_nobody_reads(server, path):
    with handled_within(server, 16):
        begun = time.monotonic()
        answer = server.post(path, b'{"unrelated":' + b"[" * 250_000)
        assert time.monotonic() - begun < 1
    check_error(answer, 400, "100")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nul", b'{"inputs":{}}', b"\xff\xfe", b'{"inputs":[]} x'])
def test_body_that_is_no_request(server, body):
    check_error(server.post(INFER, body), 400)


@pytest.mark.parametrize("number", ["1e39", "NaN", "Infinity", "-Infinity"])
def test_number_that_fp32_does_not_hold(server, number):
    request = json.dumps({"inputs": [tensor([1, 1], ["?"])]}).replace('"?"', number)
    check_error(server.post(INFER, request.encode()), 400, '"INPUT0"')


@pytest.mark.parametrize(
    "path,words",
    [
        ("/v2/models/digit/infer", ['"digit"']),
        ("/v2/models/digits/versions/7/infer", ['"digits"', "7"]),
        ("/v2/models/digits/versions/nightly/infer", ['"digits"', "nightly"]),
    ],
)
def test_unknown_model_version_and_alias(server, path, words):
    check_error(server.post(path, {"inputs": [tensor([1, 1], [1.0])]}), 404, *words)


def test_version_that_is_neither_number_nor_alias(server):
    number = str(10**20)
    answer = server.post(f"/v2/models/digits/versions/{number}/infer", {"inputs": []})
    check_error(answer, 400, number, "whole number or an alias")


def test_unknown_path_and_method(server):
    check_error(server.get("/v3"), 404, "/v3")
    answer = server.get(INFER)
    check_error(answer, 405)
    assert "POST" in answer.headers["allow"]


def test_unknown_model_is_named_before_its_body_is_judged(server):
    check_error(server.post("/v2/models/identity_fp33/infer", b"{}"), 404, '"identity_fp33"')
