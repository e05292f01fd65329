"""System shared memory of clients that break the rules: refused by name, and the server serves on."""

import contextlib
import os
import pathlib
import struct
import threading
import time
import uuid

import pytest

from support.checks import check_error, check_serves, unharmed
from support.models import TEST_MODELS
from support.server import Server, free_port

SHM = pathlib.Path("/dev/shm")
MODELS = [
    TEST_MODELS / f"{name}.onnx"
    for name in ("add_sub", "identity_fp32", "identity_bytes", "identity_uint8", "identity_bool")
]
CHURN_S = 2
MAX_BODY = 1 << 20


@pytest.fixture(scope="module")
def started():
    args = ["--allow-client-shm", f"--max-body={MAX_BODY}", f"--max-buffered={2 * MAX_BODY}"]
    with Server(*MODELS, args=args) as server:
        yield server


@pytest.fixture
def server(started):
    """After each test it is shown to be unharmed."""
    with unharmed(started):
        yield started
        started.post("/v2/systemsharedmemory/unregister")


@pytest.fixture
def entry():
    """A path in /dev/shm that is free, and is again afterwards."""
    path = SHM / f"slipway-test-{uuid.uuid4().hex}"
    yield path
    with contextlib.suppress(FileNotFoundError):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def register(server, key, name="lent", byte_size=64, **members):
    return server.post(
        f"/v2/systemsharedmemory/region/{name}/register",
        {"key": str(key), "byte_size": byte_size, **members},
    )


def key_of(entry):
    return f"/{entry.name}"


def lend(server, entry, content=bytes(64), name="lent"):
    entry.write_bytes(content)
    answer = register(server, key_of(entry), name, len(content))
    assert answer.status == 200 and answer.body == b""


def tensor_in(region="lent", byte_size=64, datatype="FP32", shape=(1, 16), **parameters):
    parameters = {
        "shared_memory_region": region,
        "shared_memory_byte_size": byte_size,
        **parameters,
    }
    shape = list(shape)
    return {"name": "INPUT0", "datatype": datatype, "shape": shape, "parameters": parameters}


def output_to(region="lent", byte_size=64, **parameters):
    return {
        "name": "OUTPUT0",
        "parameters": {
            "shared_memory_region": region,
            "shared_memory_byte_size": byte_size,
            **parameters,
        },
    }


def test_nothing_of_it_is_offered_unless_allowed():
    with Server(MODELS[1]) as server:
        assert "system_shared_memory" not in server.get("/v2").json()["extensions"]
        for answer in [
            register(server, "/any"),
            server.get("/v2/systemsharedmemory/status"),
            server.post("/v2/systemsharedmemory/unregister"),
            server.infer("identity_fp32", [tensor_in()]),
        ]:
            check_error(answer, 501, "shared memory")


def test_an_object_cut_short_and_grown_in_a_loop_harms_nobody(server, entry):
    size = 256 << 10
    lend(server, entry, bytes(size))
    stop = time.monotonic() + CHURN_S
    statuses = set()

    def churn():
        while time.monotonic() < stop:
            os.truncate(entry, 0)
            os.truncate(entry, size)

    churner = threading.Thread(target=churn)
    churner.start()
    whole = tensor_in(byte_size=size, shape=[1, size], datatype="UINT8")
    refused = []
    while time.monotonic() < stop:
        answer = server.infer("identity_uint8", [whole], outputs=[output_to(byte_size=size)])
        statuses.add(answer.status)
        if answer.status != 200:
            refused.append(answer)
    churner.join()
    assert statuses == {200, 400}
    for answer in refused:
        check_error(answer, 400, '"lent": its object has become shorter')


def test_regions_taken_away_under_load_harm_nobody(server, entry):
    lend(server, entry)
    stop = time.monotonic() + CHURN_S
    seen, unexpected = set(), []

    def infer():
        while time.monotonic() < stop:
            answer = server.infer("identity_fp32", [tensor_in()], outputs=[output_to()])
            seen.add(answer.status)
            if answer.status not in (200, 404):
                unexpected.append(answer)

    threads = [threading.Thread(target=infer) for _ in range(4)]
    for thread in threads:
        thread.start()
    while time.monotonic() < stop:
        server.post("/v2/systemsharedmemory/region/lent/unregister")
        register(server, key_of(entry))
    for thread in threads:
        thread.join()
    assert seen == {200, 404} and not unexpected


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.mkdir(),
        lambda path: os.mkfifo(path),
        lambda path: None,
        lambda path: (path.write_bytes(bytes(64)), path.chmod(0o400)),
    ],
    ids=["link", "folder", "pipe", "absent", "read_only"],
)
def test_what_is_no_object_of_ours_looks_like_what_is_absent(server, entry, make):
    make(entry)
    check_error(register(server, key_of(entry)), 404, "no shared memory object")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file away")
def test_a_privileged_server_does_not_lend_its_rights(server, entry):
    entry.write_bytes(bytes(64))
    os.chown(entry, 12345, 12345)
    entry.chmod(0o600)
    check_error(register(server, key_of(entry)), 404, "no shared memory object")
    entry.chmod(0o666)
    assert register(server, key_of(entry)).status == 200


@pytest.mark.parametrize(
    "key",
    ["", "/", "..", "/../etc/passwd", "/etc/passwd", "a/b", "/a\0b", "/a\nb", "x" * 256],
)
def test_keys_are_one_name(server, key):
    check_error(register(server, key), 400, "key")


def test_semaphores_are_not_lent(server):
    check_error(register(server, "/sem.any"), 403, "semaphores")


