"""More streams at once than the server takes."""

from support import frames

MAX_STREAMS = 256


def open_streams(first, count):
    return b"".join(frames.open_request(2 * number + 1) for number in range(first, first + count))


def refused(received):
    return [
        (stream, int.from_bytes(payload, "big"))
        for kind, _, stream, payload in frames.parse(received) if kind == frames.RST_STREAM
    ]


def test_those_beyond_the_number_are_refused_and_counted(server):
    before = server.metric("slipway_http2_streams_refused_total")
    with server.connect() as connection:
        connection.sendall(frames.HELLO + open_streams(0, MAX_STREAMS + 40))
        received = frames.receive_until(connection, lambda got: len(refused(got)) >= 40)
    expected = range(2 * MAX_STREAMS + 1, 2 * (MAX_STREAMS + 40), 2)
    assert refused(received) == [(stream, frames.REFUSED_STREAM) for stream in expected]
    assert server.metric("slipway_http2_streams_refused_total") == before + 40


def test_whoever_knows_the_number_and_exceeds_it_loses_the_connection(server):
    acknowledged = frames.frame(frames.SETTINGS, frames.ACK, 0)
    with server.connect() as connection:
        connection.sendall(frames.HELLO + acknowledged + open_streams(0, MAX_STREAMS))
        frames.receive_until(connection, lambda got: any(kind == frames.SETTINGS for kind, *_ in frames.parse(got)))
        connection.sendall(open_streams(MAX_STREAMS, 1))
        received = frames.receive_until(connection, lambda got: frames.goaway_code(got) is not None)
    assert frames.goaway_code(received) == frames.PROTOCOL_ERROR
