"""ModelInfer through the stock gRPC client: every data type, golden examples, options, compression."""

import asyncio
import struct

import pytest

from stock import (
    InferenceServerException,
    array_of,
    dtype_of,
    elements_of,
    grpc_input_of,
    np,
    triton_grpc,
    triton_grpc_aio,
)
from support.models import TEST_MODELS, check_elements, examples
from support.server import Server, wait_until
from test_dtypes import BINARY_ONLY, ELEMENTS, as_bytes

GOLDEN = list(examples())
NAMES = [f"{model}-{name}" for model, name, _ in GOLDEN]
TYPED = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def pixels(rows=1):
    return grpc_input_of("pixels", "FP32", np.zeros([rows, 1, 8, 8], np.float32))


def echo(client, datatype, elements):
    array = np.array(elements, dtype=dtype_of(datatype)).reshape(2, 3)
    result = client.infer(
        f"identity_{datatype.lower()}", [grpc_input_of("INPUT0", datatype, array)]
    )
    assert result.get_output("OUTPUT0").datatype == datatype
    return array, result.as_numpy("OUTPUT0")


@pytest.mark.parametrize("datatype", ELEMENTS)
def test_raw_contents_come_back_bit_for_bit(grpc_test_client, datatype):
    sent, got = echo(grpc_test_client, datatype, ELEMENTS[datatype])
    assert got.shape == (2, 3) and got.dtype == sent.dtype
    assert as_bytes(got) == as_bytes(sent)


@pytest.mark.parametrize("datatype", BINARY_ONLY)
def test_what_json_cannot_say_comes_back_too(grpc_test_client, datatype):
    sent, got = echo(grpc_test_client, datatype, BINARY_ONLY[datatype])
    assert as_bytes(got) == as_bytes(sent)


@pytest.mark.parametrize("datatype", ELEMENTS)
def test_no_rows(grpc_test_client, datatype):
    array = np.empty([0, 3], dtype=dtype_of(datatype))
    result = grpc_test_client.infer(
        f"identity_{datatype.lower()}", [grpc_input_of("INPUT0", datatype, array)]
    )
    assert result.as_numpy("OUTPUT0").shape == (0, 3)


@pytest.mark.parametrize("datatype", TYPED)
def test_typed_contents_both_ways(grpc_test_client, datatype):
    """The client only sends raw contents, so the message is made by hand from its classes."""
    service = triton_grpc.service_pb2
    request = service.ModelInferRequest(model_name=f"identity_{datatype.lower()}")
    request.parameters["binary_data_output"].bool_param = False
    tensor = request.inputs.add(name="INPUT0", datatype=datatype, shape=[2, 3])
    getattr(tensor.contents, TYPED[datatype]).extend(ELEMENTS[datatype])
    answer = grpc_test_client._client_stub.ModelInfer(request)
    assert not answer.raw_output_contents
    [output] = answer.outputs
    got = getattr(output.contents, TYPED[datatype])
    assert list(output.shape) == [2, 3]
    assert list(got) == list(getattr(tensor.contents, TYPED[datatype]))


@pytest.mark.parametrize("model,_name,example", GOLDEN, ids=NAMES)
def test_golden_example(grpc_client, model, _name, example):
    inputs = [grpc_input_of(e["name"], e["datatype"], array_of(e)) for e in example["inputs"]]
    outputs = [triton_grpc.InferRequestedOutput(each["name"]) for each in example["outputs"]]
    result = grpc_client.infer(model, inputs, outputs=outputs)
    for golden in example["outputs"]:
        got = result.as_numpy(golden["name"])
        assert list(got.shape) == golden["shape"]
        check_elements(golden, elements_of(got))


@pytest.mark.parametrize("version", ["", "1", "latest", "stable"])
def test_version_or_alias_answers_with_its_number(grpc_client, version):
    response = grpc_client.infer("digits", [pixels()], model_version=version).get_response()
    assert (response.model_name, response.model_version) == ("digits", "1")


