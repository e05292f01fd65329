"""Mutual TLS: who is served, who is refused, and that the log knows them."""

import ssl

import pytest

from support.certificates import Authority
from support.checks import check_serves
from support.server import Server
from tls_clients import MODELS, trusting


@pytest.fixture(scope="module")
def known(clients):
    return clients.issue("robot")


@pytest.fixture(scope="module", params=["required", "optional"])
def demanding(request, root, issuing, clients, known):
    args = [
        *issuing.issue("localhost").arguments,
        "--tls-client-ca", clients.certificate,
        f"--tls-client-certificate={request.param}",
        "--access-log",
    ]
    with Server(MODELS[0], args=args, tls=trusting(root, shows=known)) as server:
        server.mode = request.param
        yield server


def ask(server, client):
    """The status of a request of that client; under TLS 1.3 a refusal is seen at the first read."""
    before, server.tls = server.tls, client
    try:
        return server.get("/v2/health/live").status
    finally:
        server.tls = before


def test_a_known_client_is_served_and_logged(demanding):
    check_serves(demanding)
    assert '"client_certificate":"CN=robot"' in demanding.wait_for_log("client_certificate")


def test_a_known_client_may_resume(demanding):
    session = None
    for _ in range(2):
        with demanding.connect_raw() as raw:
            with demanding.tls.wrap_socket(raw, server_hostname="localhost", session=session) as c:
                c.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert c.recv(65536).startswith(b"HTTP/1.1 200 ")
                session = c.session
                reused = c.session_reused
    assert reused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_without_one(demanding, root, version):
    nobody = trusting(root, maximum_version=version)
    if demanding.mode == "optional":
        assert ask(demanding, nobody) == 200
    else:
        with pytest.raises(OSError):
            ask(demanding, nobody)
        check_serves(demanding)


@pytest.mark.parametrize("who", ["foreign", "expired"])
def test_a_certificate_that_is_not_accepted_is_refused(demanding, root, clients, tmp_path, who):
    if who == "foreign":
        shown = Authority(tmp_path, "clients").issue("robot")
    else:
        shown = clients.issue("robot", from_days=-3, to_days=-1)
    with pytest.raises(OSError):
        ask(demanding, trusting(root, shows=shown))
    text = demanding.get("/metrics").text
    assert 'slipway_tls_handshakes_total{result="client_certificate"} 0\n' not in text
