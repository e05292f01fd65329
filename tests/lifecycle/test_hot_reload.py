"""A polled repository: what works takes over at once, what does not never takes traffic and says why."""

import functools
import json
import shutil
import subprocess

import pytest

from serving import index, polled, scale, wait_gone, wait_state
from support.models import EXAMPLES, examples
from support.repository import heavy_model, scaled_model, seal
from support.server import Server, slipway_path, wait_until
from support.tensors import outputs_of

DIGITS = EXAMPLES / "digits" / "1"


def check_old_serves(server, version, factor):
    assert scale(server) == (version, factor)
    assert server.get("/v2/health/ready").status == 200
    assert server.get("/v2/models/m/ready").status == 200


def check_refused(server, model, version, *words):
    """The reason is in the index, in the log and in the metrics."""
    entry = wait_state(server, model, version, "UNAVAILABLE", words[0])
    for word in words:
        assert word in entry["reason"]
    logged = json.loads(server.wait_for_log(f'"model version refused","model":"{model}","version":{version},'))
    assert logged["error"] == entry["reason"]
    metrics = server.get("/metrics").text
    labels = f'model="{model}",version="{version}"'
    assert f'slipway_model_load_failures_total{{{labels},reason="bad_model"}}' in metrics
    assert f'slipway_model_version_state{{{labels},state="failed"}} 1' in metrics


def test_new_version_takes_over_and_the_old_one_goes(repository):
    repository.put("m", 1, scaled_model(2))
    with polled(repository) as server:
        assert scale(server) == (1, 2)
        repository.put("m", 2, scaled_model(5))
        wait_state(server, "m", 2, "READY")
        assert scale(server) == (2, 5)
        wait_gone(server, "m", 1)
        wait_until(lambda: 'model="m",version="1"' not in server.get("/metrics").text)


def test_models_come_and_go(repository):
    repository.put("m", 1, scaled_model(2))
    with polled(repository) as server:
        repository.put("other", 7, scaled_model(9))
        wait_state(server, "other", 7, "READY")
        assert scale(server, "other") == (7, 9)
        repository.remove("other")
        wait_gone(server, "other", 7)
        assert server.get("/v2/models/other").status == 404
        assert scale(server) == (1, 2)


def test_content_replaced_in_place_is_loaded(repository):
    repository.put("m", 1, scaled_model(2))
    with polled(repository) as server:
        repository.put("m", 1, scaled_model(3))
        wait_until(lambda: scale(server) == (1, 3), 20)


@pytest.mark.parametrize(
    "content,words",
    [
        (b"no model", ["not an ONNX model"]),
        (scaled_model(2)[:-20], ["ONNX"]),
        (lambda folder: (folder / "readme.txt").write_text("empty"), ["model.onnx"]),
    ],
    ids=["bytes", "cut", "no model file"],
)
def test_version_that_does_not_load_never_takes_traffic(repository, content, words):
    repository.put("m", 1, scaled_model(2))
    with polled(repository) as server:
        repository.put("m", 2, content)
        wait_state(server, "m", 2, "UNAVAILABLE", words[0])
        check_refused(server, "m", 2, *words)
        check_old_serves(server, 1, 2)
        repository.put("m", 2, scaled_model(4))
        wait_state(server, "m", 2, "READY")
        assert scale(server) == (2, 4)


def wrong_example(folder, number=0):
    """digits 1, with an output in one of its examples that the model does not give."""
    shutil.copytree(DIGITS, folder, dirs_exist_ok=True)
    path = sorted((folder / "examples").iterdir())[number]
    example = json.loads(path.read_text(encoding="utf-8"))
    example["outputs"][0]["data"][3] += 0.25
    path.write_text(json.dumps(example), encoding="utf-8")
    seal(folder)


def changed_file(folder):
    """digits 1, with one byte of the model changed behind the manifest's back."""
    shutil.copytree(DIGITS, folder, dirs_exist_ok=True)
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx").write_bytes(data)


@pytest.mark.parametrize(
    "content,words",
    [(wrong_example, ["example", "probabilities"]), (changed_file, ["model.onnx"])],
    ids=["golden output differs", "file differs from its digest"],
)
def test_bundle_that_fails_its_proof_never_takes_traffic(repository, content, words):
    golden = next(e for model, name, e in examples() if (model, name) == ("digits", "seven"))
    repository.put("digits", 1, lambda folder: shutil.copytree(DIGITS, folder, dirs_exist_ok=True))
    with polled(repository) as server:
        before = outputs_of(server.infer("digits", golden["inputs"]))
        repository.put("digits", 2, content)
        check_refused(server, "digits", 2, *words)
        answer = server.infer("digits", golden["inputs"])
        assert answer.json()["model_version"] == "1"
        assert outputs_of(answer) == before
        assert server.get("/v2/health/ready").status == 200


def test_a_load_replays_three_examples_and_verify_replays_all(repository):
    repository.put("digits", 1, functools.partial(wrong_example, number=3))
    with Server(repository) as server:
        assert json.loads(server.wait_for_log('"model loaded"'))["examples_replayed"] == 3
    command = [slipway_path(), "inspect", repository.folder / "digits" / "1", "--verify"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout.count(": reproduced") == 5
    wrong = next(line for line in done.stdout.splitlines() if "thirty_two: " in line)
    assert "probabilities" in wrong


def test_alias_switches_without_a_load(repository):
    repository.put("m", 1, scaled_model(2))
    repository.put("m", 2, scaled_model(5))
    repository.put_file("m", "config.pbtxt", "version_policy: { all: {} }")
    repository.put_file("m", "aliases.json", '{"stable": 1}')
    with polled(repository) as server:
        assert scale(server, version="stable") == (1, 2)
        loads = sum("model loaded" in line for line in server.log)
        repository.put_file("m", "aliases.json", '{"stable": 2, "old": 1}')
        wait_until(lambda: scale(server, version="stable") == (2, 5), 20)
        assert scale(server, version="old") == (1, 2)
        assert scale(server, version="latest") == (2, 5)
        assert sum("model loaded" in line for line in server.log) == loads


@pytest.mark.parametrize("name,text", [("aliases.json", "{"), ("config.pbtxt", "max_batch_siz: 4")])
def test_unreadable_configuration_keeps_what_was_served(repository, name, text):
    repository.put("m", 1, scaled_model(2))
    repository.put_file("m", "aliases.json", '{"stable": 1}')
    with polled(repository) as server:
        repository.put_file("m", name, text)
        entry = wait_state(server, "m", 1, "READY", name)
        assert entry["reason"]
        repository.put("m", 2, scaled_model(3))  # waits until the file can be read
        repository.put("other", 1, scaled_model(4))
        wait_state(server, "other", 1, "READY")
        assert scale(server) == (1, 2)
        assert scale(server, version="stable") == (1, 2)
        repository.put_file("m", name, "{}" if name == "aliases.json" else "")
        wait_state(server, "m", 2, "READY")
        assert scale(server) == (2, 3)


def test_heavy_model_is_what_it_says(repository):
    repository.put("m", 1, heavy_model(2, 16))
    with polled(repository) as server:
        inputs = [{"name": "x", "datatype": "FP32", "shape": [2, 4], "data": [1.0] * 8}]
        assert outputs_of(server.infer("m", inputs))["y"]["data"] == [8.0, 8.0]


def test_an_empty_repository_says_what_could_lie_there(tmp_path):
    with Server(tmp_path) as server:
        said = server.wait_for_log("holds no model")
        assert str(tmp_path) in said and "name/1/model.onnx" in said
