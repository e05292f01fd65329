"""Every setting that docs/configuration.md calls live: SIGHUP tells a running server another value, and it does otherwise."""

import collections
import contextlib
import re
import signal
import socket
import ssl
import time

import pytest
from serving import index
from support.certificates import Authority
from support.checks import MIB
from support.models import ROOT, TEST_MODELS
from support.raw_http import head, receive_until, status_of
from support.repository import Repository, scaled_model
from support.server import Server, free_port, wait_until
from support.tensors import binary_request
from test_shutdown import one_in_flight, slow_body, teach

WAIT_S = 0.7  # several times each time that is set here
MODELS = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "identity_uint8", "slow")]
INFER = "/v2/models/add_sub/infer"
LIVE = head(path="/v2/health/live", method="GET")


class Running:
    """A server that polls a repository and is told its settings in a file. `secure` is the same at an address with TLS."""

    def __init__(self, folder):
        self.repository = Repository(folder)
        self._file = folder / "slipway.yaml"
        self._file.touch()
        authority = Authority(folder, "root")
        plain = f"127.0.0.1:{free_port()}"
        args = [f"--config={self._file}", "--model-control=poll", f"--http=http://{plain}"]
        args += authority.issue("localhost").arguments
        context = ssl.create_default_context(cafile=authority.certificate)
        self.secure = Server(self.repository, *MODELS, args=args, tls=context)
        self._plain = plain

    @property
    def server(self):
        server = self.secure.at(self._plain)
        server.tls = None
        return server

    def configure(self, **settings):
        """The settings of one section; all others have their defaults."""
        (section, fields), = settings.items()
        reloads = lambda: sum('"configuration reloaded"' in line for line in self.server.log)
        before = reloads()
        self._file.write_text(f"{section}:\n" + "".join(f"  {key}: {value}\n" for key, value in fields.items()))
        self.server.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads() > before, what="the reload")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    running = Running(tmp_path_factory.mktemp("live"))
    with running.secure:
        teach(running.server)
        yield running


def what_comes(connection):
    """What comes next: bytes, b"" for the end, None for nothing within WAIT_S."""
    connection.settimeout(WAIT_S)
    with contextlib.suppress(TimeoutError):
        return connection.recv(65536)
    return None


def status_after(running, *parts):
    """Of the answer to parts of a request on a connection of its own; None when there is none within WAIT_S."""
    with running.server.connect() as connection:
        connection.sendall(b"".join(parts))
        answer = what_comes(connection)
        return answer and status_of(answer)


def logs(running, words, path, body):
    """Whether a request makes the server log a line with these words."""
    count = lambda: sum(words in line for line in running.server.log)
    before = count()
    running.server.post(path, body)
    with contextlib.suppress(AssertionError):
        wait_until(lambda: count() > before, WAIT_S)
    return count() > before


def found_model(running):
    """Whether a new model is found and loaded."""
    name = f"m{len(list(running.repository.folder.iterdir()))}"
    running.repository.put(name, 1, scaled_model(2.0))
    with contextlib.suppress(AssertionError):
        return wait_until(lambda: (name, "1") in index(running.server), 3 * WAIT_S)
    return False


def beside_an_open_connection(running):
    """Status of a request meanwhile."""
    with running.server.connect() as first:
        first.sendall(LIVE)
        receive_until(first, b"true")
        return status_after(running, LIVE)


def beside_half_a_handshake(running):
    """Whether a second client comes through meanwhile."""
    with running.secure.connect_raw():
        try:
            return running.secure.get("/v2/health/live", timeout_s=WAIT_S).status
        except TimeoutError:
            return None


def ends_when_idle(running):
    with running.server.connect() as connection:
        connection.sendall(LIVE)
        receive_until(connection, b"true")
        return what_comes(connection) == b""


