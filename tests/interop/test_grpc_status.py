"""How calls end, as grpcio and grpcio-status tell it: code, message, and the details of google.rpc.Status."""

import contextlib

import pytest

from stock import error_details_pb2, grpc, rpc_status, triton_grpc
from support.models import TEST_MODELS
from support.repository import Repository
from support.server import Server, wait_until

SERVICE = "/inference.GRPCInferenceService/"
SECONDS = 160_000  # iterations of the slow model, roughly
MAX_MESSAGE = 64 << 20
ONE_AT_A_TIME = "instance_group [ { count: 1 } ]"


def details_of(error):
    """The ErrorInfo and the RetryInfo of a failed call, None where there is none. from_call has compared code and
    message of both forms."""
    status = rpc_status.from_call(error)
    assert status is not None and status.code == error.code().value[0] and status.message == error.details()
    found = []
    for kind in (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo):
        packed = [each for each in status.details if each.Is(kind.DESCRIPTOR)]
        detail = kind()
        assert not packed or packed[0].Unpack(detail)
        found.append(detail if packed else None)
    assert len(status.details) == sum(each is not None for each in found)
    return found


def request(model):
    return triton_grpc.service_pb2.ModelInferRequest(model_name=model)


def failure_of(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    "model,code,reason", [("digits", "INVALID_ARGUMENT", "BAD_REQUEST"), ("größe, 100 %", "NOT_FOUND", "NOT_FOUND")]
)
def test_a_mistake_has_its_reason_and_is_not_to_be_repeated(grpc_client, model, code, reason):
    error = failure_of(lambda: grpc_client._client_stub.ModelInfer(request(model)))
    info, retry = details_of(error)
    assert error.code().name == code
    assert (info.reason, info.domain) == (reason, "slipway")
    assert retry is None


def test_a_stream_that_fails_tells_it_too(grpc_client):
    asked = iter([request("nobody")])
    metadata = [("triton_grpc_error", "true")]
    error = failure_of(lambda: list(grpc_client._client_stub.ModelStreamInfer(asked, metadata=metadata)))
    assert details_of(error)[0].reason == "NOT_FOUND"


def test_a_method_that_is_not_there(examples_server):
    with grpc.insecure_channel(examples_server.address) as channel:
        error = failure_of(lambda: channel.unary_unary(SERVICE + "Nothing")(b""))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED
    assert details_of(error)[0].domain == "slipway"


def test_success_has_no_details(grpc_client):
    _, call = grpc_client._client_stub.ServerLive.with_call(triton_grpc.service_pb2.ServerLiveRequest())
    assert "grpc-status-details-bin" not in dict(call.trailing_metadata())


def test_a_full_queue_says_when_to_come_back(tmp_path):
    repository = Repository(tmp_path)
    repository.put("slow", 1, (TEST_MODELS / "slow.onnx").read_bytes())
    repository.put_file("slow", "config.pbtxt", ONE_AT_A_TIME)

    def slow(iterations):
        asked = request("slow")
        asked.inputs.add(name="iterations", datatype="INT64", shape=[1]).contents.int64_contents.append(iterations)
        return asked

    with Server(repository, args=["--queue-size=1"]) as server, contextlib.ExitStack() as stack:
        client = stack.enter_context(triton_grpc.InferenceServerClient(server.address))
        infer = client._client_stub.ModelInfer
        for _ in range(3):  # it is known to be slow
            infer(slow(3000))
        pending = lambda: server.metric("slipway_requests_pending", model="slow")
        in_flight = lambda: server.metric("slipway_requests_in_flight")
        running = infer.future(slow(SECONDS))
        wait_until(lambda: (in_flight(), pending()) == (1, 0), what="a run")
        others = [running, infer.future(slow(SECONDS))]
        wait_until(lambda: pending() == 1, what="a full queue")
        error = failure_of(lambda: infer(slow(1)))
        for each in others:
            each.cancel()
    info, retry = details_of(error)
    assert error.code() == grpc.StatusCode.UNAVAILABLE
    assert info.reason == "QUEUE_FULL"
    assert retry.retry_delay.ToTimedelta().total_seconds() == 1
    assert dict(error.trailing_metadata())["grpc-retry-pushback-ms"] == "1000"


@pytest.mark.parametrize("method", ["ModelInfer", "ModelStreamInfer"])
def test_a_message_may_have_64_mib_and_no_byte_more(examples_server, method):
    message = request("nobody")
    message.id = "x" * (MAX_MESSAGE - 64)
    message.id += "x" * (MAX_MESSAGE - message.ByteSize())
    whole = message.SerializeToString()
    assert len(whole) == MAX_MESSAGE
    metadata = [("triton_grpc_error", "true")]
    with grpc.insecure_channel(examples_server.address) as channel:
        for sent, code in ((whole, "NOT_FOUND"), (whole + b"\0", "RESOURCE_EXHAUSTED")):
            if method == "ModelInfer":
                error = failure_of(lambda: channel.unary_unary(SERVICE + method)(sent))
            else:
                asked = iter([sent])
                error = failure_of(lambda: list(channel.stream_stream(SERVICE + method)(asked, metadata=metadata)))
            assert error.code().name == code, error
