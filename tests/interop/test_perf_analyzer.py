"""Triton's own load generator, perf_analyzer: everything it sends is answered. How fast is not asked."""

import os
import re
import subprocess

import pytest

import stock
from support import packages
from support.models import EXAMPLES
from support.server import Server

VENV = packages.BUILD / "venv-perf-analyzer"
RUN_S = 120
ANY_CHANGE = ("-s", "999")  # in percent, between windows: none is too unsteady
SHARED_MEMORY = ("--shared-memory", "system", "--output-shared-memory-size", "1024")
MANY = 5000  # in a window; there are three at least

RUNS = {
    "http": ("-i", "http"),
    "http-json": ("-i", "http", "--input-tensor-format", "json", "--output-tensor-format", "json"),
    "http-async": ("-i", "http", "--async", "--concurrency-range", "4"),
    "http-shared-memory": ("-i", "http", *SHARED_MEMORY),
    "http-rate": ("-i", "http", "--request-rate-range", "200"),
    "grpc": ("-i", "grpc"),
    "grpc-gzip": ("-i", "grpc", "--grpc-compression-algorithm", "gzip"),
    "grpc-async": ("-i", "grpc", "--async", "--concurrency-range", "4"),
    "grpc-shared-memory": ("-i", "grpc", *SHARED_MEMORY),
    "grpc-rate": ("-i", "grpc", "--request-rate-range", "200"),
    "grpc-stream": ("-i", "grpc", "--streaming"),
    "grpc-stream-rate": ("-i", "grpc", "--streaming", "--request-rate-range", "200"),
    "grpc-streams": ("-i", "grpc", "--streaming", "--concurrency-range", "4", "--measurement-request-count", str(MANY)),
    "grpc-stream-shared-memory": ("-i", "grpc", "--streaming", *SHARED_MEMORY),
}


def run(*arguments):
    libraries = os.path.join(packages.folder_of(VENV), "nvidia", "cuda_runtime", "lib")
    return subprocess.run(
        [VENV / "bin" / "perf_analyzer", *arguments],
        env={**os.environ, "LD_LIBRARY_PATH": libraries},
        capture_output=True,
        text=True,
        timeout=RUN_S,
    )


@pytest.fixture(scope="module")
def perf_analyzer():
    missing = packages.install(
        VENV, stock.HERE / "perf_analyzer.txt", stock.HERE / "perf_analyzer_stubs.txt"
    )
    if missing:
        pytest.skip(missing)
    if "shared libraries" in (said := run("--version").stderr):
        pytest.skip(said.strip())
    return run


@pytest.fixture(scope="module")
def server():
    with Server(EXAMPLES / "digits", args=["--allow-client-shm"]) as server:
        yield server


def counts(server):
    """@return how many requests succeeded and failed, as the server counts them."""
    [stats] = server.request("GET", "/v2/models/digits/stats").json()["model_stats"]
    return [stats["inference_stats"][each]["count"] for each in ("success", "fail")]


@pytest.mark.parametrize("arguments", RUNS.values(), ids=RUNS)
def test_every_request_of_perf_analyzer_is_answered(perf_analyzer, server, arguments):
    succeeded, failed = counts(server)
    done = perf_analyzer(
        "-m", "digits", "-u", server.address, *ANY_CHANGE,
        "--measurement-mode", "count_windows", "--measurement-request-count", "50", *arguments,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0 and not re.search("fail|unable|error", done.stderr, re.IGNORECASE), told
    [requests] = re.findall(r"Client: *\n +Request count: (\d+)", done.stdout)
    now_succeeded, now_failed = counts(server)
    assert now_succeeded - succeeded >= int(requests) > 0, told
    assert now_failed == failed, told
