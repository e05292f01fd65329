import json
import os
import subprocess

import pytest

from support.models import ROOT
from support.server import slipway_path


@pytest.fixture
def run(tmp_path):
    """run("optimise", path, …) -> CompletedProcess; nothing of this machine's settings counts."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("SLIPWAY")}
    env["SLIPWAY_DATA"] = str(tmp_path / "data")

    def run(*words):
        command = [slipway_path(), *map(str, words)]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def optimise(run, tmp_path):
    """Optimises a model: optimise(path or ModelProto, "pass,pass", data=…) -> (path, report)."""

    def optimise(model, passes=None, *options, data=None):
        source = model
        if hasattr(model, "SerializeToString"):
            source = tmp_path / "source.onnx"
            source.write_bytes(model.SerializeToString())
        out = tmp_path / f"optimised{len(list(tmp_path.glob('optimised*')))}.onnx"
        words = ["optimise", source, "-o", out, "--json", *options]
        words += ["--passes", passes] if passes else []
        words += ["--data", data] if data else []
        done = run(*words)
        assert done.returncode == 0, done.stderr
        return out, json.loads(done.stdout)

    return optimise
