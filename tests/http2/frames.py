"""HTTP/2 by the byte, for what no client library would send (RFC 9113 §4.1, RFC 7541)."""

import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 2, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS = 1, 4
ENHANCE_YOUR_CALM = 11


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)


def field(name, value):
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def request(stream, path=b"/v2/health/live", authority=b"localhost"):
    """A GET without a body."""
    head = b"\x82\x86" + field(b":path", path) + field(b":authority", authority)
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, head)


def cancel(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", 8))


def goaway_code(received):
    """The error code of the last GOAWAY in what a server sent, None without one."""
    code = None
    while len(received) >= 9:
        size = int.from_bytes(received[:3], "big")
        if received[3] == GOAWAY:
            code = int.from_bytes(received[13:17], "big")
        received = received[9 + size:]
    return code
