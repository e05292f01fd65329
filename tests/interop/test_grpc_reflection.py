"""Server reflection through grpcio-reflection, in both its versions, which have the same messages."""

import queue
import signal

import pytest

from stock import descriptor_pb2, grpc, reflection, reflection_pb2
from support.models import EXAMPLES
from support.server import Server

SERVICES = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "inference.GRPCInferenceService",
}
VERSIONS = ["v1", "v1alpha"]


def reflect(channel, version, questions):
    """The answers of one call, as they come."""
    method = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    return method(iter(questions))


@pytest.fixture(params=VERSIONS)
def ask(request, examples_server):
    """ask(the fields of each question) -> the answers, of one call."""
    with grpc.insecure_channel(examples_server.address) as channel:
        yield lambda *asked: list(
            reflect(channel, request.param, [reflection_pb2.ServerReflectionRequest(**each) for each in asked])
        )


def test_lists_the_services(ask):
    [answer] = ask({"list_services": ""})
    assert {each.name for each in answer.list_services_response.service} >= SERVICES


def files_of(answer):
    """name -> FileDescriptorProto"""
    files = map(descriptor_pb2.FileDescriptorProto.FromString, answer.file_descriptor_response.file_descriptor_proto)
    return {file.name: file for file in files}


def test_describes_methods_and_messages(ask):
    name = "inference/grpc_service.proto"
    by_symbol, by_name = ask(
        {"file_containing_symbol": "inference.GRPCInferenceService"}, {"file_by_filename": name}
    )
    assert files_of(by_symbol)[name] == files_of(by_name)[name]
    methods = {each.name: each for each in files_of(by_name)[name].service[0].method}
    assert methods["ModelStreamInfer"].client_streaming
    assert methods["ModelInfer"].input_type == ".inference.ModelInferRequest"


def test_a_pool_of_descriptors_is_filled(examples_server):
    with grpc.insecure_channel(examples_server.address) as channel:
        database = reflection.ProtoReflectionDescriptorDatabase(channel)
        assert set(database.get_services()) >= SERVICES
        assert database.FindFileContainingSymbol("inference.GRPCInferenceService").name == "inference/grpc_service.proto"
        assert database.FindFileByName("inference/model_config.proto").package == "inference"
        for find in (database.FindFileByName, database.FindFileContainingSymbol):
            with pytest.raises(KeyError):
                find("nobody.Nothing")


def test_what_is_not_there_is_an_answer(ask):
    for answer in ask({"file_by_filename": "nobody.proto"}, {"file_containing_symbol": "nobody.Nothing"}):
        assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def test_no_message_is_extended(ask):
    name = "inference.ModelInferRequest"
    extension = reflection_pb2.ExtensionRequest(containing_type=name, extension_number=100)
    one, all_of_them = ask({"file_containing_extension": extension}, {"all_extension_numbers_of_type": name})
    assert one.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert all_of_them.all_extension_numbers_response.base_type_name == name
    assert not all_of_them.all_extension_numbers_response.extension_number


def test_one_call_answers_many_questions_in_order(ask):
    symbols = ["inference.ModelInferRequest", "nobody", "grpc.health.v1.Health"] * 100
    answers = ask(*({"file_containing_symbol": each} for each in symbols))
    assert [each.original_request.file_containing_symbol for each in answers] == symbols
    assert answers[1].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_draining_server_ends_an_open_call(version):
    with Server(EXAMPLES / "digits") as server, grpc.insecure_channel(server.address) as channel:
        questions = queue.SimpleQueue()
        questions.put(reflection_pb2.ServerReflectionRequest(list_services=""))
        answers = reflect(channel, version, iter(questions.get, None))
        next(answers)
        server.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as caught:
            next(answers)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        questions.put(None)
