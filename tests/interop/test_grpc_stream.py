"""ModelStreamInfer through the stock gRPC clients, with threads and with asyncio."""

import asyncio
import queue

import pytest

from stock import (
    InferenceServerException,
    array_of,
    elements_of,
    grpc,
    grpc_input_of,
    np,
    triton_grpc,
    triton_grpc_aio,
)
from support.models import TEST_MODELS, check_elements
from support.server import Server, wait_until
from test_grpc_inference import GOLDEN, NAMES, SECONDS, iterations, pixels

TIMEOUT_S = 30


@pytest.fixture(scope="module")
def streams_server():
    """Of its own: what these tests make it learn of slow runs is nothing to others."""
    with Server(TEST_MODELS) as server:
        yield server


class Stream:
    """A client's one stream, and what came on it."""

    def __init__(self, server, **options):
        self.client = triton_grpc.InferenceServerClient(server.address)
        self.answers = queue.SimpleQueue()
        self.client.start_stream(
            callback=lambda result, error: self.answers.put((result, error)), **options
        )

    def ask(self, *args, **kwargs):
        self.client.async_stream_infer(*args, **kwargs)

    def next(self):
        """@return the next result and the next error, one of which is None."""
        return self.answers.get(timeout=TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_stream()
        self.client.close()


def is_final(result):
    return result.get_response().parameters["triton_final_response"].bool_param


@pytest.mark.parametrize("model,_name,example", GOLDEN, ids=NAMES)
def test_golden_example(examples_server, model, _name, example):
    inputs = [grpc_input_of(e["name"], e["datatype"], array_of(e)) for e in example["inputs"]]
    with Stream(examples_server) as stream:
        stream.ask(model, inputs, request_id="an id", enable_empty_final_response=True)
        result, error = stream.next()
    assert error is None
    assert result.get_response().id == "an id" and is_final(result)
    for golden in example["outputs"]:
        check_elements(golden, elements_of(result.as_numpy(golden["name"])))


def test_answers_keep_the_order_of_the_requests(streams_server):
    """Slow and quick requests for several models, more than run at once."""
    with Stream(streams_server) as stream:
        for number in range(200):
            if number % 10 == 0:
                stream.ask("slow", [iterations(2000)], request_id=str(number))
            else:
                array = np.full([1, 3], number, np.float32)
                stream.ask(
                    "identity_fp32",
                    [grpc_input_of("INPUT0", "FP32", array)],
                    request_id=str(number),
                )
        for number in range(200):
            result, error = stream.next()
            assert error is None and result.get_response().id == str(number)
            if number % 10:
                assert (result.as_numpy("OUTPUT0") == number).all()


def test_large_tensors_both_ways(streams_server):
    arrays = [np.full([1000, 300], number, np.float32) for number in range(40)]
    with Stream(streams_server) as stream:
        for array in arrays:
            stream.ask("identity_fp32", [grpc_input_of("INPUT0", "FP32", array)])
        for array in arrays:
            result, error = stream.next()
            assert error is None and (result.as_numpy("OUTPUT0") == array).all()


def test_compressed_messages(examples_server):
    with Stream(examples_server, compression_algorithm="gzip") as stream:
        stream.ask("digits", [pixels()])
        assert stream.next()[1] is None


def test_errors_are_messages_and_the_stream_goes_on(examples_server):
    wrong = grpc_input_of("pixels", "FP32", np.zeros([2, 1, 8, 9], np.float32))
    with Stream(examples_server) as stream:
        stream.ask("digits", [pixels()])
        stream.ask("digit", [pixels()])
        stream.ask("digits", [wrong])
        stream.ask("digits", [pixels()], sequence_id=5)
        stream.ask("digits", [pixels()], request_id="last")
        assert stream.next()[1] is None
        assert "digit" in stream.next()[1].message()
        message = stream.next()[1].message()
        assert message == 'input "pixels": expected FP32 [-1,1,8,8], got FP32 [2,1,8,9]'
        assert "sequence" in stream.next()[1].message()
        result, error = stream.next()
        assert error is None and result.get_response().id == "last"


def test_an_error_message_has_the_id_of_its_request(examples_server):
    request = triton_grpc.service_pb2.ModelInferRequest(model_name="digit", id="my id")
    with triton_grpc.InferenceServerClient(examples_server.address) as client:
        [answer] = client._client_stub.ModelStreamInfer(iter([request]), timeout=TIMEOUT_S)
    assert answer.error_message
    assert (answer.infer_response.id, answer.infer_response.model_name) == ("my id", "digit")
    assert answer.infer_response.parameters["triton_final_response"].bool_param


def test_a_client_may_ask_for_a_status_instead(examples_server):
    with Stream(examples_server, headers={"triton_grpc_error": "true"}) as stream:
        stream.ask("digits", [pixels()])
        stream.ask("digit", [pixels()])
        assert stream.next()[1] is None
        _, error = stream.next()
        assert error.status() == "StatusCode.NOT_FOUND" and "digit" in error.message()


def test_the_deadline_of_the_stream_is_that_of_its_requests(streams_server):
    with Stream(streams_server, stream_timeout=0.3) as stream:
        stream.ask("slow", [iterations(60 * SECONDS)])
        assert "deadline" in str(stream.next()[1]).lower()  # the server's word or the client's


def test_the_timeout_parameter_ends_one_run(streams_server):
    with Stream(streams_server) as stream:
        stream.ask("slow", [iterations(60 * SECONDS)], timeout=300_000)
        stream.ask("slow", [iterations(1)])
        assert "deadline" in stream.next()[1].message()
        assert stream.next()[1] is None


def test_a_cancelled_stream_drops_what_waits(streams_server):
    server = streams_server
    stream = Stream(server)
    for _ in range(20):
        stream.ask("slow", [iterations(2 * SECONDS)], timeout=5_000_000)

    def waiting():
        return server.metric("slipway_requests_pending", model="slow")

    wait_until(lambda: waiting() > 0, what="a request to wait")
    stream.client.stop_stream(cancel_requests=True)
    assert stream.next()[1].status() == "StatusCode.CANCELLED"
    wait_until(lambda: waiting() == 0, what="the end of what waited")
    stream.client.close()


def test_what_is_no_message_ends_the_stream(examples_server):
    with grpc.insecure_channel(examples_server.address) as channel:
        call = channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer")
        answers = list(call(iter([b"\x0b"]), timeout=TIMEOUT_S))
    assert b"groups" in answers[0]


def test_asyncio_client(examples_server):
    async def ask():
        async def requests():
            for rows in range(1, 65):
                yield {"model_name": "digits", "inputs": [pixels(rows)]}
            yield {"model_name": "digit", "inputs": [pixels()]}

        async with triton_grpc_aio.InferenceServerClient(examples_server.address) as client:
            answers = client.stream_infer(requests(), stream_timeout=TIMEOUT_S)
            rows = []
            async for result, error in answers:
                if error is not None:
                    assert isinstance(error, InferenceServerException)
                    rows.append(None)
                else:
                    rows.append(result.as_numpy("probabilities").shape[0])
            return rows

    assert asyncio.run(ask()) == [*range(1, 65), None]


def test_asyncio_client_cancels(streams_server):
    async def ask():
        async def requests():
            yield {"model_name": "slow", "inputs": [iterations(5 * SECONDS)]}

        async with triton_grpc_aio.InferenceServerClient(streams_server.address) as client:
            answers = client.stream_infer(requests())
            asyncio.get_running_loop().call_later(0.2, answers.cancel)
            with pytest.raises(asyncio.CancelledError):
                async for _ in answers:
                    pass

    asyncio.run(ask())
