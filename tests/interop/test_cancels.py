"""Calls that their client gives up at any moment, over the stock gRPC channel: while they wait in the queue, in the middle
of a run with others, after their result, between the messages of a stream."""

import collections
import os
import random
import time

import pytest

from stock import grpc, np, triton_grpc
from support.models import TEST_MODELS
from support.repository import Repository, heavy_model, row_model
from support.server import Server, wait_until

CANCELS = 10_000 if os.environ.get("SLIPWAY_TEST_SCALE") == "release" else 600
MESSAGES = 5  # of a stream
SLOW = (TEST_MODELS / "slow.onnx").read_bytes()
ITERATIONS = 800  # about 5 ms
ALLOWED = {grpc.StatusCode.OK, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE} if grpc else {}


@pytest.fixture
def server(tmp_path):
    """With models whose runs are over at once, wait for one another, and run together."""
    repository = Repository(tmp_path)
    repository.put("quick", 1, row_model(2))
    repository.put("slow", 1, SLOW)
    repository.put_file("slow", "config.pbtxt", "instance_group [ { count: 1 } ]")
    repository.put("together", 1, heavy_model(2.0))
    repository.put_file("together", "config.pbtxt", "dynamic_batching { }")
    with Server(repository) as server:
        yield server


def request_for(model):
    request = triton_grpc.service_pb2.ModelInferRequest(model_name=model)
    if model == "slow":
        request.inputs.add(name="iterations", datatype="INT64", shape=[1])
        request.raw_input_contents.append(np.array([ITERATIONS], np.int64).tobytes())
    else:
        request.inputs.add(name="x", datatype="FP32", shape=[1, 4])
        request.raw_input_contents.append(np.array([1, 2, 3, 4], np.float32).tobytes())
    return request


def begin(stub, model, streams):
    if streams:
        return stub.ModelStreamInfer(iter([request_for(model)] * MESSAGES))
    return stub.ModelInfer.future(request_for(model))


def cancelled(server, model):
    return server.metric("slipway_requests_failed_total", model=model, reason="cancelled")


def sizes_that_ran(server, model):
    [statistics] = server.get(f"/v2/models/{model}/stats").json()["model_stats"]
    return {each["batch_size"] for each in statistics["batch_stats"]}


def test_cancelled_calls_leave_nothing_behind(server):
    """A client may be told to calm down (UNAVAILABLE) and connects again; nothing else may happen to it."""
    chance, ends = random.Random(7), collections.Counter()
    files = server.open_files()
    with grpc.insecure_channel(server.address) as channel:
        stub = triton_grpc.service_pb2_grpc.GRPCInferenceServiceStub(channel)
        calls = []
        for _ in range(CANCELS):
            model, streams = chance.choice(["quick", "slow", "together"]), chance.random() < 0.3
            call = begin(stub, model, streams)
            call.add_done_callback(lambda call, kind=(model, streams): ends.update([(*kind, call.code())]))
            calls.append(call)
            time.sleep(chance.uniform(0, 0.002))
            calls.pop(chance.randrange(len(calls)) if len(calls) > 8 else -1).cancel()
        for call in calls:
            call.cancel()
        wait_until(lambda: ends.total() == CANCELS, what="the end of every call")
    assert {code for *_, code in ends} <= ALLOWED, ends
    wait_until(lambda: server.metric("slipway_requests_in_flight") == 0, 30, "the end of the last run")
    assert all(cancelled(server, model) for model in ("slow", "together")), ends
    assert any(size > 1 for size in sizes_that_ran(server, "together"))
    wait_until(lambda: server.open_files() <= files, what=f"{files} open files")
    with grpc.insecure_channel(server.address) as channel:
        stub = triton_grpc.service_pb2_grpc.GRPCInferenceServiceStub(channel)
        answer = stub.ModelInfer(request_for("quick"), timeout=20)
        assert np.frombuffer(answer.raw_output_contents[0], np.float32).tolist() == [2, 4, 6, 8]
    assert server.is_running()
