"""Clients that send what brings no request: their connection ends, and nobody else notices."""

import contextlib
import os
import struct
import threading
import time

import pytest

import frames
from support.checks import check_serves

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
FRAMES = 1_000_000 if IS_RELEASE else 50_000
CONNECTIONS = 20 if IS_RELEASE else 3
MAX_LATENCY_S = 0.5

USELESS = {
    "ping": frames.frame(frames.PING, 0, 0, b"pingping"),
    "settings": frames.frame(frames.SETTINGS, 0, 0),
    "priority": frames.frame(frames.PRIORITY, 0, 7, b"\0\0\0\0\x10"),
    "window_update": frames.frame(frames.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)),
    "table_size": frames.frame(frames.SETTINGS, 0, 0, struct.pack(">HI", 1, 0)),
}


@contextlib.contextmanager
def watched_neighbour(server):
    """Inference on connections of their own goes on meanwhile, each answer exact and soon."""
    stop, spent = threading.Event(), []

    def ask():
        while not stop.is_set():
            begun = time.monotonic()
            check_serves(server)
            spent.append(time.monotonic() - begun)

    neighbour = threading.Thread(target=ask)
    neighbour.start()
    try:
        yield
    finally:
        stop.set()
        neighbour.join()
    assert spent, "the neighbour was never answered"
    assert max(spent) <= MAX_LATENCY_S, f"{max(spent):.2f} s"


def send_until_closed(server, pieces):
    """@return all that the server sent until it closed, which the client does not do."""
    received = []
    with server.connect() as connection:
        connection.sendall(frames.HELLO)
        reader = threading.Thread(target=lambda: _read(connection, received))
        reader.start()
        with contextlib.suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
        reader.join(10)
        assert not reader.is_alive(), "the server did not close the connection"
    return b"".join(received)


def _read(connection, received):
    with contextlib.suppress(OSError):
        while part := connection.recv(65536):
            received.append(part)


def check_calmed(received):
    # A reset of the connection may overtake the frame that says why.
    assert frames.goaway_code(received) in (frames.ENHANCE_YOUR_CALM, None)


@pytest.mark.parametrize("kind", USELESS)
def test_useless_frames_end_the_connection(server, kind):
    with watched_neighbour(server):
        received = send_until_closed(server, (USELESS[kind] * 1000 for _ in range(FRAMES // 1000)))
    check_calmed(received)


def test_rapid_resets_end_the_connection(server):
    def attempts():
        for stream in range(1, FRAMES, 2):
            yield frames.request(stream) + frames.cancel(stream)

    with watched_neighbour(server):
        for _ in range(CONNECTIONS):
            check_calmed(send_until_closed(server, attempts()))