def test_a_prefix_narrows_what_may_be_lent(entry):
    with Server(*MODELS, args=["--allow-client-shm", "--client-shm-prefix=slipway-"]) as server:
        lend(server, entry)
        check_error(register(server, "/psm_other", "other"), 403, '"slipway-"')
        server.post("/v2/systemsharedmemory/unregister")


@pytest.mark.parametrize(
    "offset, byte_size",
    [(0, 65), (64, 1), (1, 64), (2**64 - 1, 1), (1, 2**64 - 1), (2**64 - 32, 64), (0, 0)],
)
def test_regions_lie_within_their_object(server, entry, offset, byte_size):
    entry.write_bytes(bytes(64))
    answer = register(server, key_of(entry), byte_size=byte_size, offset=offset)
    check_error(answer, 400, "byte_size")


@pytest.mark.parametrize(
    "offset, byte_size",
    [(0, 65), (64, 4), (4, 64), (2**64 - 1, 64), (2**64 - 64, 64), (1, 2**64 - 1)],
)
def test_tensors_lie_within_their_region(server, entry, offset, byte_size):
    lend(server, entry)
    place = {"byte_size": byte_size, "shared_memory_offset": offset}
    refused = server.infer("identity_fp32", [tensor_in(**place)])
    assert refused.status == (413 if byte_size > MAX_BODY else 400)
    whole = server.infer("identity_fp32", [tensor_in()], outputs=[output_to(**place)])
    check_error(whole, 400, 'output "OUTPUT0": shared memory region "lent"', "64 bytes")


@pytest.mark.parametrize("number", [-1, 1.5, 2**64, "64", None, [64]])
def test_sizes_are_whole_numbers(server, entry, number):
    entry.write_bytes(bytes(64))
    check_error(register(server, key_of(entry), byte_size=number), 400, "byte_size")
    check_error(register(server, key_of(entry), offset=number), 400, "offset")
    check_error(server.infer("identity_fp32", [tensor_in(byte_size=number)]), 400, '"INPUT0"')


def test_sizes_follow_the_shape(server, entry):
    lend(server, entry)
    for shape in ([1, 15], [1, 17], [1, 2**40]):
        check_error(server.infer("identity_fp32", [tensor_in(shape=shape)]), 400, '"INPUT0"')
    outputs = [output_to(byte_size=60)]
    check_error(
        server.infer("identity_fp32", [tensor_in()], outputs=outputs), 400, '"OUTPUT0"', "60"
    )


def test_content_is_checked_like_that_of_a_body(server, entry):
    lend(server, entry, struct.pack("<I", 61) + bytes(60))
    answer = server.infer("identity_bytes", [tensor_in(datatype="BYTES", shape=[1, 1])])
    check_error(answer, 400, "runs past")
    answer = server.infer("identity_bool", [tensor_in(datatype="BOOL", shape=[1, 64])])
    check_error(answer, 400, "BOOL", "61")


def test_messages_name_no_other_region(server, entry):
    lend(server, entry, name="secret")
    for answer in [
        server.infer("identity_fp32", [tensor_in("guess")]),
        server.get("/v2/systemsharedmemory/region/guess/status"),
        register(server, "/slipway-guess"),
    ]:
        check_error(answer, 404)
        assert "secret" not in answer.error and entry.name not in answer.error


def test_only_one_source_and_one_way_for_a_tensor(server, entry):
    lend(server, entry)
    both = {**tensor_in(), "data": [0.0] * 16}
    check_error(server.infer("identity_fp32", [both]), 400, '"data"', "both")
    half = tensor_in()
    del half["parameters"]["shared_memory_byte_size"]
    check_error(server.infer("identity_fp32", [half]), 400, '"shared_memory_byte_size" is missing')
    for parameter in ({"binary_data": True}, {"classification": 1}):
        outputs = [output_to(**parameter)]
        check_error(server.infer("identity_fp32", [tensor_in()], outputs=outputs), 400, "both")


def test_inputs_count_as_a_body_would(server, entry):
    """A large region costs neither memory nor more than the limits of bodies."""
    with open(entry, "wb") as file:
        file.truncate(1 << 40)
    assert register(server, key_of(entry), byte_size=1 << 40).status == 200
    before = server.rss_bytes()
    for size in (MAX_BODY + 4, 1 << 40):
        answer = server.infer("identity_fp32", [tensor_in(byte_size=size, shape=[1, size // 4])])
        check_error(answer, 413, str(MAX_BODY))
    for _ in range(20):  # what was charged is given back
        answer = server.infer(
            "identity_fp32",
            [tensor_in(byte_size=MAX_BODY, shape=[1, MAX_BODY // 4])],
            outputs=[output_to(byte_size=MAX_BODY)],
        )
        assert answer.status == 200, answer
    assert server.rss_bytes() - before < 64 << 20


def test_too_many_regions_are_refused(server, entry):
    entry.write_bytes(bytes(64))
    statuses = [register(server, key_of(entry), f"r{i}").status for i in range(1030)]
    assert statuses.count(200) == 1024 and set(statuses[1024:]) == {503}


def test_control_has_its_own_address(entry):
    control = f"127.0.0.1:{free_port()}"
    with Server(*MODELS, args=["--allow-client-shm", f"--control={control}"]) as server:
        entry.write_bytes(bytes(64))
        assert register(server, key_of(entry)).status == 404
        assert server.get("/v2/systemsharedmemory/status").status == 404
        controlled = server.at(control)
        assert register(controlled, key_of(entry)).status == 200
        assert server.infer("identity_fp32", [tensor_in()]).status == 200
        controlled.post("/v2/systemsharedmemory/unregister")
        check_serves(server)