def test_request_id_comes_back(grpc_client):
    response = grpc_client.infer("digits", [pixels()], request_id="an id, “quoted”").get_response()
    assert response.id == "an id, “quoted”"


def test_classification_gives_value_index_and_label(grpc_client):
    best = triton_grpc.InferRequestedOutput("probabilities", class_count=3)
    classes = grpc_client.infer("digits", [pixels(4)], outputs=[best]).as_numpy("probabilities")
    assert classes.shape == (4, 3)
    _, position, label = classes[0, 0].decode().split(":")
    assert position == label


def test_outputs_come_in_the_order_asked_for(grpc_test_client):
    a = np.arange(16, dtype=np.int32).reshape(1, 16)
    b = np.full([1, 16], 5, np.int32)
    result = grpc_test_client.infer(
        "add_sub",
        [grpc_input_of("INPUT1", "INT32", b), grpc_input_of("INPUT0", "INT32", a)],
        outputs=[triton_grpc.InferRequestedOutput(name) for name in ("OUTPUT1", "OUTPUT0")],
    )
    assert [each.name for each in result.get_response().outputs] == ["OUTPUT1", "OUTPUT0"]
    assert (result.as_numpy("OUTPUT0") == a + b).all()
    assert (result.as_numpy("OUTPUT1") == a - b).all()


def test_large_tensors_both_ways(grpc_test_client):
    array = np.random.default_rng(7).standard_normal([2000, 300]).astype(np.float32)
    result = grpc_test_client.infer("identity_fp32", [grpc_input_of("INPUT0", "FP32", array)])
    assert (result.as_numpy("OUTPUT0") == array).all()


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compressed_messages(grpc_test_client, algorithm):
    array = np.zeros([64, 300], np.float32)
    result = grpc_test_client.infer(
        "identity_fp32",
        [grpc_input_of("INPUT0", "FP32", array)],
        compression_algorithm=algorithm,
    )
    assert (result.as_numpy("OUTPUT0") == array).all()


@pytest.mark.parametrize("level,shrinks", [("none", False), ("low", True), ("high", True)])
def test_compressed_answers(level, shrinks):
    def sent():
        return server.metric("slipway_http_response_bytes_total", route="/inference.GRPCInferenceService/ModelInfer")

    array = np.tile(np.arange(1000, dtype=np.int32), [64, 1])
    tensor = grpc_input_of("INPUT0", "INT32", array)
    with Server(TEST_MODELS / "identity_int32.onnx", args=[f"--grpc-compression={level}"]) as server:
        with triton_grpc.InferenceServerClient(server.address) as client:
            result = client.infer("identity_int32", [tensor])
        assert (result.as_numpy("OUTPUT0") == array).all()
        assert (wait_until(sent) < array.nbytes / 2) == shrinks


def iterations(count):
    return grpc_input_of("iterations", "INT64", np.array([count], np.int64))


SECONDS = 160_000  # iterations of the slow model, roughly


def test_the_clients_deadline_ends_a_run(grpc_test_client):
    with pytest.raises(InferenceServerException) as caught:
        grpc_test_client.infer("slow", [iterations(60 * SECONDS)], client_timeout=0.3)
    assert caught.value.status() == "StatusCode.DEADLINE_EXCEEDED"
    assert grpc_test_client.infer("slow", [iterations(1)]).as_numpy("y").shape == (64, 64)


def test_the_timeout_parameter_ends_a_run(grpc_test_client):
    with pytest.raises(InferenceServerException) as caught:
        grpc_test_client.infer("slow", [iterations(60 * SECONDS)], timeout=300_000)
    assert caught.value.status() == "StatusCode.DEADLINE_EXCEEDED"


def test_asynchronous_calls_of_the_client(grpc_client):
    answers = []
    for rows in range(1, 9):
        grpc_client.async_infer(
            "digits", [pixels(rows)], callback=lambda result, error: answers.append((result, error))
        )
    wait_until(lambda: len(answers) == 8, what="the last answer")
    assert all(error is None for _, error in answers)
    shapes = {result.as_numpy("probabilities").shape[0] for result, _ in answers}
    assert shapes == set(range(1, 9))


