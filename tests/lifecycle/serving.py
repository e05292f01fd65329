"""What the lifecycle tests ask of a server."""

import json

from support.models import TEST_MODELS
from support.repository import seal
from support.server import Server, wait_until
from support.tensors import outputs_of

POLL = ["--model-control=poll", "--poll-interval=100ms"]
X = [1.0, 2.0, 3.0, 4.0]
SLOW = (TEST_MODELS / "slow.onnx").read_bytes()


def polled(repository, *args, **options):
    return Server(repository, args=[*POLL, *args], **options)


def scale(server, model="m", version=None):
    """@return (version that answered, its factor); AssertionError unless 200."""
    inputs = [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": X}]
    answer = server.infer(model, inputs, version=version)
    assert answer.status == 200, answer
    y = outputs_of(answer)["y"]["data"]
    factor = y[0] / X[0]
    assert y == [factor * each for each in X]
    return int(answer.json()["model_version"]), factor


def index(server):
    """(model, version) -> entry of the repository index; version "" where the model itself has a problem."""
    return {(e["name"], e.get("version", "")): e for e in server.post("/v2/repository/index").json()}


def wait_state(server, model, version, state, reason=""):
    def reached():
        entry = index(server).get((model, str(version)))
        return entry and entry["state"] == state and reason in entry["reason"] and entry

    return wait_until(reached, 20, f"{model} {version} {state}")


def wait_gone(server, model, version):
    wait_until(lambda: (model, str(version)) not in index(server), 20, f"{model} {version} gone")


def endless(folder):
    """A bundle whose first example takes hours."""
    (folder / "model.onnx").write_bytes(SLOW)
    (folder / "examples").mkdir()
    example = {
        "origin": "self",
        "inputs": [{"name": "iterations", "datatype": "INT64", "shape": [1], "data": [10**10]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [64, 64], "data": [0] * 4096}],
    }
    (folder / "examples" / "long.json").write_text(json.dumps(example), encoding="utf-8")
    signature = {
        "inputs": [{"name": "iterations", "dtype": "INT64", "shape": [1]}],
        "outputs": [{"name": "y", "dtype": "FP32", "shape": [64, 64]}],
    }
    files = [{"path": "examples/long.json"}, {"path": "model.onnx"}]
    manifest = {"format_version": 1, "signature": signature, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    seal(folder)
