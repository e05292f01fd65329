"""Who may reach the server: loopback unless said otherwise by name, and never the control routes."""

import socket
import subprocess

import pytest

from support.checks import check_error, check_serves
from support.listeners import LOOPBACK, listening_addresses
from support.models import TEST_MODELS
from support.server import Server, free_port, slipway_path

MODEL = TEST_MODELS / "add_sub.onnx"
LOAD = "/v2/repository/models/add_sub/load"
EXPLICIT = ["--model-control=explicit", "--load-model=*"]


def address_of_this_machine():
    """An address that other machines would use; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; asks the routing table
        except OSError:
            return None
        return probe.getsockname()[0]


def serve(*args, **env):
    """Runs `slipway serve` to its end. @return the completed process"""
    return subprocess.run(
        [slipway_path(), "serve", MODEL, *args],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )


def test_listens_on_loopback_only():
    with Server(MODEL) as server:
        assert listening_addresses(server.pid) == [LOOPBACK]
        check_serves(server)


def test_default_address_is_loopback():
    shown = serve("--check")
    assert shown.returncode == 0
    assert "listen: [127.0.0.1:8080]" in shown.stdout


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:10.0.0.1]:0"])
def test_address_others_reach_is_refused_without_the_flag(address):
    refused = serve("--http", address)
    assert refused.returncode == 2
    assert refused.stdout == ""
    (sentence,) = refused.stderr.splitlines()
    assert "--public-inference" in sentence and "127.0.0.1" in sentence


@pytest.mark.parametrize("flags", [[], ["--public-inference"]], ids=["plain", "public"])
def test_control_address_others_reach_is_always_refused(flags):
    refused = serve("--control", "0.0.0.0:0", *flags)
    assert refused.returncode == 2
    assert "--control: 0.0.0.0:0" in refused.stderr


@pytest.mark.skipif(not address_of_this_machine(), reason="no address besides loopback")
def test_public_listener_has_inference_but_no_control():
    port = free_port()
    args = [*EXPLICIT, "--public-inference", "--allowed-host", "*"]
    with Server(MODEL, http=f"0.0.0.0:{port}", args=args) as server:
        server.address = f"{address_of_this_machine()}:{port}"
        check_serves(server)
        for path in ("/v2/health/ready", "/v2/models/add_sub", "/metrics"):
            assert server.get(path).status == 200
        for action in ("load", "unload"):
            answer = server.post(f"/v2/repository/models/add_sub/{action}")
            assert answer.status in (403, 404), answer
        server.address = f"127.0.0.1:{port}"  # the same listener: from here, too
        assert server.post(LOAD).status in (403, 404)
        check_serves(server)


def test_control_listener_has_control_and_the_other_has_not():
    control = f"127.0.0.1:{free_port()}"
    with Server(MODEL, args=[*EXPLICIT, "--control", control]) as server:
        inference = server.address
        assert server.post(LOAD).status in (403, 404)
        server.address = control
        assert server.post(LOAD).status == 200
        assert server.get("/v2/health/ready").status == 200
        refused = server.infer("add_sub", [])
        assert refused.status in (403, 404), refused
        server.address = inference
        check_serves(server)


def test_control_over_a_unix_socket(tmp_path):
    control = f"unix:{tmp_path}/control.sock"
    with Server(MODEL, args=[*EXPLICIT, "--control", control]) as server:
        inference = server.address
        server.address = control
        assert server.post(LOAD).status == 200
        assert (tmp_path / "control.sock").stat().st_mode & 0o007 == 0
        server.address = inference
        check_serves(server)


def test_load_needs_explicit_control():
    with Server(MODEL) as server:
        check_error(server.post(LOAD), 403, "--model-control=explicit")


def test_address_in_use_is_one_clear_sentence():
    with Server(MODEL) as first:
        second = Server(MODEL, http=first.address, wait_ready=False).start()
        assert second.wait(30) == 1
        (line,) = [line for line in second.log if "cannot serve" in line]
        assert first.address in line
        check_serves(first)
