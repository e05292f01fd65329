"""slipway convert: a plain .onnx becomes a bundle, which is served and answers as the file does."""

import json
import struct

import pytest

from support.checks import check_serves
from support.models import EXAMPLES, TEST_MODELS
from support.repository import external_model
from support.server import Server
from support.tensors import outputs_of

PLAIN = TEST_MODELS / "add_sub.onnx"


def digest_of(slipway, path):
    return json.loads(slipway("inspect", path, "--json").stdout)["digest"]


@pytest.mark.parametrize("name", ["sums.tar", "sums.slipway", "sums"])
def test_a_plain_file_becomes_a_bundle_that_is_served(slipway, tmp_path, name):
    out = tmp_path / name
    done = slipway("convert", PLAIN, "-o", out, "--name", "sums", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["output"] == str(out) and told["files"] == 2
    assert told["digest"] == digest_of(slipway, out)
    manifest = json.loads(slipway("bundle", "show", out, "--json").stdout)["manifest"]
    assert manifest["name"] == "sums" and manifest["lineage"]["source_format"] == "onnx"
    with Server(out) as server:
        [model] = server.get("/v2/models").json()["models"]
        check_serves(server, model)


def test_a_bundle_becomes_a_plain_file_again(slipway, tmp_path):
    bundle, plain = tmp_path / "sums.tar", tmp_path / "sums.onnx"
    assert slipway("convert", PLAIN, "-o", bundle).returncode == 0
    assert slipway("convert", bundle, "-o", plain).returncode == 0
    assert plain.read_bytes() == PLAIN.read_bytes()


def test_weights_in_a_file_of_their_own_come_along(slipway, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.onnx").write_bytes(external_model("weights.bin"))
    (source / "weights.bin").write_bytes(struct.pack("<f", 3.0))
    out = tmp_path / "scaled.tar"
    done = slipway("convert", source / "model.onnx", "-o", out)
    assert done.returncode == 0, done.stderr
    with Server(out) as server:
        inputs = [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1.0, 2.0, 3.0, 4.0]}]
        assert outputs_of(server.infer("scaled", inputs))["y"]["data"] == [3.0, 6.0, 9.0, 12.0]
    plain = slipway("convert", out, "-o", tmp_path / "scaled.onnx")
    assert plain.returncode == 1 and "further files" in plain.stderr


def test_what_is_there_is_not_overwritten(slipway, tmp_path):
    out = tmp_path / "sums.tar"
    assert slipway("convert", PLAIN, "-o", out).returncode == 0
    before = out.read_bytes()
    again = slipway("convert", EXAMPLES / "digits" / "1" / "model.onnx", "-o", out)
    assert again.returncode == 1 and str(out) in again.stderr
    assert out.read_bytes() == before


@pytest.mark.parametrize("out", ["out.tar", "out.onnx"])
@pytest.mark.parametrize("content", [b"no model", b"", PLAIN.read_bytes()[:100]], ids=["text", "empty", "cut"])
def test_what_is_no_model_is_named_and_leaves_nothing_behind(slipway, tmp_path, content, out):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(content)
    done = slipway("convert", broken, "-o", tmp_path / out)
    assert done.returncode == 1 and f"{broken}: the bytes are not an ONNX model" in done.stderr
    assert not (tmp_path / out).exists()
