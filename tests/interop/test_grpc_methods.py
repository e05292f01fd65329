"""Health, metadata, statistics, repository and settings through the stock gRPC clients."""

import pathlib
import shutil
import signal
import subprocess

import pytest

from stock import (
    InferenceServerException,
    grpc,
    grpc_input_of,
    health_pb2,
    health_pb2_grpc,
    np,
    reflection,
    triton_grpc,
)
from support.models import EXAMPLES
from support.server import Server, wait_until

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def code_of(call, *args, **kwargs):
    """@return status code and message of the error that `call` raises."""
    with pytest.raises(InferenceServerException) as caught:
        call(*args, **kwargs)
    return caught.value.status().removeprefix("StatusCode."), caught.value.message()


def test_server_and_models_are_live_and_ready(grpc_client):
    assert grpc_client.is_server_live()
    assert grpc_client.is_server_ready()
    for version in ("", "1", "stable", "latest"):
        assert grpc_client.is_model_ready("digits", version)
    assert not grpc_client.is_model_ready("digit")
    assert not grpc_client.is_model_ready("digits", "2")


def test_server_metadata_is_that_of_http(grpc_client, client):
    assert grpc_client.get_server_metadata(as_json=True) == client.get_server_metadata()


@pytest.mark.parametrize("model", ["digits", "topic", "breast_cancer"])
def test_model_metadata_is_that_of_http(grpc_client, client, model):
    got = grpc_client.get_model_metadata(model, as_json=True)
    for tensor in got["inputs"] + got["outputs"]:
        tensor["shape"] = [int(dim) for dim in tensor["shape"]]
    told = client.get_model_metadata(model)
    for tensor in told["inputs"]:
        tensor.pop("parameters", None)  # names of columns, which Triton's contract has no field for
    assert got == told


def test_model_config_is_that_of_config_pbtxt(grpc_client):
    config = grpc_client.get_model_config("digits").config
    assert (config.name, config.backend, config.max_batch_size) == ("digits", "onnxruntime", 64)
    [pixels] = config.input
    assert (pixels.name, pixels.data_type, list(pixels.dims)) == ("pixels", 11, [1, 8, 8])
    assert config.output[0].label_filename == "labels.txt"


def test_statistics_count_requests_and_rows(grpc_client):
    def counts():
        [stats] = grpc_client.get_inference_statistics("digits", "1").model_stats
        success = stats.inference_stats.success
        return stats.inference_count, stats.execution_count, success.count

    before = counts()
    rows = grpc_input_of("pixels", "FP32", np.zeros([4, 1, 8, 8], np.float32))
    grpc_client.infer("digits", [rows])
    # An answer is counted once it is sent, which its client may see earlier.
    wait_until(lambda: [now - then for now, then in zip(counts(), before)] == [4, 1, 1])
    names = sorted(each.name for each in grpc_client.get_inference_statistics().model_stats)
    assert names == ["breast_cancer", "digits", "topic"]


@pytest.mark.parametrize(
    "method", ["get_model_metadata", "get_model_config", "get_inference_statistics"]
)
def test_unknown_model_is_not_found(grpc_client, method):
    code, message = code_of(getattr(grpc_client, method), "nobody")
    assert code == "NOT_FOUND" and "nobody" in message


def test_index_lists_models_versions_and_states(grpc_client):
    index = grpc_client.get_model_repository_index().models
    assert sorted((each.name, each.version, each.state) for each in index) == [
        ("breast_cancer", "1", "READY"),
        ("digits", "1", "READY"),
        ("topic", "1", "READY"),
    ]


def test_load_and_unload_are_refused_unless_explicit(grpc_client):
    for call in (grpc_client.load_model, grpc_client.unload_model):
        code, message = code_of(call, "digits")
        assert code == "PERMISSION_DENIED" and "--model-control=explicit" in message


