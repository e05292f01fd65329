"""What every hostile case must leave behind: errors that help, and a server that is unharmed."""

import contextlib
import time

from support.models import ROOT
from support.server import wait_until
from support.tensors import outputs_of

MAX_ERROR_BYTES = 1024
MAX_ANSWER_S = 1
SETTLE_S = 5
MAX_GROWTH = 64 << 20
MIB = 1 << 20
INT32 = {"datatype": "INT32", "shape": [1, 16]}


def check_error(response, status, *words):
    """`response` refuses with `status`, and its message has all the words and no path of this machine."""
    assert response.status == status, response
    assert len(response.body) <= MAX_ERROR_BYTES
    assert list(response.json()) == ["error"]
    for word in words:
        assert word in response.error, f"{word!r} is not in {response.error!r}"
    for path in (str(ROOT), "/tmp/", "/usr/", "/home/"):
        assert path not in response.error


def check_serves(server, model="add_sub"):
    """A known inference on a connection of its own gives the exact answer, quickly, and the server is live."""
    begun = time.monotonic()
    numbers = list(range(16))
    answer = server.infer(
        model,
        [{"name": "INPUT0", "data": numbers, **INT32}, {"name": "INPUT1", "data": [1] * 16, **INT32}],
    )
    spent = time.monotonic() - begun
    assert answer.status == 200, answer
    outputs = outputs_of(answer)
    assert outputs["OUTPUT0"]["data"] == [each + 1 for each in numbers]
    assert outputs["OUTPUT1"]["data"] == [each - 1 for each in numbers]
    assert spent <= MAX_ANSWER_S, f"took {spent:.2f} s"
    assert server.get("/v2/health/live").status == 200


@contextlib.contextmanager
def handled_within(server, mebibytes):
    """At no moment of what is done inside does the process hold so much more memory than before."""
    check_serves(server)
    before = server.forget_peak_rss()
    yield
    grown = server.peak_rss_bytes() - before
    assert server.is_sanitized() or grown <= mebibytes * MIB, f"{grown} bytes more than before"


@contextlib.contextmanager
def unharmed(server):
    """Whatever is done inside, the same process serves on afterwards, holds no more files than before, no memory that
    is charged to requests, and little more memory in all."""
    pid, files, rss = server.pid, server.open_files(), server.rss_bytes()
    yield
    check_serves(server)
    assert server.is_running() and server.pid == pid
    wait_until(lambda: server.open_files() <= files, SETTLE_S, f"{server.open_files()} open files, {files} before;")
    charged = lambda: server.metric("slipway_request_memory_bytes")
    wait_until(lambda: charged() == 0, SETTLE_S, f"{charged()} bytes charged to requests that are over;")
    if not server.is_sanitized():  # which keeps what was freed
        wait_until(lambda: server.rss_bytes() <= rss + MAX_GROWTH, SETTLE_S, f"{server.rss_bytes()} bytes, {rss} before;")
