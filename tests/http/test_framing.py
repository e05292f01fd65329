"""Requests whose framing can be read in two ways are refused, and nothing after them is executed."""

import contextlib
import time

import pytest

from support.raw_http import INT32_BODY, chunk, good_request, head, receive_until, status_of

HEADER_TIMEOUT_S = 1  # of conftest.py
MARK = b'"data":[77,77]'
SMUGGLED = good_request(body=INT32_BODY.replace(b"[1, 2]}", b"[77, 77]}"))

AMBIGUOUS = {
    "te_and_cl": head("Transfer-Encoding: chunked", f"Content-Length: {len(INT32_BODY)}"),
    "two_lengths": head("Content-Length: 5", f"Content-Length: {len(INT32_BODY)}"),
    "length_list": head("Content-Length: 1000,1000"),
    "signed_length": head("Content-Length: +5"),
    "hex_length": head("Content-Length: 0x5"),
    "length_of_2_64": head(f"Content-Length: {2**64}"),
    "negative_length": head("Content-Length: -1"),
    "empty_length": head("Content-Length: "),
    "te_twice": head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "te_not_last": head("Transfer-Encoding: chunked, identity"),
    "te_unknown": head("Transfer-Encoding: xchunked"),
    "te_with_vertical_tab": head("Transfer-Encoding: \x0bchunked"),
    "folded_header": head("X: a", " Content-Length: 5"),
    "space_before_colon": head("Content-Length : 5"),
    "bare_cr_in_value": head("X: a\rContent-Length: 5"),
}


@pytest.mark.parametrize("start", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_ambiguous_framing_is_refused_and_what_follows_never_runs(server, start):
    answer = server.exchange(start + INT32_BODY + SMUGGLED)
    assert status_of(answer) in (400, 501)
    assert b"connection: close" in answer.lower()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert MARK not in answer


def test_same_length_twice_is_refused_too(server):
    length = f"Content-Length: {len(INT32_BODY)}"
    assert status_of(server.exchange(head(length, length) + INT32_BODY)) == 400


WRONG_HEADS = {
    "no_host": head(host=False),
    "two_hosts": head("Host: localhost"),
    "version_9_9": head().replace(b"HTTP/1.1", b"HTTP/9.9"),
    "version_2_0": head().replace(b"HTTP/1.1", b"HTTP/2.0"),
    "no_version": b"GET /v2\r\n\r\n",
    "nul_in_value": head("X: a\0b"),
    "control_in_value": head("X: a\x01b"),
    "nul_in_path": head(path="/v2\0"),
    "space_before_colon": head("X : a"),
    "no_colon": head("just words"),
    "empty_name": head(": a"),
    "tab_in_request_line": head().replace(b" /", b"\t/", 1),
    "lower_case_version": head().replace(b"HTTP", b"http"),
}


@pytest.mark.parametrize("start", WRONG_HEADS.values(), ids=WRONG_HEADS.keys())
def test_malformed_head_is_400(server, start):
    assert status_of(server.exchange(start)) == 400


def test_chunked_request(server):
    body = b"".join(chunk(INT32_BODY[i : i + 7]) for i in range(0, len(INT32_BODY), 7))
    start = head("Transfer-Encoding: chunked", "Connection: close")
    assert status_of(server.exchange(start + body + b"0\r\n\r\n")) == 200


@pytest.mark.parametrize(
    "chunks",
    [b"g\r\n", b"-1\r\n", b"0x1\r\na\r\n", b"1" * 17 + b"\r\n", b"1\r\nab\r\n", b"1 \na\r\n", b"\r\n"],
)
def test_malformed_chunk_is_400(server, chunks):
    answer = server.exchange(head("Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n" + SMUGGLED)
    assert status_of(answer) == 400
    assert MARK not in answer


def test_partial_heads_wait_and_are_closed_at_the_header_timeout(server):
    request = good_request()
    whole = request.index(b"\r\n\r\n")
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(server.connect()) for _ in range(15)]
        begun = time.monotonic()
        for i, connection in enumerate(waiting, 1):
            connection.sendall(request[: i * whole // 15])
        for connection in waiting:
            assert status_of(receive_until(connection, b"}")) == 408
            assert connection.recv(1) == b""
        assert time.monotonic() - begun >= 0.9 * HEADER_TIMEOUT_S
