"""A request can be followed: its id and its trace are in the answer and in the log."""

import json
import re

import pytest

from support.models import TEST_MODELS
from support.server import Server

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
X = {"name": "INPUT0", "datatype": "FP32", "shape": [1, 1], "data": [1.0]}
MODEL = TEST_MODELS / "identity_fp32.onnx"


@pytest.fixture(scope="module")
def server():
    with Server(MODEL, args=["--access-log"]) as server:
        yield server


def logged(server, request_id):
    return json.loads(server.wait_for_log(f'"request_id":"{request_id}"'))


@pytest.mark.parametrize("inputs,status", [([X], 200), ([], 400)], ids=["answered", "refused"])
def test_trace_goes_on_in_the_answer_and_the_log(server, inputs, status):
    parent = f"00-{TRACE}-{SPAN}-01"
    answer = server.infer("identity_fp32", inputs, headers={"traceparent": parent})
    assert answer.status == status
    trace, span = re.fullmatch(r"00-(\w{32})-(\w{16})-01", answer.headers["traceparent"]).groups()
    assert trace == TRACE and span != SPAN
    line = logged(server, answer.headers["x-request-id"])
    assert TRACE in line["traceparent"]
    assert (line["status"], line["method"], line["target"]) == (status, "POST", "/v2/models/identity_fp32/infer")


def test_request_id_of_the_client_is_returned_and_logged(server):
    answer = server.infer("identity_fp32", [X], headers={"X-Request-Id": "order-66/7"})
    assert answer.headers["x-request-id"] == "order-66/7"
    assert logged(server, "order-66/7")["status"] == 200


def test_every_request_has_an_id_of_its_own(server):
    ids = {server.get(path).headers["x-request-id"] for path in ("/v2", "/v2", "/nothing", "/metrics", "/healthz")}
    assert len(ids) == 5
    assert all(logged(server, each) for each in ids)


@pytest.mark.parametrize("text", ["two words", "x" * 129, "é"])
def test_ids_that_could_forge_a_line_are_replaced(server, text):
    answer = server.get("/v2", {"X-Request-Id": text.encode("utf-8")})
    got = answer.headers["x-request-id"]
    assert json.loads(server.wait_for_log(re.escape(json.dumps(got)[1:-1])))["request_id"] == got
    assert len(got) <= 128 and got.isascii()


def test_log_is_one_json_object_a_line(server):
    lines = [line for line in server.log if line.startswith("{")]
    assert {json.loads(line)["message"] for line in lines} >= {"resources", "model loaded"}
    said = [line for line in server.log if not line.startswith("{")]
    assert said[0].startswith("Slipway serves on") and said[1] == "Try it:" and len(said) == 3


def test_human_lines_on_request():
    with Server(MODEL, args=["--log-format=human", "--access-log"]) as server:
        server.get("/v2", {"X-Request-Id": "mine"})
        assert re.search(r"^\S+Z info  request method=GET target=/v2 status=200 ", server.wait_for_log("id=mine"))
        assert not any(line.startswith("{") for line in server.log)
