"""A `slipway serve` process for end-to-end tests: started, watched, asked and stopped.

    with Server("examples/models") as server:
        assert server.get("/v2/health/ready").status == 200

Standard library only. One Server belongs to one test thread; `request`, `connect` and `log` may be used
from several.
"""

import collections
import contextlib
import copy
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLL_S = 0.02
FILES_SETTLE_S = 30  # a run that nobody waits for any more holds its connection until it ends


def slipway_path():
    """The program under test: $SLIPWAY, or the release build."""
    return os.environ.get("SLIPWAY", str(ROOT / "build" / "release" / "slipway"))


def has_onnxruntime():
    """Whether the program under test can open ONNX Runtime."""
    told = subprocess.check_output([slipway_path(), "--version", "--json"], timeout=30)
    return json.loads(told)["onnxruntime"] != ""


def free_port():
    """A loopback port that nothing listens on at the moment."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout_s=10, what="the condition"):
    """Polls until `condition()` is true and returns its value; AssertionError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s} s"
        time.sleep(POLL_S)


class Response:
    """A complete HTTP answer. Header names are lower-case; of a repeated header the values are joined."""

    def __init__(self, status, headers, body):
        self.status = status
        self.body = body
        self.headers = {}
        for name, value in headers:
            known = self.headers.get(name.lower())
            self.headers[name.lower()] = value if known is None else f"{known}, {value}"

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The message of an error answer."""
        return self.json()["error"]

    def __repr__(self):
        return f"<Response {self.status} {self.body[:500]!r}>"


class Server:
    """One server process.

    models      files or folders to serve, relative to the repository's root
    args        further arguments of `slipway serve`
    env         environment variables added to the present ones, of which no SLIPWAY_… is passed on
    data        the folder that the server may write to; a new one that ends with the server when None
    http        what to listen on: "HOST:PORT" or "unix:PATH"; a free loopback port when None
    wait_ready  False: `start` returns as soon as the process runs
    tls         an ssl.SSLContext when the server speaks TLS; may be replaced at any time
    cores       processors that it may use; all of this process when None
    """

    def __init__(
        self,
        *models,
        args=(),
        env=None,
        data=None,
        http=None,
        wait_ready=True,
        ready_timeout_s=60,
        tls=None,
        cores=None,
    ):
        self.tls = tls
        self._cores = cores
        self.address = http or f"127.0.0.1:{free_port()}"
        self.command = [
            slipway_path(),
            "serve",
            *map(str, models),
            "--http",
            self.address,
            *map(str, args),
        ]
        self._own_data = None if data else tempfile.TemporaryDirectory(prefix="slipway-data-")
        inherited = {
            name: text for name, text in os.environ.items() if not name.startswith("SLIPWAY")
        }
        self._env = {**inherited, "SLIPWAY_DATA": str(data or self._own_data.name), **(env or {})}
        self._wait_ready = wait_ready
        self._ready_timeout_s = ready_timeout_s
        self._process = None
        self._reader = None
        self._lines = []
        self._killed = False
        self._files_when_ready = None

    # --- the process

    def start(self):
        pinned = ["taskset", "--cpu-list", ",".join(map(str, self._cores))] if self._cores else []
        self._process = subprocess.Popen(
            [*pinned, *self.command],
            cwd=ROOT,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if self._wait_ready:
            try:
                self.wait_ready(self._ready_timeout_s)
            except BaseException:
                self.kill()
                raise
        return self

    def wait_ready(self, timeout_s=60):
        """Until /v2/health/ready says 200. AssertionError, with the log, when it does not or the process ends."""
        deadline = time.monotonic() + timeout_s
        while True:
            assert (
                self.is_running()
            ), f"the server ended with {self.exit_code()}:\n{self.log_text()}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/v2/health/ready", timeout_s=2).status == 200:
                    self._files_when_ready = self.open_files()
                    return
            assert time.monotonic() < deadline, f"not ready after {timeout_s} s:\n{self.log_text()}"
            time.sleep(POLL_S)

    @property
    def pid(self):
        return self._process.pid

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def exit_code(self):
        """None while running; negative: ended by that signal."""
        return self._process.poll()

    def send_signal(self, number):
        self._process.send_signal(number)

    def wait(self, timeout_s=60):
        """Waits for the end of the process and of its log. @return the exit code."""
        code = self._process.wait(timeout_s)
        self._reader.join(timeout_s)
        if self._own_data:
            self._own_data.cleanup()
        return code

    def stop(self, timeout_s=60):
        """SIGTERM; kills after `timeout_s`. @return the exit code."""
        if self.is_running():
            self.send_signal(signal.SIGTERM)
        try:
            return self.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"the server did not stop within {timeout_s} s:\n{self.log_text()}"
            ) from None

    def kill(self):
        """SIGKILL: a crash."""
        self._killed = True
        if self.is_running():
            self._process.kill()
        self.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, traceback):
        if self._killed:
            return
        if kind is None and self.is_running() and self._files_when_ready is not None:
            wait_until(self._has_let_go, FILES_SETTLE_S, f"as few open files as when it was ready, {self._files_when_ready},")
        code = self.stop()
        if kind is None:
            assert code == 0, f"the server ended with {code}:\n{self.log_text()}"

    def _has_let_go(self):
        with contextlib.suppress(OSError):  # it has ended by itself
            return self.open_files() <= self._files_when_ready
        return True

    # --- what it says and uses

    def _read_log(self):
        for line in self._process.stdout:
            self._lines.append(line.rstrip("\n"))

    @property
    def log(self):
        """The lines of stdout and stderr so far."""
        return list(self._lines)

    def log_text(self, last=100):
        return "\n".join(self.log[-last:])

    def wait_for_log(self, pattern, timeout_s=10):
        """The first line in which the regular expression is found."""

        def find():
            return next((line for line in self.log if re.search(pattern, line)), None)

        return wait_until(find, timeout_s, f"a log line with {pattern!r}")

    def rss_bytes(self):
        rollup = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii")
        return int(re.search(r"^Rss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) * 1024

    def forget_peak_rss(self):
        """From now on `peak_rss_bytes` is of what comes. @return the present peak, which is what the process holds."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")
        return self.peak_rss_bytes()

    def peak_rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024

    def is_sanitized(self):
        """Whether AddressSanitizer watches the process."""
        return "libasan" in pathlib.Path(f"/proc/{self.pid}/maps").read_text(encoding="utf-8")

    def open_files(self):
        """How many descriptors the process holds."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def thread_names(self):
        """What the threads of the process are called, and how many bear each name."""
        tasks = pathlib.Path(f"/proc/{self.pid}/task").glob("*/comm")
        return collections.Counter(task.read_text(encoding="utf-8").strip() for task in tasks)

    def metric(self, name, **labels):
        """Sum of the present values of the series of this name that have these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        rows = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", self.get("/metrics").text, re.MULTILINE)
        return sum(float(value) for text, value in rows if all(each in text.split(",") for each in wanted))

    # --- requests

    def at(self, address):
        """The same server, asked at another of its addresses. Starts and stops nothing."""
        other = copy.copy(self)
        other.address = address
        return other

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.address}"

    def connect(self, timeout_s=10):
        """A new connection, a context manager; over TLS when `tls` is given."""
        raw = self.connect_raw(timeout_s)
        if self.tls is None:
            return raw
        try:
            return self.tls.wrap_socket(raw, server_hostname="localhost")
        except BaseException:
            raw.close()
            raise

    def connect_raw(self, timeout_s=10):
        """A new connection without TLS."""
        if self.address.startswith("unix:"):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(timeout_s)
            connection.connect(self.address.removeprefix("unix:"))
            return connection
        host, _, port = self.address.rpartition(":")
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout_s)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is sent at once is a segment of its own
        return connection

    def exchange(self, data, timeout_s=10):
        """Sends raw bytes on a new connection and returns all that comes until the server closes it."""
        with self.connect(timeout_s) as connection:
            connection.sendall(data)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
            return b"".join(parts)

    def request(self, method, path, body=None, headers=None, timeout_s=30):
        """One request on a connection of its own. A `body` that is no bytes is sent as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        host = "localhost" if self.address.startswith("unix:") else self.address
        connection = http.client.HTTPConnection(host)
        connection.sock = self.connect(timeout_s)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Response(answer.status, answer.getheaders(), answer.read())

    def get(self, path, headers=None, timeout_s=30):
        return self.request("GET", path, None, headers, timeout_s)

    def post(self, path, body=b"", headers=None, timeout_s=30):
        return self.request("POST", path, body, headers, timeout_s)

    def infer(self, model, inputs, version=None, headers=None, timeout_s=30, **fields):
        """POST …/infer in JSON. `inputs` are tensors in the protocol's form; `fields` join the request."""
        path = (
            f"/v2/models/{model}"
            + (f"/versions/{version}" if version is not None else "")
            + "/infer"
        )
        return self.post(path, {"inputs": inputs, **fields}, headers, timeout_s)
