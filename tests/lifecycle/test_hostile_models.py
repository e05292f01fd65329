"""Broken models meet the probe child first: whatever they do to it, the server goes on."""

import os
import random
import struct

import pytest

from readiness import Readiness
from serving import SLOW, endless, index, polled, scale, wait_state
from support.models import TEST_MODELS
from support.onnx_data import deadly_model
from support.opened_files import watch_opens
from support.repository import external_model, scaled_model
from support.server import Server

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"


def flipped(data, seed):
    """With one bit changed."""
    chooser = random.Random(seed)
    damaged = bytearray(data)
    damaged[chooser.randrange(len(data))] ^= 1 << chooser.randrange(8)
    return bytes(damaged)


def test_flipped_and_cut_models_leave_the_server_as_it_is(repository):
    count = 300 if IS_RELEASE else 20
    small = (TEST_MODELS / "zipmap_int64.onnx").read_bytes()
    for seed in range(count):
        repository.put(f"flip_{seed}", 1, flipped(small, seed))
        repository.put(f"cut_{seed}", 1, small[: random.Random(seed).randrange(len(small))])
    repository.put("m", 1, scaled_model(2))
    with Server(repository, ready_timeout_s=300) as server:
        pid = server.pid
        for (model, _), entry in index(server).items():
            assert entry["state"] == "READY" or entry["reason"], model
        assert scale(server) == (1, 2)
        assert server.pid == pid and server.is_running()


def with_weights(location, weights):
    """A version whose model keeps its weight of 3.0 in `location`; the file is there when `weights`."""

    def fill(folder):
        (folder / "model.onnx").write_bytes(external_model(location))
        if weights:
            (folder / location).write_bytes(struct.pack("<f", 3.0))

    return fill


@pytest.mark.parametrize("location", ["../secret", "sub/../../secret", "ABSOLUTE", "link"])
def test_weights_outside_the_models_folder_are_refused_and_not_opened(repository, location):
    repository.put("m", 1, with_weights("weights.bin", weights=True))
    secret = repository.folder / "m" / "secret"
    secret.write_bytes(struct.pack("<f", 7.0))

    def hostile(folder):
        with_weights(str(secret) if location == "ABSOLUTE" else location, weights=False)(folder)
        (folder / "link").symlink_to("../secret")

    with polled(repository) as server, watch_opens(secret) as opened:
        assert scale(server) == (1, 3)
        repository.put("m", 2, hostile)
        reason = wait_state(server, "m", 2, "UNAVAILABLE")["reason"]
        assert "external" in reason
        assert '"w"' in reason or '"link"' in reason
        assert scale(server) == (1, 3)
        assert not opened()
        assert secret.read_bytes() and opened()  # it would have been seen


def verified(data):
    folder = data / "verified"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_what_passed_the_probe_is_remembered(repository, tmp_path):
    data = tmp_path / "data"
    repository.put("m", 1, scaled_model(2))
    with Server(repository, data=data) as server:
        assert scale(server) == (1, 2)
    (passed,) = verified(data)
    before = (data / "verified" / passed).stat()
    # A probe that ran again would fail: one MiB is not enough to load anything.
    with Server(repository, data=data, args=["--probe-memory-limit=1MiB"]) as server:
        assert scale(server) == (1, 2)
    assert verified(data) == [passed]
    assert (data / "verified" / passed).stat().st_mtime_ns == before.st_mtime_ns


def test_probe_that_dies_of_its_limits_refuses_the_model_only(repository, tmp_path):
    data = tmp_path / "data"
    repository.put("m", 1, scaled_model(2))
    with Server(repository, data=data):
        pass
    repository.put("unknown", 1, scaled_model(3))
    with Server(repository, data=data, args=["--probe-memory-limit=1MiB"]) as server:
        assert scale(server) == (1, 2)
        entry = wait_state(server, "unknown", 1, "UNAVAILABLE")
        assert entry["reason"]
    assert len(verified(data)) == 1


def test_model_that_was_refused_is_not_remembered(repository, tmp_path):
    data = tmp_path / "data"
    repository.put("m", 1, scaled_model(2))
    with polled(repository, data=data) as server:
        repository.put("bad", 1, flipped(SLOW, 0)[:200])
        wait_state(server, "bad", 1, "UNAVAILABLE")
        assert len(verified(data)) == 1


def test_model_that_aborts_the_runtime_ends_its_probe_only(repository):
    repository.put("m", 1, scaled_model(2))
    with polled(repository) as server, Readiness(server) as readiness:
        pid = server.pid
        repository.put("m", 2, deadly_model())
        wait_state(server, "m", 2, "UNAVAILABLE", "signal")
        assert scale(server) == (1, 2)
        assert server.pid == pid and server.is_running()
        readiness.check()


def test_model_that_outlasts_its_probe_is_refused_and_nothing_else_happens(repository):
    repository.put("m", 1, scaled_model(2))
    with polled(repository, "--probe-time-limit=1s") as server, Readiness(server) as readiness:
        pid = server.pid
        repository.put("m", 2, endless)
        wait_state(server, "m", 2, "UNAVAILABLE", "probe")
        assert scale(server) == (1, 2)
        assert server.pid == pid and server.is_running()
        readiness.check()


@pytest.mark.parametrize("as_file", [False, True], ids=["repository", "file"])
def test_start_with_nothing_but_a_broken_model_is_exit_1_and_one_sentence(repository, as_file):
    repository.put("bad", 1, b"no model")
    path = repository.folder / "bad" / "1" / "model.onnx" if as_file else repository
    server = Server(path, wait_ready=False).start()
    assert server.wait(30) == 1
    errors = [line for line in server.log if '"error"' in line]
    assert any("not an ONNX model" in line for line in errors)
    assert "cannot serve" in errors[-1]


def test_start_with_one_broken_model_serves_the_others(repository):
    repository.put("bad", 1, b"no model")
    repository.put("m", 1, scaled_model(2))
    with Server(repository) as server:
        assert scale(server) == (1, 2)
        assert index(server)["bad", "1"]["reason"]
        assert server.get("/v2/models/bad/ready").status in (404, 503)
