"""Tensors in system shared memory, made and read by the stock clients."""

import contextlib
import queue
import uuid

import pytest

import stock
from stock import InferenceServerException, dtype_of, np, triton, triton_grpc
from support.models import TEST_MODELS
from support.server import Server
from test_dtypes import BINARY_ONLY, ELEMENTS

if stock.missing is None:
    import tritonclient.utils.shared_memory as shm
    from google.protobuf import json_format
    from tritonclient.utils import serialize_byte_tensor

REGION_BYTES = 8192
OUTPUT_AT = 4096


@pytest.fixture(scope="module")
def server():
    with Server(TEST_MODELS, args=["--allow-client-shm"]) as server:
        yield server


@pytest.fixture(params=["http", "grpc"])
def kind(request):
    return {"http": triton, "grpc": triton_grpc}[request.param]


@pytest.fixture
def client(server, kind):
    with kind.InferenceServerClient(server.address) as client:
        yield client
        client.unregister_system_shared_memory()


@contextlib.contextmanager
def lent(client, name="lent", byte_size=REGION_BYTES):
    """A shared memory object of the client's own, registered under `name`."""
    key = f"/slipway-test-{uuid.uuid4().hex}"
    handle = shm.create_shared_memory_region(name, key, byte_size)
    try:
        client.register_system_shared_memory(name, key, byte_size)
        yield handle
    finally:
        client.unregister_system_shared_memory(name)
        shm.destroy_shared_memory_region(handle)


def in_memory(kind, datatype, shape, byte_size, offset=0, region="lent"):
    tensor = kind.InferInput("INPUT0", shape, datatype)
    tensor.set_shared_memory(region, byte_size, offset)
    return tensor


def to_memory(kind, byte_size, offset=OUTPUT_AT, region="lent", name="OUTPUT0"):
    output = kind.InferRequestedOutput(name)
    output.set_shared_memory(region, byte_size, offset)
    return output


def bytes_of(array):
    """The elements as they lie in the region."""
    return serialize_byte_tensor(array).item() if array.dtype == np.object_ else array.tobytes()


def described(result):
    """What the answer itself says of its output."""
    output = result.get_output("OUTPUT0")
    return output if isinstance(output, dict) else json_format.MessageToDict(output)


def refusal(call, *args, **options):
    with pytest.raises(InferenceServerException) as caught:
        call(*args, **options)
    return caught.value.status().removeprefix("StatusCode."), caught.value.message()


@pytest.mark.parametrize("datatype, elements", [*ELEMENTS.items(), *BINARY_ONLY.items()])
def test_every_data_type_goes_and_comes_by_shared_memory(client, kind, datatype, elements):
    array = np.array(elements, dtype=dtype_of(datatype)).reshape(2, 3)
    size = len(bytes_of(array))
    with lent(client) as handle:
        shm.set_shared_memory_region(handle, [np.frombuffer(bytes_of(array), np.uint8)])
        result = client.infer(
            f"identity_{datatype.lower()}",
            [in_memory(kind, datatype, [2, 3], size)],
            outputs=[to_memory(kind, size)],
        )
        got = shm.get_contents_as_numpy(handle, dtype_of(datatype), [2, 3], OUTPUT_AT)
        assert bytes_of(got) == bytes_of(array)
        del got  # lies in the region
    output = described(result)
    assert output["datatype"] == datatype and [int(each) for each in output["shape"]] == [2, 3]
    assert sorted(output) == ["datatype", "name", "shape"]


def test_inputs_and_outputs_may_each_go_their_own_way(client, kind):
    numbers, ones = np.arange(16, dtype=np.int32).reshape(1, 16), np.ones((1, 16), np.int32)
    with lent(client) as handle:
        shm.set_shared_memory_region(handle, [numbers], offset=64)
        sent = kind.InferInput("INPUT1", [1, 16], "INT32")
        sent.set_data_from_numpy(ones)
        result = client.infer(
            "add_sub",
            [in_memory(kind, "INT32", [1, 16], 64, offset=64), sent],
            outputs=[to_memory(kind, 64), kind.InferRequestedOutput("OUTPUT1")],
        )
        in_region = shm.get_contents_as_numpy(handle, np.int32, [1, 16], OUTPUT_AT).copy()
    assert (in_region == numbers + ones).all()
    assert (result.as_numpy("OUTPUT1") == numbers - ones).all()


def test_streams_use_it_too(server):
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    answers = queue.SimpleQueue()
    with triton_grpc.InferenceServerClient(server.address) as client, lent(client) as handle:
        shm.set_shared_memory_region(handle, [numbers])
        client.start_stream(lambda result, error: answers.put((result, error)))
        client.async_stream_infer(
            "identity_fp32",
            [in_memory(triton_grpc, "FP32", [2, 3], 24)],
            outputs=[to_memory(triton_grpc, 24)],
        )
        assert answers.get(timeout=10)[1] is None
        assert (shm.get_contents_as_numpy(handle, np.float32, [2, 3], OUTPUT_AT) == numbers).all()
        client.async_stream_infer(
            "identity_fp32", [in_memory(triton_grpc, "FP32", [2, 3], 24, region="other")]
        )
        assert '"other": not registered' in str(answers.get(timeout=10)[1])
        client.stop_stream()


def test_status_tells_what_is_registered(client, kind):
    def status(*args):
        told = client.get_system_shared_memory_status(*args)
        return {r.name: r for r in told.regions.values()} if kind is triton_grpc else {r["name"]: r for r in told}

    assert status() == {}
    with lent(client, "a"), lent(client, "b", 4096):
        assert sorted(status()) == ["a", "b"]
        one = status("b")["b"]
        assert (one["byte_size"] if kind is triton else one.byte_size) == 4096
        assert refusal(client.get_system_shared_memory_status, "c")[0] in ("404", "NOT_FOUND")
        client.unregister_system_shared_memory("a")
        assert list(status()) == ["b"]
        client.unregister_system_shared_memory()
        assert status() == {}


def test_a_region_that_is_not_registered_is_named(client, kind):
    code, message = refusal(
        client.infer, "identity_fp32", [in_memory(kind, "FP32", [2, 3], 24, region="other")]
    )
    assert code in ("404", "NOT_FOUND")
    assert message == 'input "INPUT0": shared memory region "other": not registered'


def test_a_name_that_is_taken_is_refused(client):
    with lent(client):
        code, message = refusal(client.register_system_shared_memory, "lent", "/absent", 64)
        assert code in ("404", "NOT_FOUND")
        code, message = refusal(
            client.register_system_shared_memory, "lent", shm.mapped_shared_memory_regions()[0], 64
        )
        assert code in ("409", "ALREADY_EXISTS") and '"lent": already registered' in message


def test_server_metadata_lists_it(client, kind):
    told = client.get_server_metadata()
    extensions = told["extensions"] if kind is triton else told.extensions
    assert "system_shared_memory" in extensions and "cuda_shared_memory" not in extensions


def test_there_are_no_regions_of_cuda_shared_memory(client, kind):
    told = client.get_cuda_shared_memory_status()
    assert len(told if kind is triton else told.regions) == 0
    client.unregister_cuda_shared_memory()
    for call, args in [
        (client.get_cuda_shared_memory_status, ("r",)),
        (client.register_cuda_shared_memory, ("r", b"", 0, 64)),
        (client.unregister_cuda_shared_memory, ("r",)),
    ]:
        code, message = refusal(call, *args)
        assert code in ("501", "UNIMPLEMENTED") and "CUDA shared memory" in message
