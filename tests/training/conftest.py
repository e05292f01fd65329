import json
import os
import subprocess

import pytest

from support.models import ROOT
from support.server import slipway_path


def clean_environment(tmp_path):
    """Nothing of this machine's settings counts."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("SLIPWAY")}
    env["SLIPWAY_DATA"] = str(tmp_path / "data")
    return env


class Trainer:
    """`slipway train`, with two threads unless said otherwise."""

    def __init__(self, tmp_path):
        self.folder = tmp_path
        self.env = clean_environment(tmp_path)

    def command(self, data, target, out, *words):
        given = ["train", data, "--target", target, "-o", out, "--json", *words]
        if "--threads" not in words:
            given += ["--threads", "2"]
        return [slipway_path(), *map(str, given)]

    def run(self, *words, **options):
        return subprocess.run(
            self.command(*words), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=False, **options
        )

    def start(self, *words):
        return subprocess.Popen(
            self.command(*words), cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def report(self, *words):
        """What a training that works has to say."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def trainer(tmp_path):
    return Trainer(tmp_path)
