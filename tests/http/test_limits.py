"""What is too large or too slow is refused early, costs little memory, and disturbs nobody."""

import contextlib
import gzip
import http.client
import os
import shutil
import subprocess
import time
import zlib

import pytest

from support.checks import check_error, check_serves
from support.raw_http import INT32_BODY, chunk, error_of, head, receive_until, send_and_receive, status_of
from support.server import wait_until

MIB = 1 << 20
LIMIT = 64 * MIB
SLOWEST_CLOSE_S = 5  # five times the header timeout of conftest.py
IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"


@pytest.fixture
def memory(server):
    """grows(): bytes that the process grew by since the test began."""
    check_serves(server)
    before = server.rss_bytes()
    return lambda: server.rss_bytes() - before


def test_length_over_the_limit_is_refused_before_the_body_is_read(server, memory):
    parts = [head(f"Content-Length: {LIMIT + 1}"), *[b"x" * MIB] * 32]
    sent, answer = send_and_receive(server, parts)
    assert status_of(answer) == 413
    assert str(LIMIT).encode() in answer
    assert memory() <= 4 * MIB


def zeros(coding, size):
    """`size` zero bytes, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    packed = [packer.compress(bytes(MIB)) for _ in range(size // MIB)]
    return b"".join([*packed, packer.flush()])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compression_bomb_is_refused_at_the_limit(server, memory, coding):
    bomb = zeros(coding, 128 * MIB if not IS_RELEASE else 1024 * MIB)
    answer = server.post("/v2/models/add_sub/infer", bomb, {"Content-Encoding": coding})
    check_error(answer, 413, str(LIMIT))
    assert memory() <= 80 * MIB


def test_repeated_bombs_leave_nothing_behind(server):
    bomb = zeros("gzip", 65 * MIB)
    send = lambda: server.post("/v2/models/add_sub/infer", bomb, {"Content-Encoding": "gzip"})
    before = server.rss_bytes()
    for _ in range(1000 if IS_RELEASE else 8):
        assert send().status == 413
    wait_until(lambda: server.rss_bytes() - before <= 16 * MIB, what="memory given back")


def hostile(body):
    return [head("Connection: close", f"Content-Length: {len(body)}") + body]


HOSTILE = {
    "element count overflows": hostile(INT32_BODY.replace(b"[1, 2]", b"[16, 1152921504606846978]", 1)),
    "depth of 250,000": hostile(b'{"unrelated":' + b"[" * 250_000),
    "length over the limit": [head(f"Content-Length: {LIMIT + 1}"), *[b"x" * MIB] * 2],
    "one-byte chunks": [head("Transfer-Encoding: chunked"), *[chunk(b" ") * 10_000] * 10],
    "chunk extensions": [head("Transfer-Encoding: chunked"), *[chunk(b"x", ";" + "e" * 1000) * 10] * 20],
    "header of 1 MiB": [head("X: " + "a" * MIB)],
    "20,000 headers": [head(*[f"X{i}: a" for i in range(20_000)])],
    "URL of 1 MiB": [head(path="/" + "a" * MIB)],
}


@pytest.mark.parametrize("request_parts", HOSTILE.values(), ids=HOSTILE.keys())
def test_repeated_hostile_requests_leave_nothing_behind(server, request_parts):
    before = server.rss_bytes()
    for _ in range(100 if IS_RELEASE else 20):
        _, answer = send_and_receive(server, request_parts)
        assert 400 <= status_of(answer) < 500
    wait_until(lambda: server.rss_bytes() - before <= 16 * MIB, what="memory given back")


@pytest.mark.parametrize("damage", ["cut", "checksum", "trailing", "not gzip"])
def test_broken_gzip_is_400(server, damage):
    packed = gzip.compress(INT32_BODY)
    broken = {
        "cut": packed[:-9],
        "checksum": packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:],
        "trailing": packed + b"garbage",
        "not gzip": INT32_BODY,
    }[damage]
    answer = server.post(
        "/v2/models/identity_int32/infer", broken, {"Content-Encoding": "gzip"}
    )
    check_error(answer, 400, "body")


def test_one_byte_chunks_exceed_the_framing_budget(server, memory):
    once = chunk(b" ")
    parts = [head("Transfer-Encoding: chunked"), *[once * 10_000] * 100]
    _, answer = send_and_receive(server, parts)
    assert status_of(answer) == 400
    assert "more framing than data" in error_of(answer)
    assert memory() <= 8 * MIB


def test_chunk_extensions_exceed_the_framing_budget(server, memory):
    once = chunk(b"x" * 16, ";" + "e" * 1000)
    _, answer = send_and_receive(server, [head("Transfer-Encoding: chunked"), *[once * 10] * 100])
    assert status_of(answer) == 400
    assert "more framing than data" in error_of(answer)
    assert memory() <= 8 * MIB


def test_large_upload_in_small_chunks_works(server):
    size = 60 * MIB if IS_RELEASE else 8 * MIB
    json_part = (
        b'{"inputs":[{"name":"INPUT0","datatype":"UINT8","shape":[1,%d],'
        b'"parameters":{"binary_data_size":%d}}],"parameters":{"binary_data_output":true}}' % (size, size)
    )
    start = head(
        "Transfer-Encoding: chunked",
        "Connection: close",
        f"Inference-Header-Content-Length: {len(json_part)}",
        path="/v2/models/identity_uint8/infer",
    )
    many = chunk(bytes(512)) * 1024
    parts = [start, chunk(json_part), *[many] * (size // (512 * 1024)), b"0\r\n\r\n"]
    _, answer = send_and_receive(server, parts)
    assert status_of(answer) == 200
    assert len(answer) > size


@pytest.mark.parametrize(
    "start,status,names",
    [
        (head("X: " + "a" * MIB), 431, "headers: at most 16384 bytes are accepted"),
        (head(*[f"X{i}: a" for i in range(20_000)]), 431, "headers: at most 100 are accepted"),
        (head(path="/" + "a" * MIB), 414, "URL: at most 8192 bytes are accepted"),
    ],
    ids=["header of 1 MiB", "20,000 headers", "URL of 1 MiB"],
)
def test_head_over_a_limit(server, memory, start, status, names):
    _, answer = send_and_receive(server, [start])
    assert status_of(answer) == status
    assert names in error_of(answer)
    assert memory() <= 2 * MIB


def p99_s(server, count=300):
    """Of small requests on one connection."""
    connection = http.client.HTTPConnection(server.address, timeout=10)
    spent = []
    with contextlib.closing(connection):
        for _ in range(count):
            begun = time.perf_counter()
            connection.request("GET", "/v2/health/live")
            assert connection.getresponse().read() == b'{"live":true}'
            spent.append(time.perf_counter() - begun)
    return sorted(spent)[count * 99 // 100]


def test_slow_heads_hold_nobody_up(server):
    """Twice the p99 of an idle server; five times that leaves room for a machine that others use."""
    count = 200 if not IS_RELEASE else 2000
    idle = max(p99_s(server), 0.001)
    slow = [server.connect() for _ in range(count)]
    try:
        for connection in slow:
            connection.sendall(b"POST /v2/models/add_sub/infer HTTP/1.1\r\nHost: local")
        assert p99_s(server) <= (2 if IS_RELEASE else 10) * idle
        check_serves(server)
        deadline = time.monotonic() + SLOWEST_CLOSE_S
        for connection in slow:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            assert status_of(connection.recv(65536)) == 408
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.skipif(not shutil.which("slowhttptest"), reason="Debian's slowhttptest is not installed")
def test_slowhttptest(server):
    connections = 2000 if IS_RELEASE else 200
    command = ["slowhttptest", "-H", "-c", connections, "-r", connections, "-i", 1, "-l", 5, "-x", 24]
    attack = subprocess.Popen(
        [*map(str, command), "-u", f"{server.url}/v2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: server.open_files() >= connections // 2, 10, "the attack")
        while attack.poll() is None:
            check_serves(server)
    finally:
        attack.kill()
        attack.wait()


def test_body_slower_than_the_minimum_rate_is_408(server):
    with server.connect(30) as connection:
        connection.sendall(head("Content-Length: 100000"))
        answer = receive_until(connection, b"}")
        assert status_of(answer) == 408
        assert "the body came slower than 1024 bytes a second" in error_of(answer)
