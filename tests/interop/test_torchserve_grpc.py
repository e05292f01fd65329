"""TorchServe's gRPC APIs through stubs that grpcio-tools makes of proto/torchserve, as TorchServe's own client is made
of its contracts. It calls what that client calls, with the metadata that it sends.
"""

import importlib
import json
import shutil
import sys

import pytest

from stock import HERE, grpc
from support.models import EXAMPLES
from support.packages import BUILD
from support.server import Server

PROTO = HERE.parents[1] / "proto"
METADATA = (("protocol", "gRPC"), ("session_id", "12345"))
TEXT = b"the rocket reached its orbit"
INFERENCE = "org.pytorch.serve.grpc.inference"
MANAGEMENT = "org.pytorch.serve.grpc.management"
# Numbers and types of the fields in pytorch/serve's contracts, and which way each method streams.
CONTRACT = {
    f"{INFERENCE}.PredictionsRequest": "model_name:1:9 model_version:2:9 input:3:11 sequence_id:4:9",
    f"{INFERENCE}.PredictionResponse": "prediction:1:12 sequence_id:2:9 status:3:11",
    f"{INFERENCE}.TorchServeHealthResponse": "health:1:9",
    f"{MANAGEMENT}.ManagementResponse": "msg:1:9",
    f"{MANAGEMENT}.DescribeModelRequest": "model_name:1:9 model_version:2:9 customized:3:8",
    f"{MANAGEMENT}.ListModelsRequest": "limit:1:5 next_page_token:2:5",
    f"{MANAGEMENT}.RegisterModelRequest": (
        "batch_size:1:5 handler:2:9 initial_workers:3:5 max_batch_delay:4:5 model_name:5:9 "
        "response_timeout:6:5 runtime:7:9 synchronous:8:8 url:9:9 s3_sse_kms:10:8 startup_timeout:11:5"
    ),
    f"{MANAGEMENT}.ScaleWorkerRequest": (
        "model_name:1:9 model_version:2:9 max_worker:3:5 min_worker:4:5 number_gpu:5:5 synchronous:6:8 "
        "timeout:7:5"
    ),
    f"{MANAGEMENT}.SetDefaultRequest": "model_name:1:9 model_version:2:9",
    f"{MANAGEMENT}.UnregisterModelRequest": "model_name:1:9 model_version:2:9",
    f"{INFERENCE}.InferenceAPIsService": (
        "Ping:unary_unary Predictions:unary_unary StreamPredictions:unary_stream "
        "StreamPredictions2:stream_stream"
    ),
    f"{MANAGEMENT}.ManagementAPIsService": (
        "DescribeModel:unary_unary ListModels:unary_unary RegisterModel:unary_unary "
        "ScaleWorker:unary_unary SetDefault:unary_unary UnregisterModel:unary_unary"
    ),
}


@pytest.fixture(scope="module")
def stubs():
    """Imports a module that is made of the contracts."""
    import grpc_tools
    from grpc_tools import protoc

    folder = BUILD / "torchserve-stubs"
    folder.mkdir(exist_ok=True)
    includes = [f"-I{PROTO}", f"-I{grpc_tools.__path__[0]}/_proto"]
    outputs = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    files = ["torchserve/inference.proto", "torchserve/management.proto"]
    assert protoc.main(["protoc", *includes, *outputs, *files]) == 0
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"torchserve.{name}")
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """With models that are loaded on request, and "digits"."""
    models = shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("served") / "models")
    with Server(models, args=["--model-control=explicit", "--load-model=digits"]) as server:
        yield server


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.address) as channel:
        yield channel


@pytest.fixture
def inference(stubs, channel):
    return stubs("inference_pb2_grpc").InferenceAPIsServiceStub(channel)


@pytest.fixture
def ask(stubs, channel):
    """ask(method, **fields of its request) -> the answer's text."""
    stub = stubs("management_pb2_grpc").ManagementAPIsServiceStub(channel)
    messages = stubs("management_pb2")

    def call(method, **fields):
        request = getattr(messages, f"{method}Request")(**fields)
        return getattr(stub, method)(request, timeout=20, metadata=METADATA).msg

    return call


@pytest.fixture
def topic(ask):
    """Registered as the stock client does, and unregistered."""
    told = ask(
        "RegisterModel", url="topic.mar", initial_workers=1, synchronous=True, model_name="topic"
    )
    assert told.startswith('Model "topic" Version: 1 registered with ')
    yield "topic"
    assert ask("UnregisterModel", model_name="topic") == 'Model "topic" unregistered'


def refusal(call, *args, **options):
    with pytest.raises(grpc.RpcError) as caught:
        call(*args, **options)
    return caught.value.code().name, caught.value.details()


def request_for(stubs, model, version="", **inputs):
    return stubs("inference_pb2").PredictionsRequest(
        model_name=model, model_version=version, input=inputs
    )


