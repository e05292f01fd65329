"""Requests whose framing can be read in two ways are refused, and nothing after them is executed."""

import contextlib
import time

import pytest

from support.raw_http import INT32_BODY, chunk, error_of, good_request, head, receive_until, status_of

HEADER_TIMEOUT_S = 1  # of conftest.py
MARK = b'"data":[77,77]'
SMUGGLED = good_request(body=INT32_BODY.replace(b"[1, 2]}", b"[77, 77]}"))

# What comes, and what the answer has to name.
AMBIGUOUS = {
    "te_and_cl": (
        head("Transfer-Encoding: chunked", f"Content-Length: {len(INT32_BODY)}"),
        "Transfer-Encoding and Content-Length exclude each other",
    ),
    "two_lengths": (head("Content-Length: 5", f"Content-Length: {len(INT32_BODY)}"), "Content-Length is given twice"),
    "length_list": (head("Content-Length: 1000,1000"), "Content-Length: expected digits only"),
    "signed_length": (head("Content-Length: +5"), "Content-Length: expected digits only"),
    "hex_length": (head("Content-Length: 0x5"), "Content-Length: expected digits only"),
    "length_of_2_64": (head(f"Content-Length: {2**64}"), "Content-Length: the number is too large"),
    "negative_length": (head("Content-Length: -1"), "Content-Length: expected digits only"),
    "empty_length": (head("Content-Length: "), "Content-Length: expected digits, got nothing"),
    "te_twice": (head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 'Transfer-Encoding: expected "chunked"'),
    "te_not_last": (head("Transfer-Encoding: chunked, identity"), 'Transfer-Encoding: expected "chunked"'),
    "te_unknown": (head("Transfer-Encoding: xchunked"), 'Transfer-Encoding: expected "chunked"'),
    "te_with_vertical_tab": (head("Transfer-Encoding: \x0bchunked"), '"Transfer-Encoding": a control character'),
    "folded_header": (head("X: a", " Content-Length: 5"), "a line begins with white space"),
    "space_before_colon": (head("Content-Length : 5"), "no space may stand before the colon"),
    "bare_cr_in_value": (head("X: a\rContent-Length: 5"), "a control character (CR)"),
}


@pytest.mark.parametrize("start,names", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_ambiguous_framing_is_refused_and_what_follows_never_runs(server, start, names):
    answer = server.exchange(start + INT32_BODY + SMUGGLED)
    assert status_of(answer) == 400
    assert names in error_of(answer)
    assert b"connection: close" in answer.lower()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert MARK not in answer


def test_same_length_twice_is_refused_too(server):
    length = f"Content-Length: {len(INT32_BODY)}"
    answer = server.exchange(head(length, length) + INT32_BODY)
    assert status_of(answer) == 400
    assert "Content-Length is given twice" in error_of(answer)


WRONG_HEADS = {
    "no_host": (head(host=False), "Host is missing"),
    "two_hosts": (head("Host: localhost"), "Host is given twice"),
    "version_9_9": (head().replace(b"HTTP/1.1", b"HTTP/9.9"), "expected HTTP/1.1 or HTTP/1.0"),
    "version_2_0": (head().replace(b"HTTP/1.1", b"HTTP/2.0"), "expected HTTP/1.1 or HTTP/1.0"),
    "no_version": (b"GET /v2\r\n\r\n", "expected METHOD TARGET HTTP/1.1"),
    "nul_in_value": (head("X: a\0b"), 'header "X": a control character'),
    "control_in_value": (head("X: a\x01b"), 'header "X": a control character'),
    "nul_in_path": (head(path="/v2\0"), "request target: expected printable ASCII"),
    "space_before_colon": (head("X : a"), "no space may stand before the colon"),
    "no_colon": (head("just words"), "a line has no colon"),
    "empty_name": (head(": a"), "a name is not a token"),
    "tab_in_request_line": (head().replace(b" /", b"\t/", 1), "request line"),
    "lower_case_version": (head().replace(b"HTTP", b"http"), "expected HTTP/1.1 or HTTP/1.0"),
}


@pytest.mark.parametrize("start,names", WRONG_HEADS.values(), ids=WRONG_HEADS.keys())
def test_malformed_head_is_400_and_named(server, start, names):
    answer = server.exchange(start)
    assert status_of(answer) == 400
    assert names in error_of(answer)


def test_chunked_request(server):
    body = b"".join(chunk(INT32_BODY[i : i + 7]) for i in range(0, len(INT32_BODY), 7))
    start = head("Transfer-Encoding: chunked", "Connection: close")
    assert status_of(server.exchange(start + body + b"0\r\n\r\n")) == 200


WRONG_CHUNKS = {
    b"g\r\n": "expected a hexadecimal chunk size",
    b"-1\r\n": "expected a hexadecimal chunk size",
    b"0x1\r\na\r\n": "a chunk size is not hexadecimal",
    b"1" * 17 + b"\r\n": "a chunk size is too large",
    b"1\r\nab\r\n": "expected CRLF",
    b"1 \na\r\n": "a chunk size is not hexadecimal",
    b"\r\n": "expected a hexadecimal chunk size",
    b"1;a\0\r\n": "a control character in an extension",
}


@pytest.mark.parametrize("chunks,names", WRONG_CHUNKS.items())
def test_malformed_chunk_is_400_and_named(server, chunks, names):
    answer = server.exchange(head("Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n" + SMUGGLED)
    assert status_of(answer) == 400
    assert "chunked body" in error_of(answer) and names in error_of(answer)
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
            answer = receive_until(connection, b"}")
            assert status_of(answer) == 408
            assert "the request's head did not arrive in time" in error_of(answer)
            assert connection.recv(1) == b""
        assert time.monotonic() - begun >= 0.9 * HEADER_TIMEOUT_S