def test_asyncio_client(examples_server):
    async def ask():
        async with triton_grpc_aio.InferenceServerClient(examples_server.address) as client:
            assert await client.is_server_live()
            assert await client.is_model_ready("digits")
            answers = await asyncio.gather(
                *(client.infer("digits", [pixels(rows)]) for rows in range(1, 33))
            )
            with pytest.raises(InferenceServerException) as caught:
                await client.infer("digit", [pixels()])
            assert caught.value.status() == "StatusCode.NOT_FOUND"
            return [answer.as_numpy("probabilities").shape[0] for answer in answers]

    assert asyncio.run(ask()) == list(range(1, 33))


def refusal(client, *args, **kwargs):
    """@return status code and message of the error that infer raises."""
    with pytest.raises(InferenceServerException) as caught:
        client.infer(*args, **kwargs)
    return caught.value.status().removeprefix("StatusCode."), caught.value.message()


def test_unknown_model_version_and_output_are_named(grpc_client):
    for args, kwargs, words in [
        (("digit", [pixels()]), {}, ["digit"]),
        (("digits", [pixels()]), {"model_version": "2"}, ["2", "digits"]),
        (("digits", [pixels()]), {"model_version": "nightly"}, ["nightly", "digits"]),
    ]:
        code, message = refusal(grpc_client, *args, **kwargs)
        assert code == "NOT_FOUND"
        assert all(word in message for word in words)
    code, message = refusal(
        grpc_client, "digits", [pixels()], outputs=[triton_grpc.InferRequestedOutput("scores")]
    )
    assert code == "INVALID_ARGUMENT" and '"scores"' in message


def test_what_does_not_fit_says_expected_and_got(grpc_client, grpc_test_client):
    wrong = grpc_input_of("pixels", "FP32", np.zeros([2, 1, 8, 9], np.float32))
    assert refusal(grpc_client, "digits", [wrong]) == (
        "INVALID_ARGUMENT",
        'input "pixels": expected FP32 [-1,1,8,8], got FP32 [2,1,8,9]',
    )
    wrong = grpc_input_of("pixels", "FP64", np.zeros([1, 1, 8, 8]))
    code, message = refusal(grpc_client, "digits", [wrong])
    assert code == "INVALID_ARGUMENT" and "FP32" in message and "FP64" in message
    code, message = refusal(grpc_client, "digits", [pixels(65)])
    assert code == "INVALID_ARGUMENT" and "64" in message and "65" in message
    a = grpc_input_of("INPUT0", "INT32", np.zeros([1, 16], np.int32))
    code, message = refusal(grpc_test_client, "add_sub", [a])
    assert code == "INVALID_ARGUMENT" and '"INPUT1"' in message


def test_sequences_and_shared_memory_are_unimplemented(grpc_client):
    code, message = refusal(grpc_client, "digits", [pixels()], sequence_id=5, sequence_start=True)
    assert code == "UNIMPLEMENTED" and "sequence" in message
    shared = triton_grpc.InferInput("pixels", [1, 1, 8, 8], "FP32")
    shared.set_shared_memory("region", 256)
    code, message = refusal(grpc_client, "digits", [shared])
    assert code == "UNIMPLEMENTED" and "shared memory" in message


def test_a_message_that_is_none_is_refused(grpc_client):
    call = grpc_client._channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
    for body, words in [
        (b"\x0a\x06digits\x2a\x7fshort", '"inputs"'),
        (b"\x3a" + struct.pack("<B", 9), '"raw_input_contents"'),
        (b"\x0b", "groups"),
    ]:
        with pytest.raises(Exception) as caught:
            call(body)
        assert caught.value.code().name == "INVALID_ARGUMENT"
        assert words in caught.value.details()
