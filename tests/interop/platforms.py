"""platform_clients.py, run in a virtual environment of its own."""

import json
import os
import subprocess

import stock
from support import packages

VENV = packages.BUILD / "venv-platforms"
CALL_S = 120


def install():
    """@return None, or why the clients are not there."""
    return packages.install(
        VENV, stock.HERE / "platforms.txt", stock.HERE / "platform_stubs.txt"
    )


def ask(folder, function, **arguments):
    """@param folder  for programs that a client runs: SageMaker's asks Docker where its containers are."""
    docker = folder / "docker"
    docker.write_text("#!/bin/sh\necho 'no Docker' >&2\nexit 1\n", encoding="ascii")
    docker.chmod(0o755)
    done = subprocess.run(
        [VENV / "bin" / "python", stock.HERE / "platform_clients.py", function, json.dumps(arguments)],
        env={
            **os.environ,
            "PATH": f"{folder}:{os.environ['PATH']}",
            "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
        },
        capture_output=True,
        text=True,
        timeout=CALL_S,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