def large_answer_comes_to_who_waits(running):
    """Whether a client that begins to read after WAIT_S gets all of an answer that no buffer of the kernel holds."""
    body, headers = binary_request([{"name": "INPUT0", "datatype": "UINT8", "shape": [1, 32 * MIB], "raw": bytes(32 * MIB)}])
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        host, _, port = running.server.address.rpartition(":")
        connection.connect((host, int(port)))
        ask = [*(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}", "Connection: close"]
        connection.sendall(head(*ask, path="/v2/models/identity_uint8/infer") + body)
        time.sleep(WAIT_S)
        came = 0
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(MIB):
                came += len(part)
    return came > 32 * MIB


def get(running, path="/v2/health/live", headers=None):
    return running.server.get(path, headers).status


# Path of a setting -> its section before and after, what is looked at, and what that is then.
Case = collections.namedtuple("Case", "before after look then now")
many_headers = {f"X{i}": "a" for i in range(20)}
CASES = {
    "models.poll_interval": Case(
        {"poll_interval": "60min"}, {"poll_interval": "100ms"}, found_model, False, True),
    "models.request_timeout": Case(
        {"request_timeout": "0"}, {"request_timeout": "100ms"},
        lambda running: running.server.post("/v2/models/slow/infer", slow_body(500)).status, 200, 504),
    "limits.max_body": Case(
        {"max_body": "1KiB"}, {"max_body": "2KiB"},
        lambda running: running.server.post(INFER, bytes(1500)).status, 413, 400),
    "limits.max_header_bytes": Case(
        {"max_header_bytes": "1KiB"}, {"max_header_bytes": "4KiB"},
        lambda running: get(running, headers={"X": "a" * 2000}), 431, 200),
    "limits.max_headers": Case(
        {"max_headers": "10"}, {"max_headers": "50"}, lambda running: get(running, headers=many_headers), 431, 200),
    "limits.max_url": Case(
        {"max_url": "256"}, {"max_url": "1KiB"},
        lambda running: get(running, "/v2/health/live?" + "a" * 500), 414, 200),
    "limits.max_connections": Case(
        {"max_connections": "1"}, {"max_connections": "2"}, beside_an_open_connection, None, 200),
    "limits.max_handshakes": Case(
        {"max_handshakes": "1"}, {"max_handshakes": "2"}, beside_half_a_handshake, None, 200),
    "limits.max_buffered": Case(
        {"max_buffered": "1MiB"}, {"max_buffered": "4MiB"},
        lambda running: running.server.post(INFER, bytes(2 * MIB)).status, 503, 400),
    "limits.header_timeout": Case(
        {"header_timeout": "1min"}, {"header_timeout": "100ms"},
        lambda running: status_after(running, LIVE[:20]), None, 408),
    "limits.idle_timeout": Case(
        {"idle_timeout": "1min"}, {"idle_timeout": "100ms"}, ends_when_idle, False, True),
    "limits.write_timeout": Case(
        {"write_timeout": "1min"}, {"write_timeout": "100ms"}, large_answer_comes_to_who_waits, True, False),
    "limits.min_body_rate": Case(
        {"min_body_rate": "0", "header_timeout": "100ms"}, {"min_body_rate": "1MiB", "header_timeout": "100ms"},
        lambda running: status_after(running, head("Content-Length: 100")), None, 408),
    "log.level": Case(
        {"level": "info"}, {"level": "debug"}, lambda running: logs(running, "request refused", INFER, b"{}"), False, True),
    "log.access": Case(
        {"access": "false"}, {"access": "true"}, lambda running: logs(running, '"request"', INFER, b"{}"), False, True),
}


@pytest.mark.parametrize("setting", CASES)
def test_a_running_server_does_otherwise(running, setting):
    case = CASES[setting]
    section = setting.split(".")[0]
    running.configure(**{section: case.before})
    assert case.look(running) == case.then
    running.configure(**{section: case.after})
    wait_until(lambda: case.look(running) == case.now, what=f"{setting} {case.after}")


def test_drain(tmp_path):
    file = tmp_path / "slipway.yaml"
    file.write_text("limits:\n  drain: 1min\n", encoding="utf-8")
    with Server(TEST_MODELS / "slow.onnx", args=[f"--config={file}"]) as server, one_in_flight(server, 20_000):
        file.write_text("limits:\n  drain: 100ms\n", encoding="utf-8")
        server.send_signal(signal.SIGHUP)
        server.wait_for_log('"configuration reloaded"')
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 1
        assert time.monotonic() - begun < 5
        server.kill()


def test_every_live_setting_is_looked_at():
    reference = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    live = re.findall(r"^\| `(\S+)` \|.*\| live \|", reference, re.MULTILINE)
    assert sorted(live) == sorted([*CASES, "limits.drain"])
