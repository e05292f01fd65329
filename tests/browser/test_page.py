"""The page of a real server in a real browser: page_test.mjs, against models whose names attack it."""

import json
import os
import pathlib
import subprocess
import urllib.parse

import pytest
from support.models import EXAMPLES, TEST_MODELS
from support.repository import row_model
from support.server import Server, slipway_path

HERE = pathlib.Path(__file__).resolve().parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

# A folder's name is a model's name: anything but a slash.
CANARIES = [
    '<img src=x onerror="window.canary=true">',
    "'\"><script>window.canary=true;alert(1)<!--",
]


@pytest.fixture(scope="session", autouse=True)
def browser_tools():
    """playwright-core in node_modules, in the version of the lock file; skips when it cannot be had."""
    if not pathlib.Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    if not (HERE / "node_modules" / "playwright-core").exists():
        npm = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE,
                             capture_output=True, text=True, timeout=120)
        if npm.returncode != 0:
            pytest.skip("playwright-core cannot be fetched: " + npm.stderr.strip().splitlines()[-1])


def check_page(server, texts=(), paths=()):
    command = ["node", str(HERE / "page_test.mjs"), f"http://{server.address}"]
    for text in texts:
        command += ["--text", text]
    for path in paths:
        command += ["--open", path]
    run = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stdout + run.stderr


def test_page_of_the_examples():
    with Server(EXAMPLES) as server:
        check_page(server)


def canary(where):
    """Markup that would run, and is known again."""
    return f"<img src=x onerror=\"window.canary=true\"><script>alert('canary {where}')</script>"


def put(folder, version, model):
    """A version of a model, as bytes."""
    (folder / str(version)).mkdir(parents=True)
    (folder / str(version) / "model.onnx").write_bytes(model)


def with_hostile_names(folder):
    for name in CANARIES:
        put(folder / name, 1, (TEST_MODELS / "add_sub.onnx").read_bytes())
        put(folder / name, 2, name.encode())
        (folder / name / "config.pbtxt").write_text("version_policy: { all { } }\n", encoding="utf-8")


def with_hostile_tensors(folder):
    """Inputs, outputs and labels with markup in their names, an operator that is refused by name, an alias."""
    x, y, label = map(canary, ("input", "output", "label"))
    put(folder / "tensors", 1, row_model(2, x, y))
    put(folder / "tensors", 2, row_model(2, x, y, operator=canary("operator")))
    (folder / "tensors" / "labels.txt").write_text("\n".join([label, "b", "c", "d"]), encoding="utf-8")
    # JSON's escapes are those of a text format's string.
    output = f'name: {json.dumps(y)} data_type: TYPE_FP32 dims: [ 4 ] label_filename: "labels.txt"'
    config = f"max_batch_size: 8 output [ {{ {output} }} ] version_policy {{ all {{ }} }}\n"
    (folder / "tensors" / "config.pbtxt").write_text(config, encoding="utf-8")
    return x, y, label, canary("operator")


def with_hostile_settings(folder):
    """A platform and an alias that are refused by name."""
    put(folder / "platform", 1, row_model(2))
    (folder / "platform" / "config.pbtxt").write_text(f"platform: {json.dumps(canary('platform'))}\n", encoding="utf-8")
    put(folder / "alias", 1, row_model(2))
    (folder / "alias" / "aliases.json").write_text(json.dumps({canary("alias"): 1}), encoding="utf-8")
    return canary("platform"), canary("alias")


def with_hostile_example(folder):
    """A bundle with a golden example whose text attacks the page, and the shell that its line is pasted into."""
    text = canary("example") + "$(touch canary)`touch canary`"
    tensor = {"datatype": "BYTES", "shape": [1, 1], "data": [text]}
    example = {"inputs": [{"name": "INPUT0", **tensor}], "outputs": [{"name": "OUTPUT0", **tensor}]}
    examples = folder.parent / "examples"
    examples.mkdir()
    (examples / "first.json").write_text(json.dumps({"origin": "self", **example}), encoding="utf-8")
    (folder / "texts").mkdir()
    command = [slipway_path(), "convert", TEST_MODELS / "identity_bytes.onnx", "-o", folder / "texts" / "1"]
    subprocess.run([*command, "--examples", examples], check=True, capture_output=True, timeout=30)
    return text


def test_canaries_in_all_that_is_shown_are_inert(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    with_hostile_names(folder)
    shown = [*CANARIES, *with_hostile_tensors(folder), *with_hostile_settings(folder)]
    with_hostile_example(folder)
    name = urllib.parse.quote(CANARIES[0], safe="")
    others = ["/metrics", f"/v2/models/{name}", f"/v2/models/{name}/versions/9", f"/v2/models/no{name}", f"/v1/models/no{name}"]
    with Server(folder) as server:
        check_page(server, shown, others)
