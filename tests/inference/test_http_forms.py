"""The small print of HTTP/1.x as clients and proxies use it, around a real inference."""

import contextlib
import json
import os
import socket
import time

import pytest

from support.checks import check_serves
from support.models import TEST_MODELS
from support.raw_http import INFER, INT32_ANSWER, INT32_BODY, chunk, head, receive_until
from support.server import Server, wait_until

SLOW = "/v2/models/slow/infer"


def request(version="1.1", headers=(), body=INT32_BODY, close=True):
    lines = [f"POST {INFER} HTTP/{version}", *headers]
    if version == "1.1":
        lines += ["Host: localhost"] + (["Connection: close"] if close else [])
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize("path", ["/v2", "/v2/health/ready", "/v2/models/digits", "/healthz", "/metrics", "/"])
def test_head_is_get_without_the_body(server, path):
    got, bare = server.get(path), server.request("HEAD", path)
    assert (bare.status, bare.body) == (200, b"")
    assert bare.headers["content-type"] == got.headers["content-type"]
    if path not in ("/metrics", "/"):  # these change from one moment to the next
        assert bare.headers["content-length"] == str(len(got.body))


def test_healthz_says_ok(server):
    answer = server.get("/healthz")
    assert (answer.status, answer.text, answer.headers["content-type"]) == (200, "ok\n", "text/plain")


def test_continue_is_sent_before_the_body_is(server):
    start = head("Expect: 100-continue", f"Content-Length: {len(INT32_BODY)}")
    with server.connect() as connection:
        connection.sendall(start)
        assert receive_until(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(INT32_BODY)
        answer = receive_until(connection, INT32_ANSWER)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_refusal_instead_of_continue(server):
    start = head("Expect: 100-continue", f"Content-Length: {65 << 20}")
    answer = server.exchange(start)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_unknown_expectation_is_417_or_ignored(server):
    answer = server.exchange(request(headers=["Expect: tea"]))
    assert answer.split()[1] in (b"417", b"200")


def test_http_1_0_without_host_closes_after_the_answer(server):
    answer = server.exchange(request("1.0"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert INT32_ANSWER in answer


def test_http_1_0_keep_alive(server):
    once = request("1.0", headers=["Connection: keep-alive"])
    with server.connect() as connection:
        for _ in range(2):
            connection.sendall(once)
            answer = receive_until(connection, INT32_ANSWER)
            assert b"connection: keep-alive" in answer.lower()


def test_pipelined_requests_are_answered_in_order(server):
    requests = [
        request(body=INT32_BODY.replace(b"[1, 2]}", b"[%d, %d]}" % (i, i)), close=i == 49) for i in range(50)
    ]
    answers = server.exchange(b"".join(requests)).split(b"HTTP/1.1 200 OK")[1:]
    assert len(answers) == 50
    for i, answer in enumerate(answers):
        assert b'"data":[%d,%d]' % (i, i) in answer


CHUNKED = head("Transfer-Encoding: chunked") + b"".join(chunk(bytes([byte])) for byte in INT32_BODY) + b"0\r\n\r\n"


@pytest.mark.parametrize("whole", [request(), CHUNKED], ids=["length", "chunked"])
def test_request_of_one_byte_a_segment(server, whole):
    with server.connect() as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for byte in whole:
            connection.sendall(bytes([byte]))
        assert receive_until(connection, INT32_ANSWER).startswith(b"HTTP/1.1 200 ")


def test_connection_stays_open_after_a_refused_inference(server):
    wrong = request(body=b"{}", close=False)
    with server.connect() as connection:
        connection.sendall(wrong)
        assert receive_until(connection, b"}").startswith(b"HTTP/1.1 400 ")
        connection.sendall(request())
        assert receive_until(connection, INT32_ANSWER).startswith(b"HTTP/1.1 200 ")


def test_client_reads_the_refusal_while_it_still_sends(server):
    """The server lingers: a reset would destroy the answer before the client has read it."""
    with server.connect() as connection:
        connection.sendall(head(f"Content-Length: {65 << 20}") + b"x" * 100_000)
        time.sleep(0.1)  # the answer is on its way while more is sent
        connection.sendall(b"x" * 50_000)
        assert receive_until(connection, b"}").startswith(b"HTTP/1.1 413 ")


def slow_request(iterations):
    """A request of `slow` that asks for the smaller output."""
    inputs = [{"name": "iterations", "datatype": "INT64", "shape": [1], "data": [iterations]}]
    body = json.dumps({"inputs": inputs, "outputs": [{"name": "y", "parameters": {"classification": 1}}]}).encode()
    return head(f"Content-Length: {len(body)}", path=SLOW) + body


@pytest.fixture
def slow_server(server):
    """The server once it knows that `slow` is slow, and so computes it apart from the connections."""
    for _ in range(3):
        with server.connect() as connection:
            connection.sendall(slow_request(3000))
            assert receive_until(connection, b"}]}").startswith(b"HTTP/1.1 200 ")
    return server


def test_client_that_shuts_its_side_gets_its_answer(slow_server):
    """As `nc -N` does: that nothing more is sent does not say that nobody reads."""
    with slow_server.connect() as connection:
        connection.sendall(slow_request(20_000))
        connection.shutdown(socket.SHUT_WR)
        assert receive_until(connection, b"}]}").startswith(b"HTTP/1.1 200 ")
        assert connection.recv(1) == b""


def test_request_whose_client_has_gone_is_not_computed(slow_server):
    def counts():
        [stats] = slow_server.get("/v2/models/slow/stats").json()["model_stats"]
        failed = slow_server.metric("slipway_requests_failed_total", model="slow", reason="cancelled")
        return stats["execution_count"], failed

    computed, dropped = counts()
    with contextlib.ExitStack() as stack:
        busy = [stack.enter_context(slow_server.connect()) for _ in os.sched_getaffinity(0)]
        for connection in busy:
            connection.sendall(slow_request(100_000))
        wait_until(lambda: slow_server.metric("slipway_requests_in_flight") == len(busy), what="all processors at work")
        for _ in range(3):
            with slow_server.connect() as connection:
                connection.sendall(slow_request(100_000))
        for connection in busy:
            receive_until(connection, b"}]}")
    wait_until(lambda: counts() == (computed + len(busy), dropped + 3), what="three requests dropped")


def test_unix_socket(tmp_path):
    address = f"unix:{tmp_path}/slipway.sock"
    with Server(TEST_MODELS / "add_sub.onnx", http=address) as server:
        check_serves(server)
        assert address in server.wait_for_log("Slipway serves on")
    assert not (tmp_path / "slipway.sock").exists()