@pytest.fixture(scope="module")
def explicit_client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(EXAMPLES / "digits", folder / "digits")
    (folder / "broken" / "1").mkdir(parents=True)
    (folder / "broken" / "1" / "model.onnx").write_bytes(b"no protobuf")
    with Server(folder, args=["--model-control=explicit"]) as server:
        with triton_grpc.InferenceServerClient(server.address) as client:
            yield client


def test_explicit_load_and_unload(explicit_client):
    client = explicit_client
    assert not client.is_model_ready("digits")
    client.load_model("digits")
    assert client.is_model_ready("digits")
    client.unload_model("digits")
    wait_until(lambda: not client.is_model_ready("digits"), what="the unload")


def test_loads_that_fail_say_why(explicit_client):
    code, message = code_of(explicit_client.load_model, "nobody")
    assert code == "NOT_FOUND" and "nobody" in message
    code, _ = code_of(explicit_client.load_model, "broken")
    assert code == "FAILED_PRECONDITION"
    [entry] = [e for e in explicit_client.get_model_repository_index().models if e.name == "broken"]
    assert entry.state == "UNAVAILABLE" and entry.reason
    code, message = code_of(explicit_client.load_model, "digits", config="{}")
    assert code == "UNIMPLEMENTED" and '"config"' in message
    code, message = code_of(
        explicit_client.load_model, "digits", config="{}", files={"file:1/model.onnx": b"any"}
    )
    assert code == "UNIMPLEMENTED"


def test_tracing_is_off_and_logging_says_what_it_logs(grpc_client):
    assert grpc_client.get_trace_settings().settings["trace_level"].value == ["OFF"]
    assert grpc_client.get_log_settings().settings["log_error"].bool_param
    code, _ = code_of(grpc_client.update_trace_settings, settings={"trace_level": ["TIMESTAMPS"]})
    assert code == "UNIMPLEMENTED"
    code, message = code_of(grpc_client.update_log_settings, {"log_info": False})
    assert code == "UNIMPLEMENTED" and "SIGUSR" in message


def test_shared_memory_is_unimplemented(grpc_client):
    for call, args in [
        (grpc_client.get_system_shared_memory_status, ()),
        (grpc_client.register_system_shared_memory, ("r", "/key", 64)),
        (grpc_client.unregister_system_shared_memory, ()),
        (grpc_client.register_cuda_shared_memory, ("r", b"", 0, 64)),
    ]:
        code, message = code_of(call, *args)
        assert code == "UNIMPLEMENTED" and "shared memory" in message


def test_health_checks_of_the_server_its_services_and_models(examples_server):
    with grpc.insecure_channel(examples_server.address) as channel:
        health = health_pb2_grpc.HealthStub(channel)

        def check(service):
            return health.Check(health_pb2.HealthCheckRequest(service=service)).status

        services = reflection.ProtoReflectionDescriptorDatabase(channel).get_services()
        assert "tensorflow.serving.PredictionService" in services
        for service in ("", "digits", *services):
            assert check(service) == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            check("nobody")
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
        assert "nobody" in caught.value.details()


class Watch:
    """What Watch says of one service, each with a time limit."""

    def __init__(self, channel, service):
        stub = health_pb2_grpc.HealthStub(channel)
        self.call = stub.Watch(health_pb2.HealthCheckRequest(service=service), timeout=20)

    def next(self):
        return health_pb2.HealthCheckResponse.ServingStatus.Name(next(self.call).status)


