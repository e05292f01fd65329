"""Server reflection through grpcio-reflection and grpcurl."""

import json
import os
import queue
import shutil
import signal
import subprocess

import pytest

from stock import grpc, reflection, reflection_pb2, reflection_pb2_grpc
from support.models import EXAMPLES
from support.packages import BUILD
from support.server import Server

SERVICES = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "inference.GRPCInferenceService",
}
GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3"


@pytest.fixture(scope="module")
def database(examples_server):
    with grpc.insecure_channel(examples_server.address) as channel:
        yield reflection.ProtoReflectionDescriptorDatabase(channel)


def test_lists_the_services(database):
    assert set(database.get_services()) >= SERVICES


def test_describes_methods_and_messages(database):
    file = database.FindFileContainingSymbol("inference.GRPCInferenceService")
    assert file.name == "inference/grpc_service.proto"
    methods = {each.name: each for each in file.service[0].method}
    assert methods["ModelStreamInfer"].client_streaming
    assert methods["ModelInfer"].input_type == ".inference.ModelInferRequest"
    config = database.FindFileByName("inference/model_config.proto")
    assert config.package == "inference"


def test_what_is_not_there_is_an_answer(database):
    for find in (database.FindFileByName, database.FindFileContainingSymbol):
        with pytest.raises(KeyError):
            find("nobody.Nothing")


def test_no_message_is_extended(examples_server):
    name = "inference.ModelInferRequest"
    extension = reflection_pb2.ExtensionRequest(containing_type=name, extension_number=100)
    with grpc.insecure_channel(examples_server.address) as channel:
        one, all_of_them = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter(
                [
                    reflection_pb2.ServerReflectionRequest(file_containing_extension=extension),
                    reflection_pb2.ServerReflectionRequest(all_extension_numbers_of_type=name),
                ]
            )
        )
    assert one.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert all_of_them.all_extension_numbers_response.base_type_name == name
    assert not all_of_them.all_extension_numbers_response.extension_number


def test_one_call_answers_many_questions_in_order(examples_server):
    symbols = ["inference.ModelInferRequest", "nobody", "grpc.health.v1.Health"] * 100
    with grpc.insecure_channel(examples_server.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        answers = list(
            stub.ServerReflectionInfo(
                reflection_pb2.ServerReflectionRequest(file_containing_symbol=each)
                for each in symbols
            )
        )
    assert [each.original_request.file_containing_symbol for each in answers] == symbols
    assert answers[1].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


@pytest.fixture(scope="module")
def grpcurl():
    """Runs grpcurl and returns what it prints."""
    program = shutil.which("grpcurl")
    if program is None:
        if shutil.which("go") is None:
            pytest.skip("no grpcurl, and no Go to build it")
        environment = os.environ | {"GOPATH": str(BUILD / "go"), "GOFLAGS": "-modcacherw"}
        try:
            built = subprocess.run(
                ["go", "install", GRPCURL],
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
            )
        except subprocess.TimeoutExpired:
            pytest.skip("no grpcurl: it was not built in time")
        if built.returncode != 0:
            pytest.skip(f"no grpcurl: {built.stderr.strip().splitlines()[-1]}")
        program = BUILD / "go" / "bin" / "grpcurl"

    def run(*args):
        done = subprocess.run([program, *args], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_grpcurl_lists_describes_and_calls(grpcurl, examples_server):
    address = examples_server.address
    assert set(grpcurl("-plaintext", address, "list").split()) >= SERVICES
    method = "inference.GRPCInferenceService.ServerReady"
    assert "rpc ServerReady" in grpcurl("-plaintext", address, "describe", method)
    assert json.loads(grpcurl("-plaintext", address, method)) == {"ready": True}
    question = json.dumps({"name": "digits"})
    described = json.loads(
        grpcurl("-plaintext", "-d", question, address, "inference.GRPCInferenceService/ModelMetadata")
    )
    assert described["inputs"][0]["shape"] == ["-1", "1", "8", "8"]


def test_a_draining_server_ends_an_open_call():
    with Server(EXAMPLES / "digits") as server, grpc.insecure_channel(server.address) as channel:
        questions = queue.SimpleQueue()
        questions.put(reflection_pb2.ServerReflectionRequest(list_services=""))
        answers = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter(questions.get, None)
        )
        next(answers)
        server.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as caught:
            next(answers)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        questions.put(None)
