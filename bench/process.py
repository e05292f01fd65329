"""The goals of the whole process: its start, its size, its second core."""

import functools
import importlib.util
import json
import os
import subprocess
import time

import harness
import tabular
from harness import LOAD_CORE, ROOT, SERVER_CORE, BenchError
from measurement import (DIGITS, MANY, SETTLING_S, Row, binary_requests, grpc_messages, json_requests, medians,
                         per_second, ratios, run_slipway, wait_until_ready)

TREES = {  # what → (its library, its file, what trains it)
    "XGBoost's JSON, 500 trees of depth 6": ("xgboost", "xgboost.json", functools.partial(tabular.train_xgboost, 6)),
    "pickled forest, 100 trees": ("sklearn", "forest.pkl", tabular.train_forest),
}


def start_up(bench):
    """Goal 19: from exec to the first correct reply, of a model that an idle server has prepared for it."""
    network, linear = bench.model("mobilenet_v2"), bench.model("tiny_gemm")
    return [start_row(bench, "mobilenet_v2", network, network, [1, 3, 224, 224], 1.15),
            start_row(bench, "digits", DIGITS, DIGITS / "1" / "model.onnx", [1, 1, 8, 8], 1.15),
            start_row(bench, "tiny_gemm", linear, linear, [1, 16], 0.5)]


def native_start_up(bench):
    """Goal 19: the same of trees, whose own files Slipway serves; the bare program loads the ONNX they become."""
    rows = []
    for what, model in trained(bench):
        if model is None:
            rows.append(tabular.missing("19", what))
            continue
        onnx = model.with_suffix(".onnx")
        run_slipway(bench, "convert", model, "-o", onnx)
        rows.append(start_row(bench, model.stem, model, onnx, [1, tabular.FEATURES], 0.5, what))
    return rows


def trained(bench):
    """(what, its file) of TREES; None for the file of what cannot be trained here."""
    for what, (package, name, train) in TREES.items():
        path = bench.folder / name
        if not all(importlib.util.find_spec(each) for each in ("sklearn", package)):
            yield what, None
            continue
        if not path.exists():
            train(path)
        yield what, path


def start_row(bench, model, path, file, shape, goal, what=None):
    """@param path  what Slipway serves; file: what ONNX Runtime loads."""
    with bench.server(path) as server:
        requests, raw = binary_requests(bench, server, model, shape, rotation=1)
        time.sleep(SETTLING_S)
    with bench.server(path):
        time.sleep(SETTLING_S)
    pairs = bench.alternate(functools.partial(first_reply_ms, bench, path, requests),
                            functools.partial(bare_start_ms, bench, file, raw))
    return Row("19", f"start to first correct reply, {what or model}", "bare program: load and run", ratios(pairs),
               goal=goal, detail=medians(pairs, "ms"))


def first_reply_ms(bench, path, requests):
    """Asks for readiness every millisecond, then for the inference. Asking with the inference itself,
    602 KB and without a pause, would measure a start under full load: the server has one core for both."""
    endpoint = harness.slipway(bench.build, [path], bench.data)
    begun = time.monotonic()
    endpoint.start(bench.folder / "start.log")
    try:
        wait_until_ready(endpoint, pause_s=0.001)
        status, body = endpoint.exchange(requests.requests[0])
        if status != 200 or body != requests.bodies[0]:
            raise BenchError("the first reply after a start differs from the reply before it")
        return (time.monotonic() - begun) * 1e3
    finally:
        endpoint.stop()


def bare_start_ms(bench, file, raw):
    begun = time.monotonic()
    with harness.start_bare_ort(bench.build, file, raw) as process:
        if not process.stdout.readline():
            raise BenchError("bare_ort printed no output")
        return (time.monotonic() - begun) * 1e3


