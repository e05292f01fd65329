"""The goals of the scheduler: whom batching serves, what it costs the others, and what is left under overload."""

import contextlib
import json
import os
import statistics
import subprocess

import harness
from harness import LOAD_CORE, ROOT, BenchError
from measurement import MANY, Row, binary_requests, medians, per_second, ratios

SLOW = ROOT / "tests" / "models" / "slow.onnx"
ITERATIONS = 160  # of `slow`: about a millisecond
SLO_MS = 50
CLASSES = {  # model → shape of one row
    "tiny_gemm": [1, 16],
    "digits": [1, 1, 8, 8],
    "breast_cancer": [1, 30],
    "mobilenet_v2": [1, 3, 224, 224],
}
UNTUNED = None
LOAD = 0.9
LIMIT_RUNS, LEAST_LIMIT_US = 10, 2000  # the limit of latency, in times of a request alone
OPEN_CONNECTIONS = 256
GRID = [(1, 0), (4, 0), (16, 0), (4, 1000), (16, 1000), (64, 1000)]  # rows, microseconds


def _path(bench, model):
    example = ROOT / "examples" / "models" / model
    return example if example.exists() else bench.model(model)


def _options(rows, delay_us):
    return ["--max-batch", rows, "--batch-delay-us", delay_us]


def untuned(bench):
    """Goal 16: the measured batch sizes against the best of a grid of fixed sizes and delays, 64 in flight."""
    rows = []
    for model, shape in CLASSES.items():
        def rate(options, model=model, shape=shape):
            with bench.server(_path(bench, model), options=list(map(str, options))) as server:
                requests, _ = binary_requests(bench, server, model, shape, rotation=4)
                # The costs are learned; a first run of many images is for seconds busy with its memory.
                harness.load(bench.build, server.port, requests.files, 3 * bench.seconds, MANY)
                return per_second(bench.load(server, requests.files, MANY))
        values, details = [], []
        for _ in range(bench.rounds):
            ours = rate([])
            fixed = {point: rate(_options(*point)) for point in GRID}
            best = max(fixed, key=fixed.get)
            values.append(ours / fixed[best])
            details.append(f"{ours:.0f} : {fixed[best]:.0f} per s at {best[0]} rows, {best[1]} µs")
        rows.append(Row("16", f"{model}: requests per second, 64 in flight, untuned", "best of a grid of sizes and delays",
                        values, goal=0.97, at_least=True, detail=details[len(details) // 2]))
    return rows


def goodput(bench):
    """Goal 16: answers within a limit of latency at 0.9 of the capacity, untuned, against the best of the same grid."""
    return [_goodput_of(bench, model, shape) for model, shape in CLASSES.items()]


def _goodput_of(bench, model, shape):
    """All servers are there from the start and take turns. The capacity is the largest of theirs, the limit a multiple of
    what one request alone takes; the best of the grid is the one of the best median."""
    with contextlib.ExitStack() as stack:
        servers = {point: stack.enter_context(bench.server(_path(bench, model), options=list(map(str, options))))
                   for point, options in [(UNTUNED, [])] + [(point, _options(*point)) for point in GRID]}
        requests, _ = binary_requests(bench, servers[UNTUNED], model, shape, rotation=4)
        for server in servers.values():
            bench.load(requests.check(server), requests.files, MANY)  # the costs are learned
        alone_us = bench.load(servers[UNTUNED], requests.files, 1)["p50_us"]
        limit_us = max(LIMIT_RUNS * alone_us, LEAST_LIMIT_US)
        capacity = max(per_second(bench.load(server, requests.files, MANY)) for server in servers.values())

        def in_time(server):
            run = harness.open_load(bench.build, server.port, requests.files, bench.seconds, OPEN_CONNECTIONS,
                                    LOAD * capacity, limit_us)
            return run["in_time"] / run["due"]
        rounds = [{point: in_time(server) for point, server in servers.items()} for _ in range(bench.rounds)]
    medians_of = {point: statistics.median(each[point] for each in rounds) for point in servers}
    best = max(GRID, key=medians_of.get)
    if not all(each[best] for each in rounds):
        raise BenchError(f"{model}: rounds without an answer within {limit_us / 1000:.3g} ms: is the machine busy?")
    detail = (f"{medians_of[UNTUNED]:.4f} : {medians_of[best]:.4f} at {best[0]} rows, {best[1]} µs; worst of the grid "
              f"{min(medians_of[point] for point in GRID):.4f}; {LOAD * capacity:.0f} per s, limit {limit_us / 1000:.3g} ms")
    return Row("16", f"{model}: answers in time at {LOAD} load, untuned", "best of a grid of sizes and delays",
               [each[UNTUNED] / each[best] for each in rounds], goal=0.97, at_least=True, detail=detail)


def low_load(bench):
    """Goal 17: one request in flight, with batching and without."""
    with bench.server(_path(bench, "digits")) as ours, \
         bench.server(_path(bench, "digits"), options=["--max-batch", "1"]) as off:
        requests, _ = binary_requests(bench, ours, "digits", CLASSES["digits"])
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


GOALS = {"untuned": untuned, "goodput": goodput, "low-load": low_load, "overload": overload}