def test_the_contracts_are_torchserves(stubs):
    found = {}
    for name in ("inference_pb2", "management_pb2"):
        file = stubs(name).DESCRIPTOR
        for message in file.message_types_by_name.values():
            fields = (f"{field.name}:{field.number}:{field.type}" for field in message.fields)
            found[message.full_name] = " ".join(fields)
        for service in file.services_by_name.values():
            found[service.full_name] = " ".join(
                f"{each.name}:{'stream' if each.client_streaming else 'unary'}_"
                f"{'stream' if each.server_streaming else 'unary'}"
                for each in service.methods
            )
    assert found == CONTRACT


def test_ping(stubs, inference):
    from google.protobuf import empty_pb2

    answer = inference.Ping(empty_pb2.Empty(), timeout=20)
    assert json.loads(answer.health) == {"status": "Healthy"}


@pytest.mark.parametrize("version", ["", "1", "1.0", "latest"])
def test_a_file_is_predicted_as_over_http(stubs, inference, server, topic, version):
    request = request_for(stubs, topic, version, data=TEXT)
    answer = inference.Predictions(request, timeout=20, metadata=METADATA)
    expected = server.request("PUT", f"/predictions/{topic}", TEXT)
    assert expected.status == 200 and answer.prediction == expected.body


def test_rows_are_json_under_data_or_body(stubs, inference, server):
    rows = json.dumps([[[[0.5] * 8] * 8]]).encode()
    expected = server.post("/predictions/digits", json.loads(rows)).body
    for inputs in ({"data": rows}, {"body": rows}, {"pixels": rows}):
        answer = inference.Predictions(request_for(stubs, "digits", **inputs), timeout=20)
        assert answer.prediction == expected, inputs


def test_a_stream_of_predictions_is_one(stubs, inference, topic):
    request = request_for(stubs, topic, data=TEXT)
    alone = inference.Predictions(request, timeout=20)
    assert list(inference.StreamPredictions(request, timeout=20, metadata=METADATA)) == [alone]


def test_sequences_are_not_offered(stubs, inference):
    requests = iter([request_for(stubs, "digits", data=b"[]")])
    answers = inference.StreamPredictions2(requests, timeout=20)
    assert refusal(list, answers) == ("UNIMPLEMENTED", "not offered: sequences")


def test_predictions_are_refused_with_a_reason(stubs, inference):
    for request, code, words in (
        (request_for(stubs, "", data=b"[]"), "INVALID_ARGUMENT", "model_name is required"),
        (request_for(stubs, "digits"), "INVALID_ARGUMENT", "expected an entry"),
        (request_for(stubs, "digits", other=b"[]"), "INVALID_ARGUMENT", 'part "other"'),
        (request_for(stubs, "digits", data=b"\xff\xd8"), "INVALID_ARGUMENT", "no input takes a file"),
        (request_for(stubs, "digits", "7.0", data=b"[]"), "NOT_FOUND", "version 7"),
        (request_for(stubs, "nobody", data=b"[]"), "NOT_FOUND", '"nobody"'),
    ):
        for method in (inference.Predictions, lambda *a, **b: list(inference.StreamPredictions(*a, **b))):
            got, message = refusal(method, request, timeout=20)
            assert got == code and words in message, message


def test_models_are_listed_and_described_as_over_http(ask, server, topic):
    assert ask("ListModels") == server.get("/models").text
    assert ask("ListModels", limit=1, next_page_token=1) == (
        server.get("/models?limit=1&next_page_token=1").text
    )
    for version in ("", "1", "1.0", "all"):
        told = ask("DescribeModel", model_name="digits", model_version=version)
        [description] = json.loads(told)
        assert (description["modelName"], description["modelVersion"]) == ("digits", "1")
    code, message = refusal(ask, "DescribeModel", model_name="nobody")
    assert code == "NOT_FOUND" and '"nobody"' in message


def test_registering_is_refused_with_a_reason(ask):
    for fields, code in (
        ({}, "INVALID_ARGUMENT"),
        ({"url": "digits"}, "ALREADY_EXISTS"),
        ({"url": "none"}, "NOT_FOUND"),
        ({"url": "https://example.org/m.mar"}, "PERMISSION_DENIED"),
    ):
        assert refusal(ask, "RegisterModel", **fields)[0] == code, fields
    assert refusal(ask, "UnregisterModel", model_name="nobody")[0] == "NOT_FOUND"


def test_workers_are_told_and_the_default_is_the_newest(ask, topic):
    told = ask("ScaleWorker", model_name=topic, model_version="1.0", min_worker=3)
    assert told.startswith("Workers scaled to ") and told.endswith("for model: topic, version: 1.0")
    code, message = refusal(ask, "ScaleWorker", model_name=topic, min_worker=3, max_worker=1)
    assert code == "INVALID_ARGUMENT" and "max_worker" in message
    code, message = refusal(ask, "SetDefault", model_name=topic, model_version="1")
    assert code == "UNIMPLEMENTED" and "aliases.json" in message
