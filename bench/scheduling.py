"""The goals of the scheduler: whom batching serves, what it costs the others, and what is left under overload."""

import json
import os
import statistics
import subprocess

import harness
from harness import LOAD_CORE, ROOT, BenchError
from measurement import DIGITS, Row, binary_requests, medians, ratios

SLOW = ROOT / "tests" / "models" / "slow.onnx"
ITERATIONS = 160  # of `slow`: about a millisecond
SLO_MS = 50


def low_load(bench):
    """Goal 17: one request in flight, with batching and without."""
    with bench.server(DIGITS) as ours, \
         bench.server(DIGITS, options=["--max-batch", "1"]) as off:
        requests, _ = binary_requests(bench, ours, "digits", [1, 1, 8, 8])
        requests.check(off)
        pairs = bench.alternate(lambda: bench.load(ours, requests.files, 1)["p50_us"],
                                lambda: bench.load(off, requests.files, 1)["p50_us"])
    return [Row("17", "digits over binary: p50, one in flight", "batching off", ratios(pairs), goal=1.03,
                detail=medians(pairs, "µs"))]


def _bench(bench, server, *options):
    """The report of one load by `slipway bench` on a millisecond of work."""
    inputs = bench.folder / "slow.json"
    inputs.write_text(json.dumps({"inputs": [
        {"name": "iterations", "datatype": "INT64", "shape": [1], "data": [ITERATIONS]}]}))
    command = [harness.program(bench.build, "slipway"), "bench", f"http://127.0.0.1:{server.port}/v2/models/slow",
               "--input", inputs, "--json", "--duration", f"{bench.seconds}s", *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=bench.seconds + 60,
                          preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CORE}))
    if not done.stdout:
        raise BenchError(f"slipway bench failed: {done.stderr}")
    return json.loads(done.stdout)["runs"][0]


def overload(bench):
    """Goal 18: twice the capacity, on requests of a millisecond that are worth something for 50 ms."""
    deadline = ["--request-timeout", f"{SLO_MS}ms"]
    with bench.server(SLOW, options=deadline) as ours, bench.server(SLOW, options=["--queue-size", "100000"]) as fifo:
        for server in (ours, fifo):
            _bench(bench, server, "--concurrency", "4")
        kept, lost, late = [], [], []
        for _ in range(bench.rounds):
            capacity = _bench(bench, fifo, "--concurrency", "4")["per_second"]
            twice = ["--rate", f"{2 * capacity:.0f}", "--concurrency", "4096"]
            run = _bench(bench, ours, *twice)
            kept.append(run["by_status"].get("200", 0) / run["seconds"] / capacity)
            late.append(_p99_of_the_answered(ours))
            run = _bench(bench, fifo, *twice)
            in_time = sum(count for end, count in run["histogram_us"] if end <= SLO_MS * 1000)
            lost.append(in_time / run["seconds"] / capacity)
    return [Row("18", f"answers within {SLO_MS} ms at twice the capacity, of the capacity", "none", kept,
                goal=0.90, at_least=True, detail=f"first come, first served: {statistics.median(lost):.2f}"),
            Row("18", "p99 of what was answered", "none", late, unit="ms", goal=SLO_MS)]


def _p99_of_the_answered(server):
    """Milliseconds, the upper end of the bucket, from the server's own histogram."""
    _, body = server.exchange(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    buckets = []
    for line in body.decode().splitlines():
        if line.startswith("slipway_request_seconds_bucket") and 'model="slow"' in line:
            end = line.split('le="')[1].split('"')[0]
            buckets.append((float(end.replace("+Inf", "inf")), float(line.rsplit(" ", 1)[1])))
    total = max(count for _, count in buckets)
    return 1000 * min(end for end, count in sorted(buckets) if count >= 0.99 * total)


GOALS = {"low-load": low_load, "overload": overload}
