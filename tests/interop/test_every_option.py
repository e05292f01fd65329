"""Every option, variable and setting that the program of another server has is known to `--as`: it becomes a setting, is
named as without effect, or is refused with a sentence, but is never nobody's.

The programs themselves tell what they have (real_options.py). Triton's and TensorFlow Serving's are on no package index.
"""

import json
import os
import shutil
import subprocess

import pytest

import platforms
import side_by_side
import stock
from support import packages
from support.classical import FIXTURES
from support.models import EXAMPLES
from support.server import ROOT, slipway_path
from test_kserve_servers import VENV as KSERVE_VENV
from test_mlserver import VENV as MLSERVER_VENV

ONNX = EXAMPLES / "digits" / "1" / "model.onnx"
NOBODYS = "no_such_word"  # shows that a word of nobody's would be found


@pytest.fixture(scope="module")
def theirs():
    """theirs(server) -> {"options": [...], "variables": [...], "settings": [...]}, each where it has them."""
    installs = {
        "flask": (side_by_side.VENV, side_by_side.install),
        "mlflow": (side_by_side.VENV, side_by_side.install),
        "mlserver": (MLSERVER_VENV, lambda: packages.install(MLSERVER_VENV, stock.HERE / "mlserver.txt")),
        "sklearnserver": (KSERVE_VENV, lambda: packages.install(KSERVE_VENV, stock.HERE / "kserve_servers.txt")),
        "torchserve": (platforms.VENV, platforms.install),
    }

    def ask(server):
        venv, install = installs[server]
        if missing := install():
            pytest.skip(missing)
        command = [venv / "bin" / "python", stock.HERE / "real_options.py", server]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    return ask


def told(server, words, **variables):
    """All that `slipway serve --as` says of a command line, without serving."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("SLIPWAY")}
    command = [slipway_path(), "serve", "--as", server, *map(str, words), "--check"]
    done = subprocess.run(
        command, cwd=ROOT, env=inherited | variables, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture
def words(tmp_path):
    """words(server) -> a command line that is right."""

    def make(server):
        model = tmp_path / "net.onnx"
        shutil.copy(ONNX, model)
        if server == "flask":
            return ["run", EXAMPLES / "digits"]
        if server == "mlflow":
            (tmp_path / "MLmodel").write_text("flavors:\n  onnx:\n    data: net.onnx\n", encoding="utf-8")
            return ["models", "serve", "-m", tmp_path]
        if server == "torchserve":
            return ["--model-store", tmp_path, "--disable-token-auth", "--models", "net.onnx"]
        shutil.copy(FIXTURES["sklearn-bagging-regressor"].model, tmp_path / "model.pkl")
        return ["--model_dir", tmp_path]

    return make


@pytest.mark.parametrize("server", ["flask", "mlflow", "sklearnserver", "torchserve"])
def test_options(theirs, words, server):
    options, right = theirs(server)["options"], words(server)
    assert len(options) > 10
    unknown = [each for each in [*options, f"--{NOBODYS}"] if f"{each} is no option of" in told(server, [*right, each, "1"])]
    assert unknown == [f"--{NOBODYS}"]


@pytest.mark.parametrize("server", ["flask", "mlflow"])
def test_variables(theirs, words, server):
    variables, right = theirs(server)["variables"], words(server)
    assert len(variables) > 3
    plain = told(server, right)
    without_effect = [
        each for each in [*variables, NOBODYS.upper()] if all(told(server, right, **{each: text}) == plain for text in "01")
    ]
    assert without_effect == [NOBODYS.upper()]


def test_mlservers_settings(theirs, tmp_path):
    settings = theirs("mlserver")["settings"]
    assert len(settings) > 20
    (tmp_path / "settings.json").write_text(json.dumps(dict.fromkeys([*settings, NOBODYS], 1)), encoding="utf-8")
    said = told("mlserver", ["start", tmp_path])
    unknown = [each for each in [*settings, NOBODYS] if f"{each}: is no setting of MLServer" in said]
    assert unknown == [NOBODYS]


def test_torchserves_properties(theirs, words, tmp_path):
    properties = theirs("torchserve")["settings"]
    assert len(properties) > 50
    file = tmp_path / "config.properties"
    file.write_text("".join(f"{name}=1\n" for name in [*properties, NOBODYS]), encoding="utf-8")
    said = told("torchserve", [*words("torchserve"), "--ts-config", file])
    unknown = [each for each in [*properties, NOBODYS] if f"{each}: is no property of TorchServe" in said]
    assert unknown == [NOBODYS]