def test_watches_are_told_each_change(tmp_path):
    shutil.copytree(EXAMPLES / "digits", tmp_path / "digits")
    with Server(tmp_path, args=["--model-control=explicit"]) as server:
        with (
            grpc.insecure_channel(server.address) as channel,
            triton_grpc.InferenceServerClient(server.address) as client,
        ):
            whole, model = Watch(channel, ""), Watch(channel, "digits")
            unknown, others = Watch(channel, "nobody"), [Watch(channel, "digits") for _ in range(50)]
            assert whole.next() == "SERVING"
            assert unknown.next() == "SERVICE_UNKNOWN"
            for each in (model, *others):
                assert each.next() == "NOT_SERVING"
            client.load_model("digits")
            for each in (model, *others):
                assert each.next() == "SERVING"
            others.pop().call.cancel()
            client.unload_model("digits")
            for each in (model, *others):
                assert each.next() == "NOT_SERVING"
            server.send_signal(signal.SIGTERM)
            assert whole.next() == "NOT_SERVING"
            for each in (whole, model, unknown, *others):
                with pytest.raises(grpc.RpcError) as caught:
                    each.next()
                assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def test_a_watched_model_may_come_later(tmp_path):
    with Server(tmp_path, args=["--model-control=poll", "--poll-interval=100ms"]) as server:
        with grpc.insecure_channel(server.address) as channel:
            watch = Watch(channel, "digits")
            assert watch.next() == "SERVICE_UNKNOWN"
            shutil.copytree(EXAMPLES / "digits", tmp_path / "digits")
            while (said := watch.next()) != "SERVING":
                assert said == "NOT_SERVING"


def test_a_watch_is_asked_once(examples_server):
    with grpc.insecure_channel(examples_server.address) as channel:
        watch = channel.stream_stream("/grpc.health.v1.Health/Watch")
        for questions in ([], [b"", b""], [b"\x0a\x7f"]):
            with pytest.raises(grpc.RpcError) as caught:
                list(watch(iter(questions), timeout=20))
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def declarations(file):
    """{name: what it is} of all that a FileDescriptorProto declares."""
    found = {}

    def add_enum(prefix, enum):
        for value in enum.value:
            found[f"{prefix}.{enum.name}.{value.name}"] = value.number

    def add_message(prefix, message):
        name = f"{prefix}.{message.name}"
        for field in message.field:
            found[f"{name}.{field.name}"] = (field.number, field.type, field.label, field.type_name)
        for enum in message.enum_type:
            add_enum(name, enum)
        for nested in message.nested_type:
            add_message(name, nested)

    for message in file.message_type:
        add_message(file.package, message)
    for enum in file.enum_type:
        add_enum(file.package, enum)
    for service in file.service:
        for method in service.method:
            found[f"{file.package}.{service.name}/{method.name}"] = (
                method.input_type,
                method.output_type,
                method.client_streaming,
                method.server_streaming,
            )
    return found


def declarations_of(module):
    from google.protobuf import descriptor_pb2

    file = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(file)
    return declarations(file)


def test_the_contracts_are_those_that_the_clients_were_made_from(tmp_path):
    """Nothing of ours differs from theirs; what we leave out lies in the model configuration and in details of errors only."""
    from google.protobuf import any_pb2, descriptor_pb2, duration_pb2
    from google.rpc import error_details_pb2, status_pb2
    from tritonclient.grpc import model_config_pb2, service_pb2

    if shutil.which("protoc") is None:
        pytest.skip("no protoc")
    output = tmp_path / "contracts"
    subprocess.run(
        ["protoc", f"-I{PROTO}", f"--descriptor_set_out={output}", "--include_imports"]
        + ["inference/grpc_service.proto", "grpc/health/v1/health.proto"]
        + ["google/rpc/status.proto", "google/rpc/error_details.proto"],
        check=True,
        timeout=60,
    )
    files = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes()).file
    ours = {file.name: declarations(file) for file in files}
    service = declarations_of(service_pb2)
    theirs = dict(service)
    for module in (model_config_pb2, health_pb2, status_pb2, error_details_pb2, any_pb2, duration_pb2):
        theirs |= declarations_of(module)
    # Of MLServer's contract.
    added = "inference.ModelMetadataResponse.TensorMetadata.parameters"
    entry = "inference.ModelMetadataResponse.TensorMetadata.ParametersEntry"
    protocol = ours["inference/grpc_service.proto"]
    assert protocol.pop(added)[0] == 4 and protocol.pop(f"{entry}.key") and protocol.pop(f"{entry}.value")
    for declared in ours.values():
        assert declared.items() <= theirs.items()
    assert protocol == service
