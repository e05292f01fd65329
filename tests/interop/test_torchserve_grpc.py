"""TorchServe's gRPC APIs through stubs that grpcio-tools makes of the contracts in TorchServe's own archive. It calls what
TorchServe's client calls, with the metadata that it sends.
"""

import importlib
import json
import pathlib
import shutil
import struct
import sys
import zipfile

import pytest

import platforms
from stock import HERE, descriptor_pb2, grpc, health_pb2, health_pb2_grpc, reflection
from support import packages
from support.models import EXAMPLES
from support.repository import Repository, row_model
from support.server import Server

PROTO = HERE.parents[1] / "proto"
METADATA = (("protocol", "gRPC"), ("session_id", "12345"))
TEXT = b"the rocket reached its orbit"
FILES = ["inference.proto", "management.proto", "open_inference_grpc.proto"]
STATUS = "google/rpc/status.proto"  # which they import


@pytest.fixture(scope="module")
def contracts(tmp_path_factory):
    """A folder with TorchServe's contracts in torchserve/, as proto/ has ours."""
    missing = platforms.install()
    if missing:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("contracts")
    (folder / "torchserve").mkdir()
    archive = pathlib.Path(packages.folder_of(platforms.VENV)) / "ts" / "frontend" / "model-server.jar"
    with zipfile.ZipFile(archive) as jar:
        jar.extract(STATUS, folder)
        for name in FILES:
            (folder / "torchserve" / name).write_bytes(jar.read(f"proto/{name}"))
    return folder


def compile_contracts(folder, *outputs):
    import grpc_tools
    from grpc_tools import protoc

    includes = [f"-I{folder}", f"-I{grpc_tools.__path__[0]}/_proto"]
    assert protoc.main(["protoc", *includes, *outputs, *(f"torchserve/{name}" for name in FILES)]) == 0


@pytest.fixture(scope="module")
def stubs(contracts, tmp_path_factory):
    """Imports a module that is made of the contracts."""
    folder = tmp_path_factory.mktemp("stubs")
    compile_contracts(contracts, f"--python_out={folder}", f"--grpc_python_out={folder}")
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
def open_inference(stubs, channel):
    """ask(method, **fields of its request) -> its answer."""
    stub = stubs("open_inference_grpc_pb2_grpc").GRPCInferenceServiceStub(channel)
    messages = stubs("open_inference_grpc_pb2")

    def call(method, **fields):
        return getattr(stub, method)(getattr(messages, f"{method}Request")(**fields), timeout=20)

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


def test_the_contracts_that_reflection_tells_are_torchserves(contracts, tmp_path):
    def declarations_in(folder):
        path = tmp_path / "set.pb"
        compile_contracts(folder, f"--descriptor_set_out={path}")
        files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file
        for file in files:
            file.ClearField("options")  # what a generator calls its classes
        return list(files)

    theirs = declarations_in(contracts)
    assert [len(file.service) for file in theirs] == [1, 1, 1]
    assert declarations_in(PROTO) == theirs


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


def test_workers_are_told(ask, topic):
    told = ask("ScaleWorker", model_name=topic, model_version="1.0", min_worker=3)
    assert told.startswith("Workers scaled to ") and told.endswith("for model: topic, version: 1.0")
    code, message = refusal(ask, "ScaleWorker", model_name=topic, min_worker=3, max_worker=1)
    assert code == "INVALID_ARGUMENT" and "max_worker" in message


