import os
import subprocess

import pytest

from support.models import ROOT
from support.server import has_onnxruntime, slipway_path

if has_onnxruntime():
    collect_ignore = ["test_small_program.py"]  # it is about a program without; .ci/run builds that one


@pytest.fixture
def slipway(tmp_path):
    """Runs a command: slipway("inspect", path) -> CompletedProcess; nothing of this machine's settings counts."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("SLIPWAY")}
    env["SLIPWAY_DATA"] = str(tmp_path / "data")

    def run(*words, program=None, cwd=ROOT):
        return subprocess.run(
            [program or slipway_path(), *map(str, words)],
            cwd=cwd,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
