"""Messages of one ModelStreamInfer call that come together run together, and are answered in their order."""

import json
import struct
import urllib.request

import frames
from support.repository import Repository, row_model
from support.server import Server

METHOD = b"/inference.GRPCInferenceService/ModelStreamInfer"
MESSAGES = 16
ROUNDS = 20


def field(number, payload):
    return bytes([number << 3 | 2, len(payload)]) + payload


def message(row):
    """A ModelInferRequest with gRPC's prefix."""
    tensor = field(1, b"x") + field(2, b"FP32") + field(3, bytes([1, 4]))
    request = field(1, b"m") + field(5, tensor) + field(7, struct.pack("<4f", *row))
    return b"\0" + struct.pack(">I", len(request)) + request


def call(connection, rows):
    """The body of the answer to one call with a message a row."""
    head = b"\x83\x86" + frames.field(b":path", METHOD) + frames.field(b":authority", b"localhost")
    head += frames.field(b"content-type", b"application/grpc")
    body = b"".join(message(row) for row in rows)
    connection.sendall(frames.HELLO + frames.frame(frames.HEADERS, frames.END_HEADERS, 1, head)
                       + frames.frame(frames.DATA, frames.END_STREAM, 1, body))
    received = b""
    while True:
        part = connection.recv(65536)
        assert part, "the connection ended before the call"
        received += part
        got = list(frames.parse(received))
        if any(kind == frames.HEADERS and flags & frames.END_STREAM for kind, flags, _, _ in got):
            return b"".join(payload for kind, _, _, payload in got if kind == frames.DATA)


def test_messages_that_come_together_run_together(tmp_path):
    repository = Repository(tmp_path)
    repository.put("m", 1, row_model(2))
    with Server(repository, args=("--io-threads", "1")) as server:
        rows = [[float(i), 0.5, -1.0, 2.0] for i in range(MESSAGES)]
        for _ in range(ROUNDS):
            with server.connect() as connection:
                answers = call(connection, rows)
            places = [answers.find(struct.pack("<4f", *[2 * v for v in row])) for row in rows]
            assert -1 not in places and places == sorted(places)
        with urllib.request.urlopen(f"http://{server.address}/v2/models/m/stats", timeout=30) as answer:
            statistics = json.load(answer)["model_stats"][0]
    assert statistics["inference_count"] == MESSAGES * ROUNDS
    assert statistics["execution_count"] <= MESSAGES * ROUNDS // 2
