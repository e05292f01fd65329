"""HTTP/2 by the byte, for what no client library would send (RFC 9113 §4.1, RFC 7541)."""

import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
ACK = 1
PROTOCOL_ERROR, REFUSED_STREAM, ENHANCE_YOUR_CALM = 1, 7, 11


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)


def field(name, value):
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def request(stream, path=b"/v2/health/live", authority=b"localhost"):
    """A GET without a body."""
    head = b"\x82\x86" + field(b":path", path) + field(b":authority", authority)
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, head)


def open_request(stream, path=b"/v2/health/live", authority=b"localhost", more=b""):
    """The head of a POST, with `more` fields; its body follows."""
    head = b"\x83\x86" + field(b":path", path) + field(b":authority", authority) + more
    return frame(HEADERS, END_HEADERS, stream, head)


def cancel(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", 8))


def parse(received):
    """Yields (kind, flags, stream, payload) of each whole frame in what a server sent."""
    while len(received) >= 9 + (size := int.from_bytes(received[:3], "big")):
        yield received[3], received[4], int.from_bytes(received[5:9], "big"), received[9:9 + size]
        received = received[9 + size:]


def goaway_code(received):
    """The error code of the last GOAWAY in what a server sent, None without one."""
    codes = [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in parse(received) if kind == GOAWAY]
    return codes[-1] if codes else None


def data_of(received, stream):
    """What DATA frames in what a server sent hold for `stream`."""
    return b"".join(payload for kind, _, number, payload in parse(received) if (kind, number) == (DATA, stream))


def has_ended(received, stream):
    """The server has said all that it had to say on `stream`."""
    return any(
        number == stream and kind in (DATA, HEADERS) and flags & END_STREAM
        for kind, flags, number, _ in parse(received)
    )


def receive_until(connection, condition, received=b""):
    """`received` and all that comes until `condition` holds for it; AssertionError when the connection ends before."""
    while not condition(received):
        part = connection.recv(65536)
        assert part, "the server closed the connection"
        received += part
    return received
