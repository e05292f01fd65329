"""Certificates replaced while the server runs: new connections get them, nobody is dropped."""

import signal
import ssl
import threading
import time

import pytest

from support import frames, grpc_stream
from support.checks import check_serves
from support.raw_http import good_request, receive_until
from support.server import Server, wait_until
from support.tensors import pack
from tls_clients import MODELS, trusting

NUMBERS = {"name": "INPUT0", "datatype": "INT32", "shape": [1, 2]}
REPLACED = r"certificate loaded"
KEPT = "certificate not reloaded, the one before stays in use"


def serial_of(server):
    with server.connect() as connection:
        return connection.getpeercert()["serialNumber"]


@pytest.fixture
def identity(issuing):
    return issuing.issue("localhost")


@pytest.fixture
def server(root, identity):
    with Server(*MODELS, args=identity.arguments, tls=trusting(root)) as running:
        yield running


def test_a_new_certificate_is_served_and_open_connections_stay(server, identity, issuing):
    before = serial_of(server)
    with server.connect() as old:
        identity.replace(issuing.issue("localhost", key="rsa"))
        wait_until(lambda: serial_of(server) != before, what="the new certificate")
        old.sendall(good_request())
        receive_until(old, b'"data":[1,2]')
        assert old.getpeercert()["serialNumber"] == before


def test_a_call_goes_on_over_a_change(server, identity, issuing):
    """HTTP/2: a stream of messages that is open, and a request after it on the same connection."""
    server.tls.set_alpn_protocols(["h2"])
    before = serial_of(server)
    requests = [grpc_stream.request("identity_int32", [{**NUMBERS, "data": [n, 2]}]) for n in range(2)]
    with server.connect() as connection:
        assert connection.selected_alpn_protocol() == "h2"
        connection.sendall(grpc_stream.open_stream() + grpc_stream.message(requests[0]))
        received = frames.receive_until(connection, lambda got: frames.data_of(got, grpc_stream.STREAM))
        identity.replace(issuing.issue("localhost", key="rsa"))
        wait_until(lambda: serial_of(server) != before, what="the new certificate")
        connection.sendall(grpc_stream.message(requests[1], last=True) + frames.request(3))
        both = (grpc_stream.STREAM, 3)
        received = frames.receive_until(connection, lambda got: all(frames.has_ended(got, s) for s in both), received)
        answers, live = (frames.data_of(received, stream) for stream in both)
        assert live == b'{"live":true}'
        assert list(grpc_stream.answers(answers)) == [[pack("INT32", [n, 2])] for n in range(2)]
        assert connection.getpeercert()["serialNumber"] == before


def test_nothing_is_dropped_under_load(server, identity, issuing):
    """Connections that stay and connections of one request, while certificates of both kinds come and go."""
    stop, failures, answers = threading.Event(), [], []

    def load(keep):
        connection = None
        while not stop.is_set():
            try:
                if connection is None:
                    connection = server.connect()
                connection.sendall(good_request())
                receive_until(connection, b'"data":[1,2]')
                answers.append(keep)
                if not keep:
                    connection.close()
                    connection = None
            except Exception as error:  # pylint: disable=broad-except
                failures.append(repr(error))
                return

    threads = [threading.Thread(target=load, args=(i % 2 == 0,)) for i in range(4)]
    for thread in threads:
        thread.start()
    serials = {serial_of(server)}
    for key in ("rsa", "ec", "rsa"):
        known = len(serials)
        identity.replace(issuing.issue("localhost", key=key))
        wait_until(lambda: serials.add(serial_of(server)) or len(serials) > known)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert answers.count(True) > 20 and answers.count(False) > 20


def test_a_broken_replacement_changes_nothing(server, identity, issuing):
    before = serial_of(server)
    good = identity.certificate.read_bytes()
    identity.certificate.write_bytes(good[: len(good) // 2])
    server.wait_for_log(KEPT)
    time.sleep(2.5)  # two more looks at the same files
    assert sum(KEPT in line for line in server.log) == 1
    assert serial_of(server) == before
    check_serves(server)
    identity.certificate.write_bytes(good)
    wait_until(lambda: sum("certificate loaded" in line for line in server.log) == 2)


def test_a_certificate_that_comes_before_its_key_waits_for_it(server, identity, issuing):
    before = serial_of(server)
    other = issuing.issue("localhost")
    identity.certificate.write_bytes(other.certificate.read_bytes())
    assert "the key does not belong to certificate" in server.wait_for_log(KEPT)
    assert serial_of(server) == before
    identity.key.write_bytes(other.key.read_bytes())
    wait_until(lambda: serial_of(server) != before, what="the new certificate")


def test_sighup_says_again_what_is_wrong(server, identity):
    identity.key.write_bytes(b"")
    server.wait_for_log(KEPT)
    server.send_signal(signal.SIGHUP)
    wait_until(lambda: sum(KEPT in line for line in server.log) == 2)
    check_serves(server)


def test_a_link_that_is_switched_is_a_replacement(root, issuing, tmp_path):
    """As Kubernetes replaces the files of a secret: a link to a folder, switched by a rename."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        identity = issuing.issue("localhost")
        (tmp_path / name / "tls.crt").write_bytes(identity.certificate.read_bytes())
        (tmp_path / name / "tls.key").write_bytes(identity.key.read_bytes())
    current = tmp_path / "current"
    current.symlink_to("one")
    args = ["--tls-certificate", current / "tls.crt", "--tls-key", current / "tls.key"]
    with Server(MODELS[0], args=args, tls=trusting(root)) as server:
        before = serial_of(server)
        (tmp_path / "fresh").symlink_to("two")
        (tmp_path / "fresh").rename(current)
        wait_until(lambda: serial_of(server) != before, what="the new certificate")


def test_new_authorities_bind_new_connections(root, issuing, clients, tmp_path):
    accepted = tmp_path / "clients.pem"
    accepted.write_bytes(root.certificate.read_bytes())
    args = [*issuing.issue("localhost").arguments, "--tls-client-ca", accepted]
    with Server(MODELS[0], args=args, tls=trusting(root, shows=root.issue("old"))) as server:
        accepted.write_bytes(clients.certificate.read_bytes())
        wait_until(lambda: sum("certificate loaded" in line for line in server.log) == 2)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.get("/v2/health/live")
        server.tls = trusting(root, shows=clients.issue("new"))
        check_serves(server)


def test_the_expiry_is_a_metric(server, identity, issuing):
    def expiry():
        name = "slipway_tls_certificate_expiry_timestamp_seconds"
        lines = server.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(name + "{"))

    assert 19 < (expiry() - time.time()) / 86400 < 20.1
    identity.replace(issuing.issue("localhost", to_days=5))
    wait_until(lambda: 4 < (expiry() - time.time()) / 86400 < 5.1)
    server.wait_for_log("the certificate expires soon")