def sizes(bench):
    """Goal 22: the stripped program, and what an idle server keeps resident, before and after its first requests."""
    stripped = bench.folder / "slipway.stripped"
    subprocess.run(["strip", "-o", stripped, harness.program(bench.build, "slipway")], check=True)
    library = ROOT / "third_party" / "onnxruntime" / "lib" / "libonnxruntime.so.1"
    size = stripped.stat().st_size / 1e6
    rows = [Row("22", "stripped program", "none", [size], unit="MB", goal=8)]
    rows += resident(bench, DIGITS, "ONNX Runtime and digits loaded", 45,
                     lambda server: binary_requests(bench, server, "digits", [1, 1, 8, 8])[0])
    rows += resident(bench, bench.model("tiny_gemm"), "a native model loaded", 12,
                     lambda server: json_requests(bench, server, "tiny_gemm", 16))
    for what, model in trained(bench):
        if model is None:
            rows.append(tabular.missing("22", f"resident, idle, {what}"))
            continue
        rows += resident(bench, model, f"{what}, loaded", 12,
                         lambda server, name=model.stem: json_requests(bench, server, name, tabular.FEATURES))
    if library.exists():
        rows.append(Row("22", "program and ONNX Runtime together", "none",
                        [size + library.stat().st_size / 1e6], unit="MB"))
    return rows


def resident(bench, model, what, goal, requests_for):
    with bench.server(model) as server:
        time.sleep(2 * SETTLING_S)
        idle = server.rss_mb()
        bench.load(server, requests_for(server).files, MANY)
        time.sleep(SETTLING_S)
        return [Row("22", f"resident, idle, {what}", "none", [idle], unit="MB", goal=goal),
                Row("22", "the same after a round of requests", "none", [server.rss_mb()], unit="MB", goal=goal)]


def two_cores(bench):
    """Goal 23: two cores over one; with the load in the process, then with server and load on the same cores."""
    return in_process(bench) + over_connections(bench)


def in_process(bench):
    """Bodies go straight to the router, answers come from it: in_process.cc."""
    with bench.server(bench.model("tiny_gemm"), DIGITS) as server:
        over_json = json_requests(bench, server, "tiny_gemm", 16)
        bodies = []
        for file, request in zip(over_json.files, over_json.requests):
            bodies.append(file.with_suffix(".body"))
            bodies[-1].write_bytes(request.split(b"\r\n\r\n", 1)[1])
        cases = [("tiny Gemm, JSON", bench.model("tiny_gemm"), "/v2/models/tiny_gemm/infer", bodies),
                 ("tiny Gemm, gRPC's messages", bench.model("tiny_gemm"), harness.GRPC_PATHS[0],
                  grpc_messages(bench, server, "tiny_gemm", [1, 16])),
                 ("digits through ONNX Runtime, gRPC's messages", DIGITS, harness.GRPC_PATHS[0],
                  grpc_messages(bench, server, "digits", [1, 1, 8, 8]))]

    def rate(cores, model, path, files):
        command = [harness.program(bench.build, "in_process"), model, bench.seconds, path, *files]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, cores))
        if done.returncode != 0:
            raise BenchError(done.stderr.strip())
        return per_second(json.loads(done.stdout))
    rows = []
    for what, *case in cases:
        pairs = bench.alternate(lambda: rate({SERVER_CORE, LOAD_CORE}, *case), lambda: rate({SERVER_CORE}, *case))
        rows.append(Row("23", f"{what}, in the process, on two cores: requests per second", "the same on one core",
                        ratios(pairs), goal=1.85, at_least=True, detail=medians(pairs, "per s")))
    return rows


def over_connections(bench):
    one, two = (SERVER_CORE,), tuple(sorted({SERVER_CORE, LOAD_CORE}))
    with bench.server(bench.model("tiny_gemm"), cores=one) as small, \
         bench.server(bench.model("tiny_gemm"), cores=two) as large:
        requests = json_requests(bench, small, "tiny_gemm", 16)
        requests.check(large)
        messages = grpc_messages(bench, small, "tiny_gemm", [1, 16])

        def over_http(server, cores):
            return per_second(harness.load(bench.build, server.port, requests.files, bench.seconds, MANY, cores))

        def over_grpc(connections, server, cores):
            return per_second(harness.grpc_load(bench.build, server.port, messages, bench.seconds, connections, 16, cores))

        rows = []
        for what, rate in (("JSON, 64 connections", over_http),
                           ("gRPC, one connection of 16 streams", functools.partial(over_grpc, 1)),
                           ("gRPC, 8 connections of 16 streams", functools.partial(over_grpc, 8))):
            pairs = bench.alternate(lambda: rate(large, two), lambda: rate(small, one))
            rows.append(Row("23", f"tiny Gemm, {what}, on two cores: requests per second, load included",
                            "the same on one core", ratios(pairs), goal=1.85, at_least=True,
                            detail=medians(pairs, "per s")))
    return rows


GOALS = {"start-up": start_up, "native-start-up": native_start_up, "sizes": sizes, "two-cores": two_cores}
