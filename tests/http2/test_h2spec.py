"""h2spec against both addresses: all but the case that a port of two versions answers its own way."""

import os
import pathlib
import shutil
import socket
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
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


def outcomes(h2spec, address, report):
    host, _, port = address.rpartition(":")
    subprocess.run(
        [h2spec, "-h", host, "-p", port, "-o", "5", "-j", report, "generic", "http2", "hpack"],
        capture_output=True, text=True, timeout=300,
    )
    cases = ElementTree.parse(report).getroot().iter("testcase")
    found = [(each.get("classname"), each) for each in cases]
    assert len(found) >= 145
    return found


@pytest.mark.parametrize("door", ["address", "grpc_address"])
def test_all_but_the_preface_of_another_protocol(h2spec, started, door, tmp_path):
    found = outcomes(h2spec, getattr(started, door), tmp_path / "h2spec.xml")
    failed = [name for name, case in found if case.find("failure") is not None or case.find("error") is not None]
    assert failed == [ANSWERED_AS_HTTP1]


@pytest.mark.parametrize("door", ["address", "grpc_address"])
def test_an_invalid_preface_is_a_broken_http1_request(started, door):
    host, _, port = getattr(started, door).rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b"INVALID CONNECTION PREFACE\r\n\r\n")
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    assert b"".join(parts).startswith(b"HTTP/1.1 400 ")
