"""What is too large or too slow is refused early, costs little memory, and disturbs nobody."""

import contextlib
import gzip
import pathlib
import shutil
import subprocess
import time
import zlib

import pytest

from support.checks import MIB, check_error, check_serves, handled_within
from support.models import TEST_MODELS
from support.neighbour import IS_RELEASE, SLICE_S, check_undisturbed
from support.raw_http import INT32_BODY, chunk, error_of, head, receive_until, send_and_receive, status_of
from support.server import Server, wait_until

LIMIT = 64 * MIB
SLOWEST_CLOSE_S = 5  # five times the header timeout of conftest.py
ATTACKERS = 2000 if IS_RELEASE else 200
LEAST_S = 0.0005 if IS_RELEASE else SLICE_S  # of a p99; these attacks take next to no processor time


def test_length_over_the_limit_is_refused_before_the_body_is_read(server):
    parts = [head(f"Content-Length: {LIMIT + 1}"), *[b"x" * MIB] * 32]
    with handled_within(server, 4):
        _, answer = send_and_receive(server, parts)
    assert status_of(answer) == 413
    assert str(LIMIT).encode() in answer


def zeros(coding, size):
    """`size` zero bytes, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    packed = [packer.compress(bytes(MIB)) for _ in range(size // MIB)]
    return b"".join([*packed, packer.flush()])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compression_bomb_is_refused_at_the_limit(server, coding):
    bomb = zeros(coding, 128 * MIB if not IS_RELEASE else 1024 * MIB)
    with handled_within(server, 80):
        answer = server.post("/v2/models/add_sub/infer", bomb, {"Content-Encoding": coding})
    check_error(answer, 413, str(LIMIT))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_repeated_bombs_leave_nothing_behind(server, coding):
    bomb = zeros(coding, 65 * MIB)
    send = lambda: server.post("/v2/models/add_sub/infer", bomb, {"Content-Encoding": coding})
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


MORE_FRAMING_THAN_DATA = {
    "one-byte chunks": [chunk(b" ") * 10_000] * 100,
    "chunk extensions": [chunk(b"x" * 16, ";" + "e" * 1000) * 10] * 100,
}


@pytest.mark.parametrize("chunks", MORE_FRAMING_THAN_DATA.values(), ids=MORE_FRAMING_THAN_DATA.keys())
def test_more_framing_than_data_is_refused(server, chunks):
    with handled_within(server, 8):
        _, answer = send_and_receive(server, [head("Transfer-Encoding: chunked"), *chunks])
    assert status_of(answer) == 400
    assert "more framing than data" in error_of(answer)


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
def test_head_over_a_limit(server, start, status, names):
    with handled_within(server, 2):
        _, answer = send_and_receive(server, [start])
    assert status_of(answer) == status
    assert names in error_of(answer)


@contextlib.contextmanager
def slow_heads(server):
    """Many clients, each of which has sent half a head."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(ATTACKERS)]
        for connection in slow:
            connection.sendall(b"POST /v2/models/add_sub/infer HTTP/1.1\r\nHost: local")
        yield slow


def established(server):
    """How many connections to the server's port neither side has closed."""
    port = f":{int(server.address.rpartition(':')[2]):04X}"
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(row[1].endswith(port) and row[3] == "01" for row in rows)


@contextlib.contextmanager
def slowhttptest(server):
    """The program's attack with slow heads, once all are open."""
    words = ["-H", "-c", ATTACKERS, "-r", 10 * ATTACKERS, "-i", 1, "-l", 30, "-x", 24, "-u", f"{server.url}/v2"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    before = server.open_files()
    with subprocess.Popen(["slowhttptest", *map(str, words)], **quiet) as attack:
        try:
            wait_until(lambda: established(server) >= ATTACKERS, 30, "the attack")
            yield
        finally:
            attack.kill()
    wait_until(lambda: server.open_files() <= before, 10, "the attack's end")


def test_slow_heads_hold_nobody_up_and_are_closed(server):
    check_undisturbed(server, "slow heads", lambda: slow_heads(server), LEAST_S)
    with slow_heads(server) as slow:
        deadline = time.monotonic() + SLOWEST_CLOSE_S
        for connection in slow:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            assert status_of(connection.recv(65536)) == 408
        check_serves(server)


@pytest.mark.skipif(not shutil.which("slowhttptest"), reason="Debian's slowhttptest is not installed")
def test_slowhttptest_holds_nobody_up():
    with Server(TEST_MODELS / "identity_int32.onnx") as server:  # which gives heads ten seconds
        check_undisturbed(server, "slowhttptest", lambda: slowhttptest(server), LEAST_S)


def test_body_slower_than_the_minimum_rate_is_408(server):
    with server.connect(30) as connection:
        connection.sendall(head("Content-Length: 100000"))
        answer = receive_until(connection, b"}")
        assert status_of(answer) == 408
        assert "the body came slower than 1024 bytes a second" in error_of(answer)
