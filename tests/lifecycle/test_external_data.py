"""Weights in files of their own: whatever location a model names, nothing outside its folder is opened."""

import os
import re
import struct

import pytest

from serving import index
from support.checks import check_error
from support.repository import external_model
from support.server import Server
from support.tensors import outputs_of
from support.traced_files import traced_opens

SECRET = struct.pack("<f", 7.0)
LOCATIONS = [
    "../secret",
    "sub/../../secret",
    "./sub/.././../secret",
    "/etc/passwd",
    "/etc/shadow",
    "/proc/self/mem",
    "/dev/zero",
    "ABSOLUTE",
    "link",
    "sub/link",
    "linked_folder/secret",
    "pipe",
    "sub",
    "..",
    "",
    "weights.bin/",
    "weights.bin\\..\\..\\secret",
    "file:///etc/passwd",
]


def fill(location, secret):
    """A version whose model names that location, beside everything that could lead out of its folder."""

    def write(folder):
        (folder / "model.onnx").write_bytes(external_model(str(secret) if location == "ABSOLUTE" else location))
        (folder / "sub").mkdir()
        (folder / "link").symlink_to("../secret")
        (folder / "sub" / "link").symlink_to(secret)
        (folder / "linked_folder").symlink_to("..")
        os.mkfifo(folder / "pipe")

    return write


def healthy(folder):
    (folder / "model.onnx").write_bytes(external_model("weights.bin"))
    (folder / "weights.bin").write_bytes(struct.pack("<f", 3.0))


def outside(opened, folder):
    """What was opened beside a version's own files, with any number for each number: ids of processes, versions."""
    return {re.sub(r"\d+", "N", path) for path in opened if not re.match(rf"{re.escape(str(folder))}/m/\d+(/|$)", path)}


def scaled(server):
    inputs = [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1.0] * 4}]
    return outputs_of(server.infer("m", inputs))["y"]["data"]


def test_no_location_makes_the_server_open_what_is_not_the_models(repository, tmp_path):
    secret = repository.folder / "m" / "secret"
    load = "/v2/repository/models/m/load"
    repository.put("m", 1, healthy)
    repository.put("unrelated", 1, healthy)
    secret.write_bytes(SECRET)
    with Server(repository, args=["--model-control=explicit", "--load-model=unrelated"]) as server:
        with traced_opens(server.pid, tmp_path / "healthy.log") as of_a_healthy_model:
            assert server.post(load).status == 200
        assert scaled(server) == [3.0] * 4
        assert str(repository.folder / "m" / "1" / "weights.bin") in of_a_healthy_model
        with traced_opens(server.pid, tmp_path / "hostile.log") as of_hostile_ones:
            for version, location in enumerate(LOCATIONS, 2):
                repository.put("m", version, fill(location, secret))
                refused = server.post(load)
                check_error(refused, 422, "version")
                assert "external" in index(server)["m", str(version)]["reason"], location
        assert outside(of_hostile_ones, repository.folder) <= outside(of_a_healthy_model, repository.folder)
        assert scaled(server) == [3.0] * 4
