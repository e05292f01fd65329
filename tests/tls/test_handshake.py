"""TLS as clients meet it: versions, keys, protocols, resumption, and requests over it."""

import contextlib
import ssl
import subprocess

import pytest

from support.checks import check_serves
from support.raw_http import good_request, head, receive_until
from support.server import Server, free_port
from tls_clients import handshakes, MODELS, trusting, uint8_request

MIB = 1 << 20


@pytest.mark.parametrize("key", ["rsa", "ec"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_trusts_the_root_is_served(root, issuing, key, version):
    client = trusting(root, minimum_version=version, maximum_version=version)
    identity = issuing.issue("localhost", key=key)
    with Server(MODELS[0], args=identity.arguments, tls=client) as server:
        check_serves(server)
        with server.connect() as connection:
            assert connection.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
        assert f"Slipway serves on https://{server.address}" in server.log


def test_curl_is_served(server, root):
    done = subprocess.run(
        ["curl", "-sS", "--cacert", root.certificate, f"{server.url}/v2/health/ready"],
        capture_output=True, text=True, timeout=30,
    )
    assert done.stdout == '{"ready":true}', done.stderr


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_the_page_names_the_address_that_works(server, root, version):
    done = subprocess.run(
        ["curl", "-sS", f"--http{version}", "-w", "\n%{http_version}", "--cacert", root.certificate, f"{server.url}/"],
        capture_output=True, text=True, timeout=30, check=True,
    )
    page, _, spoken = done.stdout.rpartition("\n")
    assert spoken == version
    assert f"curl -s https://{server.address}/v2/models/" in page


def test_older_versions_are_refused(server, root):
    client = trusting(root)
    with pytest.warns(DeprecationWarning):
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError), server.connect_raw() as raw:
        client.wrap_socket(raw, server_hostname="localhost")


def test_a_higher_minimum_refuses_tls_12(root, issuing):
    args = [*issuing.issue("localhost").arguments, "--tls-min-version=1.3"]
    with Server(MODELS[0], args=args, tls=trusting(root)) as server:
        old = trusting(root, maximum_version=ssl.TLSVersion.TLSv1_2)
        with pytest.raises(ssl.SSLError), server.connect_raw() as raw:
            old.wrap_socket(raw, server_hostname="localhost")
        check_serves(server)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(server, root, version):
    client = trusting(root, minimum_version=version, maximum_version=version)
    reused, session = [], None
    for _ in range(2):
        with server.connect_raw() as raw:
            with client.wrap_socket(raw, server_hostname="localhost", session=session) as connection:
                connection.sendall(head(path="/v2/health/live", method="GET"))
                receive_until(connection, b"live")
                reused.append(connection.session_reused)
                session = connection.session
    assert reused == [False, True]


@pytest.mark.parametrize("flag, version", [("--http2", "2"), ("--http1.1", "1.1")])
def test_curl_speaks_the_protocol_that_was_agreed_on(server, root, tmp_path, flag, version):
    """And takes its answer slower than it could be sent."""
    size = 4 * MIB
    body = tmp_path / "body"
    json, tensor = uint8_request(size)
    body.write_bytes(json + tensor)
    done = subprocess.run(
        ["curl", "-sS", flag, "--limit-rate", "16M", "--cacert", root.certificate,
         "--data-binary", f"@{body}",
         "-H", f"Inference-Header-Content-Length: {len(json)}", "-w", "%{stderr}%{http_version}",
         f"{server.url}/v2/models/identity_uint8/infer"],
        capture_output=True, timeout=30,
    )
    assert done.stderr == version.encode()
    assert done.stdout.endswith(tensor)


def test_http_1_1_is_agreed_on(server, root):
    client = trusting(root)
    client.set_alpn_protocols(["http/1.1"])
    with server.connect_raw() as raw, client.wrap_socket(raw, server_hostname="localhost") as c:
        assert c.selected_alpn_protocol() == "http/1.1"


def test_a_client_of_another_protocol_is_refused(server, root):
    client = trusting(root)
    client.set_alpn_protocols(["ftp"])
    with pytest.raises(ssl.SSLError, match="(?i)application.protocol"), server.connect_raw() as raw:
        client.wrap_socket(raw, server_hostname="localhost")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PRI"])
def test_plain_http_is_told_so(server, method):
    before = handshakes(server, "plain_http")
    with server.connect_raw() as raw:
        raw.sendall(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"speaks TLS" in answer
    assert handshakes(server, "plain_http") == before + 1


def test_an_address_may_stay_plain(root, issuing, tmp_path):
    plain, path = f"127.0.0.1:{free_port()}", tmp_path / "socket"
    args = [*issuing.issue("localhost").arguments, "--http", f"http://{plain}", "--http", f"unix:{path}"]
    with Server(MODELS[0], args=args, tls=trusting(root)) as server:
        check_serves(server)
        for address in (plain, f"unix:{path}"):
            beside = Server(MODELS[0], http=address)
            assert beside.get("/v2/health/ready").status == 200


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, MIB + 7, 8 * MIB])
def test_bodies_of_any_size_come_and_go(server, size):
    json, tensor = uint8_request(size)
    answer = server.post(
        "/v2/models/identity_uint8/infer",
        json + tensor,
        {"Inference-Header-Content-Length": str(len(json))},
    )
    assert answer.status == 200, answer
    assert answer.body.endswith(tensor)


def test_a_record_for_every_byte(server):
    with server.connect() as connection:
        for byte in good_request():
            connection.sendall(bytes([byte]))
        receive_until(connection, b'"data":[1,2]')


def test_requests_in_one_record_are_all_answered(server):
    with server.connect() as connection:
        connection.sendall(good_request() * 50)
        got = b""
        while got.count(b'"data":[1,2]') < 50:
            part = connection.recv(65536)
            assert part, got
            got += part


def test_an_answer_that_closes_ends_in_order(server):
    with server.connect() as connection:
        connection.sendall(head("Connection: close", path="/v2/health/live", method="GET"))
        # A stream that is cut without close_notify would raise.
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b'{"live":true}')


def test_a_client_that_says_goodbye_is_let_go(server):
    before = server.open_files()
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            connection = stack.enter_context(server.connect())
            with contextlib.suppress(OSError):
                connection.unwrap()  # close_notify, answered by the server's
    check_serves(server)
    assert server.open_files() <= before + 1


def test_a_refusal_is_seen_before_the_end(server):
    with server.connect() as connection:
        with contextlib.suppress(OSError):
            connection.sendall(head("Content-Length: 99999999999") + b"x" * MIB)
        answer = receive_until(connection, b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