def test_a_version_is_made_the_default_and_another_unregistered(stubs, tmp_path):
    repository = Repository(tmp_path)
    for version in (1, 2):
        repository.put("m", version, row_model(version + 1))
    args = ["--model-control=explicit", "--load-model=m", "--versions=m=all"]
    with Server(repository, args=args) as server, grpc.insecure_channel(server.address) as channel:
        inference = stubs("inference_pb2_grpc").InferenceAPIsServiceStub(channel)
        management = stubs("management_pb2_grpc").ManagementAPIsServiceStub(channel)
        messages = stubs("management_pb2")

        def answer():
            request = request_for(stubs, "m", data=b"[[1, 1, 1, 1]]")
            return json.loads(inference.Predictions(request, timeout=20).prediction)

        def ask(method, version):
            request = getattr(messages, f"{method}Request")(model_name="m", model_version=version)
            return getattr(management, method)(request, timeout=20).msg

        assert answer() == [[3] * 4]
        assert refusal(ask, "UnregisterModel", "2")[0] == "PERMISSION_DENIED"
        assert refusal(ask, "SetDefault", "7")[0] == "NOT_FOUND"
        assert refusal(ask, "SetDefault", "") == ("INVALID_ARGUMENT", "model_version is required")
        assert ask("SetDefault", "1.0") == 'Model "m" Version: 1 is the default'
        assert answer() == [[2] * 4]
        assert ask("UnregisterModel", "2") == 'Model "m" Version: 2 unregistered'
        described = messages.DescribeModelRequest(model_name="m", model_version="all")
        [left] = json.loads(management.DescribeModel(described, timeout=20).msg)
        assert left["modelVersion"] == "1"


def test_open_inference_tells_what_is_there(open_inference, server):
    assert open_inference("ServerLive").live and open_inference("ServerReady").ready
    expected = server.get("/v2").json()
    told = open_inference("ServerMetadata")
    assert (told.name, told.version, list(told.extensions)) == tuple(expected.values())
    for name, version, ready in (("digits", "", True), ("digits", "7", False), ("nobody", "", False)):
        assert open_inference("ModelReady", name=name, version=version).ready is ready, name
    expected = server.get("/v2/models/digits").json()
    model = open_inference("ModelMetadata", name="digits")
    assert (model.name, list(model.versions)) == (expected["name"], expected["versions"])
    for tensors, wanted in ((model.inputs, expected["inputs"]), (model.outputs, expected["outputs"])):
        assert [(each.name, each.datatype, list(each.shape)) for each in tensors] == [
            (each["name"], each["datatype"], each["shape"]) for each in wanted
        ]


@pytest.mark.parametrize("raw", [False, True])
def test_open_inference_runs_models(open_inference, server, raw):
    shape, pixels = [1, 1, 8, 8], [value / 4 for value in range(64)]
    tensor = {"name": "pixels", "datatype": "FP32", "shape": shape}
    expected = server.infer("digits", [tensor | {"data": pixels}]).json()["outputs"]
    if raw:
        content = {"raw_input_contents": [struct.pack("<64f", *pixels)]}
    else:
        tensor["contents"] = {"fp32_contents": pixels}
        content = {"parameters": {"binary_data_output": {"bool_param": False}}}
    answer = open_inference("ModelInfer", model_name="digits", id="a", inputs=[tensor], **content)
    assert (answer.model_name, answer.model_version, answer.id) == ("digits", "1", "a")
    for place, (output, wanted) in enumerate(zip(answer.outputs, expected, strict=True)):
        assert (output.name, output.datatype, list(output.shape)) == (
            wanted["name"], wanted["datatype"], wanted["shape"]
        )
        if raw:
            numbers = struct.unpack(f"<{len(wanted['data'])}f", answer.raw_output_contents[place])
        else:
            numbers = output.contents.fp32_contents
        assert list(numbers) == pytest.approx(wanted["data"], abs=0, rel=1e-7)


def test_open_inference_is_refused_with_a_reason(open_inference):
    tensor = {"name": "pixels", "datatype": "FP32", "shape": [1], "contents": {"fp32_contents": [0.5]}}
    for method, fields, code, words in (
        ("ModelMetadata", {"name": "nobody"}, "NOT_FOUND", '"nobody"'),
        ("ModelInfer", {"model_name": "digits", "model_version": "7"}, "NOT_FOUND", "version 7"),
        ("ModelInfer", {"model_name": "digits", "inputs": [tensor]}, "INVALID_ARGUMENT", '"pixels"'),
    ):
        got, message = refusal(open_inference, method, **fields)
        assert got == code and words in message, message


def test_open_inference_is_known_to_reflection_and_health(channel):
    service = "org.pytorch.serve.grpc.openinference.GRPCInferenceService"
    database = reflection.ProtoReflectionDescriptorDatabase(channel)
    assert service in database.get_services()
    file = database.FindFileContainingSymbol(f"{service}.ModelInfer")
    assert file.name == "torchserve/open_inference_grpc.proto"
    health = health_pb2_grpc.HealthStub(channel)
    answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=20)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
