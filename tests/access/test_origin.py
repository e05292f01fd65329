"""A web page cannot drive a server on loopback: foreign Host names and Origins are refused."""

import json

import pytest

from support.checks import check_error, check_serves
from support.models import TEST_MODELS
from support.server import Server

ORIGIN = "https://console.example"
HOST = "models.example"
INFER = "/v2/models/add_sub/infer"
LOAD = "/v2/repository/models/add_sub/load"


@pytest.fixture(scope="module")
def server():
    args = ["--model-control=explicit", "--load-model=*", "--access-log", "--trusted-peer=127.0.0.1"]
    args += ["--trusted-peer=10.0.0.0/8", f"--cors-origin={ORIGIN}", f"--allowed-host={HOST}"]
    with Server(TEST_MODELS / "add_sub.onnx", args=args) as server:
        yield server
        check_serves(server)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.1:1", "LocalHost:80", HOST])
def test_own_and_allowed_hosts(server, host):
    assert server.get("/v2", {"Host": host}).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.1", "evil.example:80"]
)
@pytest.mark.parametrize("path", ["/v2", "/", "/metrics", "/v2/models/add_sub"])
def test_foreign_host_is_403(server, host, path):
    check_error(server.get(path, {"Host": host}), 403, host)


@pytest.mark.parametrize("path", [INFER, LOAD, "/v2/repository/index"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", ORIGIN + ".evil"])
def test_foreign_origin_changes_nothing(server, path, origin):
    check_error(server.post(path, b"{}", {"Origin": origin}), 403, origin)


def test_foreign_origin_cannot_read(server):
    answer = server.get("/v2", {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_own_origin_may_act(server):
    assert server.post(LOAD, headers={"Origin": server.url}).status == 200


def test_origin_named_by_the_operator_may_act_and_read(server):
    answer = server.post("/v2/repository/index", headers={"Origin": ORIGIN})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "origin" in answer.headers["vary"].lower()


def test_preflight(server):
    asks = {"Access-Control-Request-Method": "POST"}
    allowed = server.request("OPTIONS", INFER, headers={"Origin": ORIGIN, **asks})
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    refused = server.request("OPTIONS", INFER, headers={"Origin": "https://evil.example", **asks})
    assert "access-control-allow-origin" not in refused.headers


def logged_peer(server, forwarded):
    """The peer that the access log shows for a request with this X-Forwarded-For."""
    mark = f"/v2/models/{abs(hash(forwarded))}"
    server.get(mark, {"X-Forwarded-For": forwarded})
    return json.loads(server.wait_for_log(mark))["peer"]


@pytest.mark.parametrize(
    "forwarded,client",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the left one is the client's own claim
        ("203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("not an address", "127.0.0.1"),
    ],
)
def test_forwarded_client_of_a_trusted_peer_is_logged(server, forwarded, client):
    assert logged_peer(server, forwarded) == client


def test_forwarded_for_of_anyone_else_is_ignored():
    with Server(TEST_MODELS / "add_sub.onnx", args=["--access-log"]) as server:
        assert logged_peer(server, "203.0.113.7") == "127.0.0.1"
