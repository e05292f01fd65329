"""gRPC by the byte: calls of one message, and of ModelStreamInfer a few requests on one stream, and their answers."""

import struct

from support import frames
from support.protobuf import field, fields, varint
from support.tensors import pack

PATH = b"/inference.GRPCInferenceService/ModelStreamInfer"
STREAM = 1


def request(model, inputs, version=None):
    """A ModelInferRequest; `inputs` as in support.tensors."""
    described = raw = b""
    for tensor in inputs:
        shape = b"".join(varint(each) for each in tensor["shape"])
        described += field(5, field(1, tensor["name"]) + field(2, tensor["datatype"]) + field(3, shape))
        raw += field(7, pack(tensor["datatype"], tensor["data"]))
    return field(1, model) + (field(2, version) if version else b"") + described + raw


def open_stream(path=PATH, more=()):
    """What begins a connection and a stream on it, with `more` fields."""
    fields = ((b"content-type", b"application/grpc"), (b"te", b"trailers"), *more)
    head = b"".join(frames.field(*each) for each in fields)
    return frames.HELLO + frames.open_request(STREAM, path, more=head)


def message(data, last=False):
    framed = struct.pack(">?I", False, len(data)) + data
    return frames.frame(frames.DATA, frames.END_STREAM if last else 0, STREAM, framed)


def receive(connection):
    """All that comes until the stream ends: the bytes of its messages."""
    received, data = b"", b""
    while True:
        part = connection.recv(65536)
        assert part, "the connection ended before the stream"
        received += part
        for kind, flags, stream, payload in frames.parse(received):
            received = received[9 + len(payload):]
            assert kind not in (frames.GOAWAY, frames.RST_STREAM), (kind, payload)
            if kind == frames.DATA:
                data += payload
            if stream == STREAM and flags & frames.END_STREAM and kind in (frames.DATA, frames.HEADERS):
                return data


def messages(data):
    while data:
        size = struct.unpack_from(">I", data, 1)[0]
        yield data[5:5 + size]
        data = data[5 + size:]


def answers(data):
    """The raw outputs of each ModelStreamInferResponse; AssertionError for one that tells an error."""
    for answer in map(fields, messages(data)):
        assert 1 not in answer, answer[1]
        yield fields(answer[2][0])[6]


def call(server, path, request):
    """The messages that a call of one message is answered with: none where it is refused."""
    with server.connect() as connection:
        connection.sendall(open_stream(path) + message(request, last=True))
        return list(messages(receive(connection)))


def infer(server, model, requests, version=None):
    """The raw outputs of each request's answer, in order."""
    encoded = [request(model, inputs, version) for inputs in requests]
    with server.connect() as connection:
        connection.sendall(open_stream() + b"".join(map(message, encoded[:-1])) + message(encoded[-1], last=True))
        return list(answers(receive(connection)))
