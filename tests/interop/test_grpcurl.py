"""Server reflection through grpcurl, which asks v1 first, and calls by what it learned there."""

import json
import os
import shutil
import subprocess

import pytest

from support.packages import BUILD
from test_grpc_reflection import SERVICES

GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3"


@pytest.fixture(scope="module")
def grpcurl():
    """Runs grpcurl and returns what it prints."""
    program = shutil.which("grpcurl")
    if program is None:
        if shutil.which("go") is None:
            pytest.skip("no grpcurl, and no Go to build it")
        environment = os.environ | {"GOPATH": str(BUILD / "go"), "GOFLAGS": "-modcacherw"}
        try:
            built = subprocess.run(
                ["go", "install", GRPCURL],
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
            )
        except subprocess.TimeoutExpired:
            pytest.skip("no grpcurl: it was not built in time")
        if built.returncode != 0:
            pytest.skip(f"no grpcurl: {built.stderr.strip().splitlines()[-1]}")
        program = BUILD / "go" / "bin" / "grpcurl"

    def run(*args):
        done = subprocess.run([program, *args], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_grpcurl_lists_describes_and_calls(grpcurl, examples_server):
    address = examples_server.address
    assert set(grpcurl("-plaintext", address, "list").split()) >= SERVICES
    method = "inference.GRPCInferenceService.ServerReady"
    assert "rpc ServerReady" in grpcurl("-plaintext", address, "describe", method)
    assert json.loads(grpcurl("-plaintext", address, method)) == {"ready": True}
    question = json.dumps({"name": "digits"})
    described = json.loads(
        grpcurl("-plaintext", "-d", question, address, "inference.GRPCInferenceService/ModelMetadata")
    )
    assert described["inputs"][0]["shape"] == ["-1", "1", "8", "8"]
