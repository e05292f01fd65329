"""What a request is charged for its body is told while it is at hand, and given back however it ends."""

import gzip
import json

import pytest

from support import frames
from support.raw_http import INFER, head, status_of
from support.server import wait_until

MIB = 1 << 20
SIZE = 4 * MIB


def charged(server):
    return server.metric("slipway_request_memory_bytes", what="bodies")


def begin_upload(connection, size=SIZE):
    """A body that lacks its last byte."""
    connection.sendall(head(f"Content-Length: {size}") + b" " * (size - 1))


def test_a_body_is_charged_while_it_arrives_and_no_longer(server):
    assert charged(server) == 0
    with server.connect() as connection:
        begin_upload(connection)
        wait_until(lambda: charged(server) >= SIZE, what="the charge")
        assert charged(server) <= 2 * SIZE
        connection.sendall(b" ")
        assert status_of(connection.recv(65536)) == 400
        wait_until(lambda: charged(server) == 0, what="the charge given back")


def test_a_client_that_goes_takes_its_charge_along(server):
    with server.connect() as connection:
        begin_upload(connection)
        wait_until(lambda: charged(server) >= SIZE, what="the charge")
    wait_until(lambda: charged(server) == 0, what="the charge given back")


@pytest.mark.parametrize("end", ["cancelled", "closed"])
def test_streams_are_charged_each_until_they_end(server, end):
    piece = frames.frame(frames.DATA, 0, 1, b" " * 16_000)
    with server.connect() as connection:
        connection.sendall(frames.HELLO + frames.open_request(1, INFER.encode()) + 3 * piece)
        wait_until(lambda: charged(server) >= 3 * 16_000, what="the charge")
        if end == "cancelled":
            connection.sendall(frames.cancel(1))
            wait_until(lambda: charged(server) == 0, what="the charge given back")
    wait_until(lambda: charged(server) == 0, what="the charge given back")


def test_unpacked_bytes_are_charged_not_packed_ones(server):
    packed = gzip.compress(b" " * SIZE, 1)
    with server.connect() as connection:
        start = head(f"Content-Length: {len(packed)}", "Content-Encoding: gzip")
        connection.sendall(start + packed[:-8])  # all but its trailer
        wait_until(lambda: charged(server) >= SIZE, what="the charge")


def test_an_inference_leaves_no_charge(server):
    elements = 1 << 20
    tensor = {"name": "INPUT0", "datatype": "INT32", "shape": [1, elements]}
    header = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": 4 * elements}}]}).encode()
    answer = server.post(INFER, header + bytes(4 * elements), {"Inference-Header-Content-Length": str(len(header))})
    assert answer.status == 200
    wait_until(lambda: charged(server) == 0, what="the charge given back")
