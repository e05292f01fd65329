"""`make serve`, the first command of the README: it builds, serves the examples where the README says, and prints a
line of curl that works as printed. tools/bare-debian does the same on a Debian with nothing in it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading

import pytest

from support.listeners import LOOPBACK, listening_addresses
from support.models import EXAMPLES, ROOT, check_elements
from support.server import slipway_path, wait_until


def is_free(port):
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def made(tmp_path):
    """The process group of `make serve` and the lines that it prints, as they come; at the end it is told to stop and must
    do so well."""
    if slipway_path() != str(ROOT / "build/release/slipway"):
        pytest.skip("the program under test is not the one that make serve builds")
    for port in (8080, 9000):
        if not is_free(port):
            pytest.skip(f"port {port} of 127.0.0.1 is taken")
    env = {name: text for name, text in os.environ.items() if not name.startswith(("SLIPWAY", "MAKE"))}
    process = subprocess.Popen(
        ["make", "serve"],
        cwd=ROOT,
        env={**env, "SLIPWAY_DATA": str(tmp_path / "data")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()
    yield process.pid, lines
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(30)
    reader.join(5)
    assert any('"message":"stopped"' in line for line in lines), "".join(lines)


def test_it_serves_where_the_readme_says_and_prints_a_curl_line_that_works(made):
    group, printed = made

    def curl():
        return next((line.strip() for line in printed if line.lstrip().startswith("curl ")), None)

    command = wait_until(curl, timeout_s=120, what="a line of curl")
    assert any(line.startswith("Slipway serves on http://127.0.0.1:8080") for line in printed), printed
    server = subprocess.run(["pgrep", "-g", str(group), "-x", "slipway"], capture_output=True, text=True, check=True)
    assert listening_addresses(int(server.stdout)) == [LOOPBACK] * 2
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done
    answer = {output["name"]: output["data"] for output in json.loads(done.stdout)["outputs"]}
    golden = json.loads(min((EXAMPLES / "breast_cancer/1/examples").glob("*.json")).read_text())
    for output in golden["outputs"]:
        rows = output["shape"][0]
        first = output["data"][: len(output["data"]) // rows]
        check_elements({**output, "data": first}, answer[output["name"]])
