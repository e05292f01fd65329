"""Handshakes that stop, crawl, lie or pile up: cut in time, and nobody else suffers."""

import contextlib
import os
import random
import ssl
import time

import pytest

from support.checks import check_serves
from support.raw_http import good_request, head, receive_until
from support.server import wait_until
from tls_clients import handshakes, uint8_request

HELLO = bytes.fromhex("16030100050100000100")  # announces more than it sends
LIMIT = 20  # --max-handshakes


def client_hello(context):
    """The first bytes that a client of this context sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def closed_after(connection):
    """Seconds until the server closes."""
    begin = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while connection.recv(65536):
            pass
    return time.monotonic() - begin


@pytest.mark.parametrize("sent", ["nothing", "a piece", "a hello"])
def test_half_a_handshake_is_cut(server, sent):
    before = handshakes(server, "timeout")
    hello = client_hello(server.tls)
    with server.connect_raw() as raw:
        raw.sendall({"nothing": b"", "a piece": hello[:20], "a hello": hello}[sent])
        assert 0.5 < closed_after(raw) < 3
    assert handshakes(server, "timeout") == before + 1


def test_a_slow_handshake_is_cut(server):
    hello = client_hello(server.tls)
    begin = time.monotonic()
    with server.connect_raw() as raw, contextlib.suppress(ConnectionError):
        for byte in hello:
            raw.sendall(bytes([byte]))
            time.sleep(0.05)
    assert time.monotonic() - begin < 4


def test_a_hello_of_single_bytes_is_understood(server):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = server.tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with server.connect_raw() as raw:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    raw.send(bytes([byte]))
                incoming.write(raw.recv(65536))
        client.write(good_request())
        raw.sendall(outgoing.read())
        answer = b""
        while b'"data":[1,2]' not in answer:
            try:
                answer += client.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(raw.recv(65536))


def test_a_request_in_the_last_flight_is_answered(server):
    """Its bytes come with the client's last handshake message, in one segment."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = server.tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with server.connect_raw() as raw:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        client.write(good_request())
        raw.sendall(outgoing.read())
        answer = b""
        while b'"data":[1,2]' not in answer:
            try:
                answer += client.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(raw.recv(65536))


def test_handshakes_beyond_the_limit_wait_for_room(server):
    with contextlib.ExitStack() as stack:
        for _ in range(2 * LIMIT):
            stack.enter_context(server.connect_raw())
        begin = time.monotonic()
        assert server.get("/v2/health/live").status == 200  # once the first have been cut
        assert time.monotonic() - begin < 10


def test_garbage_is_refused(server):
    seed = int.from_bytes(os.urandom(4), "big")
    chance = random.Random(seed)
    hello = client_hello(server.tls)
    for i in range(60):
        data = bytearray(hello if i % 2 else chance.randbytes(chance.randrange(1, 600)))
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with server.connect_raw() as raw, contextlib.suppress(OSError):
            raw.sendall(data)
            raw.shutdown(1)
            raw.recv(65536)
    assert server.is_running(), f"seed {seed}"


def test_damage_after_the_handshake_ends_the_connection(server):
    connection = server.connect()
    raw = connection.detach()
    with contextlib.closing(__import__("socket").socket(fileno=raw)) as beneath:
        beneath.settimeout(10)
        beneath.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        assert closed_after(beneath) < 3


def test_clients_that_reset_leave_nothing_behind(server):
    before = server.open_files()
    hello = client_hello(server.tls)
    for _ in range(30):
        with server.connect_raw() as raw:
            raw.sendall(hello)
            raw.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER 0: a reset
    check_serves(server)
    wait_until(lambda: server.open_files() <= before + 1)


def test_a_client_that_reads_nothing_is_held_back(server):
    """Answers of 64 MiB in all into a connection that is not read, then read whole."""
    size, times = 4 << 20, 16
    json, tensor = uint8_request(size)
    body = json + tensor
    request = head(
        f"Inference-Header-Content-Length: {len(json)}", f"Content-Length: {len(body)}",
        path="/v2/models/identity_uint8/infer",
    ) + body
    with server.connect(timeout_s=30) as connection:
        for _ in range(times):
            connection.sendall(request)
            time.sleep(0.05)
            receive_until_bytes(connection, size)


def receive_until_bytes(connection, size):
    """An answer with a body of at least `size` bytes."""
    answer = receive_until(connection, b"\r\n\r\n")
    name = b"Content-Length: "
    at = answer.index(name) + len(name)
    length = int(answer[at : answer.index(b"\r\n", at)])
    assert length >= size
    left = length - (len(answer) - answer.index(b"\r\n\r\n") - 4)
    while left > 0:
        left -= len(connection.recv(65536))
