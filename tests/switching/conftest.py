"""Command lines of other servers that are refused, and the program by other names."""

import os
import subprocess

import pytest

from support.server import ROOT, slipway_path


@pytest.fixture
def refusal():
    """Runs `slipway serve --as …` that is not to start: refusal(words) -> (exit code, standard error)."""

    def run(personality, *words, env=None):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLIPWAY")}
        done = subprocess.run(
            [slipway_path(), "serve", "--as", personality, *map(str, words)],
            cwd=ROOT,
            env={**inherited, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr

    return run


@pytest.fixture
def link(tmp_path):
    """The program by another name: link("tritonserver") -> its path. None stays None, for `slipway serve --as`."""

    def make(name):
        if name is None:
            return None
        path = tmp_path / name
        path.symlink_to(os.path.abspath(slipway_path()))
        return path

    return make
