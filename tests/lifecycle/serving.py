"""What the lifecycle tests ask of a server."""

import contextlib
import http.client
import json
import os
import time

from support.models import TEST_MODELS
from support.repository import seal
from support.server import Server, wait_until
from support.tensors import outputs_of

POLL = ["--model-control=poll", "--poll-interval=100ms"]
X = [1.0, 2.0, 3.0, 4.0]
SLOW = (TEST_MODELS / "slow.onnx").read_bytes()
AT_ONCE_S = 0.2 if os.environ.get("SLIPWAY_TEST_SCALE") == "release" else 1  # an ordinary run shares its processors


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


def readiness(connection):
    """@return the status, over a kept connection, and what is said of the connection"""
    connection.request("GET", "/v2/health/ready")
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("connection")


@contextlib.contextmanager
def kept_connections(server):
    """Two connections over which the server has said that it is ready."""
    with contextlib.ExitStack() as stack:
        kept = [stack.enter_context(contextlib.closing(http.client.HTTPConnection(server.address, timeout=10))) for _ in "12"]
        assert [readiness(connection) for connection in kept] == [(200, None)] * 2
        yield kept


def check_unready_at_once(kept, signalled):
    """What was ready says 503, and that it closes, at once after `signalled`, a time.monotonic().

    An answer from the moment of the signal may still be 200 and close one of the kept connections.
    """
    kept = list(kept)
    while (said := readiness(kept[0])) != (503, "close"):
        assert time.monotonic() - signalled <= AT_ONCE_S, said
        if said[1] == "close":
            kept.pop(0)
    spent = time.monotonic() - signalled
    assert spent <= AT_ONCE_S, f"took {spent:.3f} s"


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
