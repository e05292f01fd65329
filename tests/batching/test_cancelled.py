"""Requests that their clients take back, or whose time is up: while they wait, while they gather, while they run together, on
a stream. What had not begun is never computed, and nobody else is answered wrongly."""

import contextlib
import json
import os
import random
import time

import pytest

from support import frames, grpc_stream
from support.models import TEST_MODELS
from support.raw_http import head
from support.repository import heavy_model, row_model
from support.server import Server, wait_until
from test_batching import batches, read_answers

SLOW = (TEST_MODELS / "slow.onnx").read_bytes()
ONE_AT_A_TIME = "instance_group [ { count: 1 } ]"
LONG, SHORT = 40_000, 10_000  # iterations; 160 take about a millisecond


def iterations(count):
    return {"name": "iterations", "datatype": "INT64", "shape": [1], "data": [count]}


def row(number):
    return {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [float(number), 1.0, 0.5, 0.0]}


def request(model, tensor, **fields):
    body = json.dumps({"inputs": [tensor], **fields}).encode()
    return head(f"Content-Length: {len(body)}", path=f"/v2/models/{model}/infer") + body


def unary_call(model, tensor, more=()):
    call = grpc_stream.message(grpc_stream.request(model, [tensor]), last=True)
    return grpc_stream.open_stream(b"/inference.GRPCInferenceService/ModelInfer", more) + call


@pytest.fixture
def slow(repository):
    """A server whose model "slow" has one run at a time, which it knows to be long."""
    repository.put("slow", 1, SLOW)
    repository.put_file("slow", "config.pbtxt", ONE_AT_A_TIME)
    with Server(repository) as server:
        for _ in range(3):
            assert server.infer("slow", [iterations(3000)]).status == 200
        yield server


def executed(server, model="slow"):
    return server.metric("slipway_model_executions_total", model=model)


def failed(server, reason, model="slow"):
    return server.metric("slipway_requests_failed_total", model=model, reason=reason)


def cancelled(server, model="slow"):
    return failed(server, "cancelled", model)


def wait_for_metric(server, name, value, model="slow"):
    wait_until(lambda: server.metric(name, model=model) == value, 30, f"{name} {value}")


def close(connection):
    connection.close()


def reset_stream(connection):
    connection.sendall(frames.cancel(grpc_stream.STREAM))


