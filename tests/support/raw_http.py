"""HTTP/1.1 by the byte, for requests that no client library would send."""

import contextlib
import json

INT32_BODY = json.dumps(
    {"inputs": [{"name": "INPUT0", "datatype": "INT32", "shape": [1, 2], "data": [1, 2]}]}
).encode()
INT32_ANSWER = b'"data":[1,2]'
INFER = "/v2/models/identity_int32/infer"


def head(*lines, path=INFER, method="POST", host=True):
    """A head with a Host, ending in the empty line."""
    hosts = ["Host: localhost"] if host else []
    text = "\r\n".join([f"{method} {path} HTTP/1.1", *hosts, *lines, "", ""])
    return text.encode("latin-1")


def good_request(*lines, body=INT32_BODY):
    return head(*lines, f"Content-Length: {len(body)}") + body


def chunk(data, extension=""):
    return f"{len(data):x}{extension}\r\n".encode() + data + b"\r\n"


def receive_until(connection, text):
    """All bytes until `text` has come; AssertionError when the connection ends before."""
    got = b""
    while text not in got:
        part = connection.recv(65536)
        assert part, f"closed before {text!r}: {got!r}"
        got += part
    return got


def send_and_receive(server, parts, timeout_s=30):
    """Sends the parts until the server refuses more, then reads until it closes. @return (sent bytes, answer)"""
    sent, answer = 0, b""
    with server.connect(timeout_s) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                connection.sendall(part)
                sent += len(part)
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
    return sent, answer


def status_of(answer):
    """The status of the first answer."""
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer[9:12])


def error_of(answer):
    """The message of the only answer, an error."""
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head_bytes.lower(), answer
    return json.loads(body)["error"]
