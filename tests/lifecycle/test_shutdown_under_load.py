"""SIGTERM at 70 % of what a server can do: every request that it accepted is answered, and the load's clients are told
where the end is."""

import json
import os
import signal
import struct
import time

import pytest

from serving import check_unready_at_once, kept_connections
from support import frames
from support.bench import Load, apart, peak
from support.models import TEST_MODELS
from support.server import Server, wait_until

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
SHARE = 0.7
KEPT = 0.9 if IS_RELEASE else 0.2  # of the rate; an ordinary run shares its processors
MEASURED_S = 1.5
DRAIN_LIMIT_S = 30
LONG_S = 3600  # the signal ends it
STREAMS = 5
# More than a hundred milliseconds.
SLOW = {"inputs": [{"name": "iterations", "datatype": "INT64", "shape": [1], "data": [20_000]}], "outputs": [{"name": "y"}]}


@pytest.fixture
def server():
    models = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "slow")]
    with apart() as core, Server(*models, cores=[core]) as started:
        yield started


class Witness:
    """An HTTP/2 connection with requests in flight."""

    def __init__(self, server):
        self._connection = server.connect()
        body = json.dumps(SLOW).encode()
        more = frames.field(b"content-type", b"application/json")
        windows = frames.frame(frames.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 24))
        self.streams = list(range(1, 2 * STREAMS, 2))
        requests = b"".join(
            frames.open_request(stream, b"/v2/models/slow/infer", more=more)
            + frames.frame(frames.DATA, frames.END_STREAM, stream, body)
            for stream in self.streams
        )
        self._connection.sendall(frames.HELLO + windows + requests)

    def read_to_the_end(self):
        received = b""
        with self._connection:
            while part := self._connection.recv(1 << 20):
                received += part
        return received


def check_goodbye(received, streams):
    """GOAWAY without an error and not before the last stream, and an answer on each."""
    goodbyes = [payload for kind, _, _, payload in frames.parse(received) if kind == frames.GOAWAY]
    assert goodbyes, "no GOAWAY"
    for payload in goodbyes:
        last, code = struct.unpack(">II", payload[:8])
        assert (last >= streams[-1], code) == (True, 0)
    ok = b"\x88"  # :status 200 in HPACK's static table
    heads = {stream: payload[:1] for kind, _, stream, payload in frames.parse(received) if kind == frames.HEADERS}
    assert heads == {stream: ok for stream in streams}
    bodies = {stream: b"" for stream in streams}
    for kind, _, stream, payload in frames.parse(received):
        if kind == frames.DATA:
            bodies[stream] += payload
    assert all(len(json.loads(body)["outputs"][0]["data"]) == 64 * 64 for body in bodies.values())


@pytest.mark.parametrize("scheme,ok", [("http", "200"), ("grpc", "0")])
def test_sigterm_under_load_loses_nothing_and_says_goodbye(server, scheme, ok):
    target = f"{scheme}://{server.address}/v2/models/add_sub"
    rate = round(SHARE * peak(target))
    asked = lambda: server.metric("slipway_requests_succeeded_total", model="add_sub")
    before = asked()
    with Load(target, "--rate", rate, "--concurrency", 32, seconds=LONG_S, warm_up=0) as load:
        wait_until(lambda: asked() - before >= MEASURED_S * rate, 30, "the load")
        witness = Witness(server)
        with kept_connections(server) as kept:
            wait_until(lambda: server.metric("slipway_requests_in_flight", model="slow") > 0, what="the streams")
            begun = time.monotonic()
            server.send_signal(signal.SIGTERM)
            check_unready_at_once(kept, begun)
        check_goodbye(witness.read_to_the_end(), witness.streams)
        assert server.wait(DRAIN_LIMIT_S) == 0
        assert time.monotonic() - begun < DRAIN_LIMIT_S
    run = load.run
    print({key: run[key] for key in ("seconds", "per_second", "requested_per_second", "by_status", "unsent")})
    assert run["failures"] == run["timeouts"] == run["wrong_answers"] == 0, run.get("first_problem")
    assert run["by_status"] == {ok: run["completed"]}
    assert run["per_second"] >= KEPT * rate
