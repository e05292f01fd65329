"""Port 9000, where clients of gRPC look: asked for by --grpc, and there without a word where no address is given."""

import socket

import pytest

from support import grpc_stream
from support.listeners import LOOPBACK, listening_addresses
from support.models import TEST_MODELS
from support.server import Server
from support.tensors import pack

HTTP, GRPC = "127.0.0.1:8080", "127.0.0.1:9000"
MODEL = TEST_MODELS / "identity_int32.onnx"
NUMBERS = {"name": "INPUT0", "datatype": "INT32", "shape": [1, 2], "data": [1, 2]}


def ports(*addresses):
    return [("127.0.0.1", int(address.rpartition(":")[2])) for address in addresses]


def need(*addresses):
    for address in ports(*addresses):
        with socket.socket() as probe:
            if probe.connect_ex(address) == 0:
                pytest.skip(f"another program listens on port {address[1]}")


def without_addresses():
    server = Server(MODEL, http=HTTP)
    at = server.command.index("--http")
    del server.command[at : at + 2]
    return server


def check_both_protocols(server):
    assert server.infer("identity_int32", [NUMBERS]).json()["outputs"][0]["data"] == [1, 2]
    assert grpc_stream.infer(server, "identity_int32", [[NUMBERS]]) == [[pack("INT32", [1, 2])]]


def test_it_may_be_asked_for():
    need(GRPC)
    with Server(MODEL, args=[f"--grpc={GRPC}"]) as server:
        for address in (server.address, GRPC):
            check_both_protocols(server.at(address))


def test_it_is_there_without_a_word():
    need(HTTP, GRPC)
    with without_addresses() as server:
        assert listening_addresses(server.pid) == [LOOPBACK] * 2
        for address in (HTTP, GRPC):
            check_both_protocols(server.at(address))


def test_another_program_may_have_it():
    need(HTTP, GRPC)
    with socket.create_server(*ports(GRPC)), without_addresses() as server:
        check_both_protocols(server)
