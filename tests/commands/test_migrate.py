"""`slipway migrate` says of each model of another server whether it works, and why not."""

import json
import shutil

import pytest

from support.models import EXAMPLES
from support.repository import row_model, seal

ONNX = EXAMPLES / "digits" / "1" / "model.onnx"


def put(path, text=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        shutil.copy(ONNX, path)
    else:
        path.write_text(text, encoding="utf-8")


def lines(done):
    assert done.stderr == "", done.stderr
    return done.stdout.splitlines()


def test_a_repository_that_works(slipway):
    done = slipway("migrate", EXAMPLES)
    assert done.returncode == 0
    assert lines(done) == ["breast_cancer: works", "digits: works", "topic: works"]


def test_tritons_repository(slipway, tmp_path):
    put(tmp_path / "fast" / "1" / "model.onnx")
    put(tmp_path / "fast" / "config.pbtxt", "optimization { }")
    put(tmp_path / "py" / "1" / "model.py", "import x")
    put(tmp_path / "py" / "config.pbtxt", 'backend: "python"')
    done = slipway("migrate", tmp_path)
    assert done.returncode == 1
    assert lines(done) == [
        'fast: works, with a note: "optimization" of config.pbtxt has no effect',
        'py: refused because config.pbtxt:1: backend "python" is not supported yet, expected "onnxruntime"',
    ]


def test_tensorflow_serving_s_folder_and_file(slipway, tmp_path):
    put(tmp_path / "new" / "1" / "model.onnx")
    put(tmp_path / "old" / "7" / "saved_model.pb", "x")
    config = "".join(f"config {{ name: '{name}' base_path: '{tmp_path}/{name}' }} " for name in ("new", "old"))
    put(tmp_path / "models.config", f"model_config_list {{ {config} }}")
    wanted = [
        "new: works",
        'old: refused because folder "7" is a TensorFlow SavedModel, which is not supported yet',
    ]
    assert lines(slipway("migrate", tmp_path / "models.config")) == wanted
    (tmp_path / "models.config").unlink()
    assert lines(slipway("migrate", tmp_path)) == wanted


def test_torchserve_s_store(slipway, tmp_path):
    put(tmp_path / "a.onnx")
    put(tmp_path / "b.mar", "PK")
    put(tmp_path / "config.properties", f"model_store={tmp_path}\nload_models=digits=a.onnx\n")
    refused = "b: refused because b.mar: zip: expected the record at its end"
    got = lines(slipway("migrate", tmp_path))
    assert got[0] == "a: works" and got[1].startswith(refused) and len(got) == 2
    assert lines(slipway("migrate", tmp_path / "config.properties")) == ["digits: works"]
    assert lines(slipway("migrate", tmp_path / "b.mar"))[0].startswith(refused)


def test_mistakes_of_torchserve_s_properties_are_those_of_serve(slipway, tmp_path):
    put(tmp_path / "a.onnx")
    properties = tmp_path / "config.properties"
    put(properties, f"model_store={tmp_path}\nfoo=bar\njob_queue_size=ab\n")
    mistakes = [
        f"{properties}:2: foo: is no property of TorchServe",
        f'{properties}:3: job_queue_size: expected a whole number, 0 or more, got "ab"',
    ]
    serve = ("serve", "--as", "torchserve", "--models", "a.onnx", "--ts-config", properties, "--check")
    for words in (("migrate", properties), serve):
        done = slipway(*words)
        assert done.returncode != 0
        assert all(mistake in done.stderr for mistake in mistakes), done.stderr


def test_mlserver_s_folder(slipway, tmp_path):
    put(tmp_path / "a" / "net.onnx")
    settings = {"name": "a", "parameters": {"uri": "net.onnx"}, "max_batch_size": 4}
    put(tmp_path / "a" / "model-settings.json", json.dumps(settings))
    skl = {"name": "b", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": "m.joblib"}}
    put(tmp_path / "b" / "model-settings.json", json.dumps(skl))
    done = slipway("migrate", tmp_path, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["layout"] == "mlserver"
    verdicts = {model["name"]: model for model in told["models"]}
    assert verdicts["a"]["verdict"] == "note" and verdicts["a"]["notes"] == ["max_batch_size has no effect"]
    assert verdicts["b"]["verdict"] == "refused" and "m.joblib" in verdicts["b"]["reason"]


def test_mlflow_s_model(slipway, tmp_path):
    put(tmp_path / "wine" / "model.onnx")
    put(tmp_path / "wine" / "MLmodel", "flavors:\n  onnx:\n    data: model.onnx\n")
    assert lines(slipway("migrate", tmp_path / "wine")) == ["wine: works"]
    assert lines(slipway("migrate", tmp_path / "wine" / "MLmodel")) == ["wine: works"]


def test_mlflow_s_model_of_the_working_folder(slipway, tmp_path):
    put(tmp_path / "wine" / "model.onnx")
    put(tmp_path / "wine" / "MLmodel", "flavors:\n  onnx:\n    data: model.onnx\n")
    for place in (".", "MLmodel"):
        assert lines(slipway("migrate", place, cwd=tmp_path / "wine")) == ["wine: works"]


def test_two_models_of_one_name(slipway, tmp_path):
    for folder in ("a", "b"):
        put(tmp_path / folder / "net.onnx")
        settings = {"name": "same", "parameters": {"uri": "net.onnx"}}
        put(tmp_path / folder / "model-settings.json", json.dumps(settings))
    done = slipway("migrate", tmp_path)
    assert done.returncode == 1
    assert lines(done) == ['same: refused because more than one source has a model "same"'] * 2


def test_a_configuration_that_the_model_does_not_fit(slipway, tmp_path):
    put(tmp_path / "m" / "1" / "model.onnx")
    put(tmp_path / "m" / "config.pbtxt", 'input { name: "pixels" data_type: TYPE_FP32 dims: [ 3 ] }')
    done = slipway("migrate", tmp_path)
    assert done.returncode == 1
    why = 'input "pixels": the configuration says FP32 [3], the model FP32 [-1,1,8,8]'
    assert lines(done) == [f"m: refused because {why}"]


def test_a_golden_example_that_is_not_reproduced(slipway, tmp_path):
    shutil.copytree(EXAMPLES / "digits", tmp_path / "digits")
    example = tmp_path / "digits" / "1" / "examples" / "blank.json"
    told = json.loads(example.read_text())
    told["outputs"][0]["data"] = [9] * len(told["outputs"][0]["data"])
    example.write_text(json.dumps(told))
    seal(tmp_path / "digits" / "1")
    done = slipway("migrate", tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith('digits: refused because example "blank": output "probabilities"'), done.stdout


ENSEMBLE = """
platform: "ensemble"
input { name: "IN" data_type: TYPE_FP32 dims: [ -1, 4 ] }
output { name: "OUT" data_type: TYPE_FP32 dims: [ -1, 4 ] }
ensemble_scheduling { step { model_name: "member" model_version: -1
  input_map { key: "x" value: "IN" } output_map { key: "%s" value: "OUT" } } }
"""


@pytest.mark.parametrize(
    ("output", "member", "verdict"),
    [
        ("y", row_model(2), "e: works"),
        ("z", row_model(2), 'e: refused because config.pbtxt:5: step with model "member": the model has no output "z"'),
        ("y", b"no model", 'e: refused because config.pbtxt:5: step with model "member": the model is not served'),
    ],
    ids=["works", "does not fit", "refused member"],
)
def test_an_ensemble_is_tried_with_its_members(slipway, tmp_path, output, member, verdict):
    put(tmp_path / "e" / "config.pbtxt", ENSEMBLE % output)
    (tmp_path / "e" / "1").mkdir()
    put(tmp_path / "member" / "1" / "model.onnx")
    (tmp_path / "member" / "1" / "model.onnx").write_bytes(member)
    assert lines(slipway("migrate", tmp_path))[0] == verdict


def test_a_file_that_is_no_model(slipway, tmp_path):
    put(tmp_path / "a" / "1" / "model.onnx", "no model")
    done = slipway("migrate", tmp_path)
    assert done.returncode == 1 and done.stdout.startswith("a: refused because ")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nothing", "cannot be opened"),
        ("text.txt", "expected a folder of models, a model_config_list"),
        ("empty", "holds no model"),
        ("bad.properties", "expected model_store"),
    ],
)
def test_what_is_none_says_so(slipway, tmp_path, name, why):
    put(tmp_path / "text.txt", "hello")
    put(tmp_path / "bad.properties", "job_queue_size=7")
    (tmp_path / "empty").mkdir()
    done = slipway("migrate", tmp_path / name)
    assert done.returncode == 1 and why in done.stderr and done.stderr.startswith("slipway migrate: ")
