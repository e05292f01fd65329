"""h2spec against each kind of address: all but the case that a port of two versions answers its own way."""

import collections
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from support.certificates import Authority
from support.models import TEST_MODELS
from support.server import Server, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = TEST_MODELS / "identity_int32.onnx"
MODULE = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible"
# "Sends invalid connection preface": the port speaks HTTP/1.1 as well, and what is not the preface
# is a broken request of that version, answered with its 400.
ANSWERED_AS_HTTP1 = "Sends invalid connection preface"


@pytest.fixture(scope="session")
def h2spec():
    program = ROOT / "build" / "go" / "h2spec"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed")
    module, version = MODULE.split("@")
    folder = program.parent / "source"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [go, "install", f"{module}@{version}"], cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, "GOBIN": str(program.parent)},
    )
    if done.returncode != 0:
        pytest.skip(f"h2spec cannot be installed: {done.stderr.strip()[-200:]}")
    return program


@pytest.fixture(scope="session")
def tls_started(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("certificates"), "root")
    context = ssl.create_default_context(cafile=authority.certificate)
    grpc = f"127.0.0.1:{free_port()}"
    identity = authority.issue("localhost")
    with Server(MODEL, args=[*identity.arguments, f"--grpc={grpc}"], tls=context) as server:
        server.grpc_address = grpc
        yield server


def outcomes(h2spec, address, report, *flags):
    """@return the names of the cases by outcome."""
    host, _, port = address.rpartition(":")
    subprocess.run(
        [h2spec, "-h", host, "-p", port, "-o", "5", "-j", report, "--strict", *flags, "generic", "http2", "hpack"],
        capture_output=True, text=True, timeout=300,
    )
    found = collections.defaultdict(list)
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        told = {each.tag for each in case}
        outcome = "failed" if told & {"failure", "error"} else "skipped" if "skipped" in told else "passed"
        found[outcome].append(case.get("classname"))
    return dict(found)


def check_all_but_one(found):
    assert found.keys() == {"passed", "failed"}, found
    assert found["failed"] == [ANSWERED_AS_HTTP1]
    assert len(found["passed"]) >= 145


@pytest.mark.parametrize("door", ["address", "grpc_address", "control_address"])
def test_all_but_the_preface_of_another_protocol(h2spec, started, door, tmp_path):
    check_all_but_one(outcomes(h2spec, getattr(started, door), tmp_path / "h2spec.xml"))


@pytest.mark.parametrize("door", ["address", "grpc_address"])
def test_the_same_over_tls(h2spec, tls_started, door, tmp_path):
    address = getattr(tls_started, door)
    check_all_but_one(outcomes(h2spec, address, tmp_path / "h2spec.xml", "--tls", "--insecure"))


@pytest.mark.parametrize("door", ["address", "grpc_address", "control_address"])
def test_an_invalid_preface_is_a_broken_http1_request(started, door):
    host, _, port = getattr(started, door).rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b"INVALID CONNECTION PREFACE\r\n\r\n")
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    assert b"".join(parts).startswith(b"HTTP/1.1 400 ")