WAYS = {
    "a connection closed": (request, close),
    "a call cancelled": (unary_call, reset_stream),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_waits_in_the_queue_is_never_run(slow, way):
    begin, take_back = WAYS[way]
    before, waiting = executed(slow), 6
    with contextlib.ExitStack() as stack:
        running, *others = [stack.enter_context(slow.connect(timeout_s=30)) for _ in range(waiting + 1)]
        running.sendall(request("slow", iterations(LONG)))
        wait_for_metric(slow, "slipway_requests_in_flight", 1)
        for connection in others:
            connection.sendall(begin("slow", iterations(SHORT)))
        wait_for_metric(slow, "slipway_requests_pending", waiting)
        for connection in others:
            take_back(connection)
        assert len(read_answers(running, 1)) == 1
        wait_for_metric(slow, "slipway_requests_in_flight", 0)
    assert executed(slow) == before + 1
    assert cancelled(slow) == waiting


LONGER = 320_000  # iterations, some two seconds
TIME_MS = 1000
EXPIRING = {
    "a parameter": lambda: request("slow", iterations(SHORT), parameters={"timeout": TIME_MS * 1000}),
    "a call's deadline": lambda: unary_call("slow", iterations(SHORT), [(b"grpc-timeout", b"%dm" % TIME_MS)]),
}


@pytest.mark.parametrize("way", EXPIRING)
def test_what_waits_past_its_deadline_is_told_so_at_once_and_never_run(slow, way):
    before, waiting = executed(slow), 3
    with contextlib.ExitStack() as stack:
        running, *others = [stack.enter_context(slow.connect(timeout_s=30)) for _ in range(waiting + 1)]
        running.sendall(request("slow", iterations(LONGER)))
        wait_for_metric(slow, "slipway_requests_in_flight", 1)
        asked = time.monotonic()
        for connection in others:
            connection.sendall(EXPIRING[way]())
        wait_for_metric(slow, "slipway_requests_pending", waiting)
        wait_until(lambda: failed(slow, "deadline_exceeded") == waiting, 30, "the end of those that wait")
        assert time.monotonic() - asked >= TIME_MS / 1000
        assert executed(slow) == before  # the run goes on
        assert len(read_answers(running, 1)) == 1
        wait_for_metric(slow, "slipway_requests_in_flight", 0)
    assert executed(slow) == before + 1
    assert failed(slow, "deadline_exceeded") == waiting


def test_what_waits_on_a_stream_is_never_run(slow):
    before, messages = executed(slow), 8
    with slow.connect() as connection:
        asked = grpc_stream.message(grpc_stream.request("slow", [iterations(SHORT)]))
        connection.sendall(grpc_stream.open_stream() + asked * messages)
        frames.receive_until(connection, lambda got: frames.data_of(got, grpc_stream.STREAM))  # the first is answered
        reset_stream(connection)
        wait_for_metric(slow, "slipway_requests_in_flight", 0)
    assert before + 1 <= executed(slow) <= before + 2  # one may have been running


GATHERED = 8
GATHERING = f"""
max_batch_size: {GATHERED}
dynamic_batching {{ preferred_batch_size: {GATHERED} max_queue_delay_microseconds: 60000000 }}
"""


def stream_request(stream):
    body = json.dumps({"inputs": [row(stream)]}).encode()
    return frames.open_request(stream, b"/v2/models/m/infer") + frames.frame(
        frames.DATA, frames.END_STREAM, stream, body
    )


def test_what_gathers_makes_no_part_of_the_batch(repository):
    repository.put("m", 1, row_model(2))
    repository.put_file("m", "config.pbtxt", GATHERING)
    gone, first, last = [1, 5, 11], range(1, 2 * GATHERED - 1, 2), range(2 * GATHERED - 1, 2 * GATHERED + 7, 2)
    stay = [stream for stream in [*first, *last] if stream not in gone]
    assert len(first) == GATHERED - 1 and len(stay) == GATHERED
    ping = frames.frame(frames.PING, 0, 0, b"received")
    with Server(repository) as server, server.connect() as connection:
        connection.sendall(frames.HELLO + b"".join(map(stream_request, first)))
        wait_for_metric(server, "slipway_requests_pending", len(first), "m")
        connection.sendall(b"".join(map(frames.cancel, gone)) + ping)
        received = frames.receive_until(connection, lambda got: b"received" in got)
        connection.sendall(b"".join(map(stream_request, last)))
        received = frames.receive_until(
            connection, lambda got: all(frames.has_ended(got, stream) for stream in stay), received
        )
        for stream in stay:
            [output] = json.loads(frames.data_of(received, stream))["outputs"]
            assert output["data"] == [2.0 * each for each in row(stream)["data"]]
        assert batches(server) == {GATHERED: 1}
        assert cancelled(server, "m") == len(gone)


ROUNDS = 3400 if os.environ.get("SLIPWAY_TEST_SCALE") == "release" else 40
TOGETHER, LEAVING = 8, 3


def test_those_that_run_together_do_not_notice_who_has_gone(repository):
    """At random moments: before the run, during it, and after it."""
    repository.put("m", 1, heavy_model(2.0))
    repository.put_file("m", "config.pbtxt", "dynamic_batching { }")
    chance = random.Random(11)
    with Server(repository) as server:
        for number in range(ROUNDS):
            with contextlib.ExitStack() as stack:
                connections = [stack.enter_context(server.connect()) for _ in range(TOGETHER)]
                for place, connection in enumerate(connections):
                    connection.sendall(request("m", row(number + place)))
                leaving = chance.sample(range(TOGETHER), LEAVING)
                for place in leaving:
                    time.sleep(chance.uniform(0, 0.003))
                    connections[place].close()
                for place in set(range(TOGETHER)) - set(leaving):
                    [answer] = read_answers(connections[place], 1)
                    assert answer["outputs"][0]["data"] == pytest.approx([2 * (number + place + 1.5)])
        wait_for_metric(server, "slipway_requests_in_flight", 0, "m")
        assert any(size > 1 for size in batches(server)), batches(server)
        assert cancelled(server, "m") > 0
