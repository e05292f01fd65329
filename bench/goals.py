"""The goals of the request path. A goal is a function that takes alternating rounds of the server and its baseline and
returns rows."""

import json
import os
import random
import re
import struct
import subprocess
import time
import zipfile

import harness
from harness import SERVER_CORE, BenchError
from measurement import (DIGITS, MANY, SETTLING_S, Row, binary_requests, check_against_bare, grpc_messages, json_requests,
                         medians, per_second, ratios, run_slipway)


def small_model_over_json(bench):
    """Goals 1, 2, 3 and 4: small models over JSON, 3 through ONNX Runtime, against servers that compute nothing."""
    rows = native_model_over_json(bench)
    with bench.server(bench.model("tiny_gemm_selu")) as server:
        requests = json_requests(bench, server, "tiny_gemm_selu", 16)
        with bench.run(harness.nginx(bench.build, bench.folder, requests.bodies[0])) as nginx:
            cpu = bench.alternate(lambda: bench.cpu_us(requests.check(server), requests.files, MANY),
                                  lambda: bench.cpu_us(nginx, requests.files, MANY))
        requests.check(server)
    return rows + [Row("3", "JSON, 16 floats, through ONNX Runtime: CPU per request", "nginx return 200", ratios(cpu),
                       goal=1.35, detail=medians(cpu, "µs"))]


def native_model_over_json(bench):
    with bench.server(bench.model("tiny_gemm")) as server:
        requests = json_requests(bench, server, "tiny_gemm", 16)
        body = requests.bodies[0]
        with bench.run(harness.nginx(bench.build, bench.folder, body)) as nginx, \
             bench.run(harness.fixed_reply(bench.build, bench.folder, requests.length, body)) as fixed:
            cpu = bench.alternate(lambda: bench.cpu_us(requests.check(server), requests.files, MANY),
                                  lambda: bench.cpu_us(nginx, requests.files, MANY))
            rate = bench.alternate(lambda: per_second(bench.load(server, requests.files, MANY)),
                                   lambda: per_second(bench.load(nginx, requests.files, MANY)))
            p50 = bench.alternate(lambda: bench.load(server, requests.files, 1)["p50_us"],
                                  lambda: bench.load(fixed, requests.files, 1)["p50_us"])
        requests.check(server)
    return [
        Row("1", "JSON, 16 floats, native linear model: CPU per request", "nginx return 200", ratios(cpu), goal=1.15,
            detail=medians(cpu, "µs")),
        Row("2", "the same: requests per second, 64 connections", "nginx return 200", ratios(rate), goal=0.90,
            at_least=True, detail=medians(rate, "per s")),
        Row("4", "the same: p50, one connection", "fixed reply by epoll", ratios(p50), goal=1.10, detail=medians(p50, "µs")),
    ]


def small_model_over_grpc(bench):
    """Goals 6 and 7: ModelInfer of a tiny Gemm against gRPC C++ and a server of static files."""
    with bench.server(bench.model("tiny_gemm")) as server, \
         bench.run(harness.grpc_baseline(bench.build)) as official, \
         bench.run(harness.nghttpd(bench.build, bench.folder, bytes(60))) as static:
        files = grpc_messages(bench, server, "tiny_gemm", [1, 16])

        def load(endpoint, connections, streams):
            before = endpoint.cpu_seconds()
            result = harness.grpc_load(bench.build, endpoint.port, files, bench.seconds, connections, streams)
            return (endpoint.cpu_seconds() - before) * 1e6 / result["requests"], per_second(result)

        rows = []
        for connections, streams, goal in ((1, 16, 0.4), (8, 16, None)):
            shape = f"{connections} connection{'s' * (connections > 1)} of {streams} streams"
            pairs = bench.alternate(lambda: load(server, connections, streams),
                                    lambda: load(official, connections, streams))
            cpu = [(ours[0], theirs[0]) for ours, theirs in pairs]
            rows.append(Row("6", f"gRPC ModelInfer, 16 floats, {shape}: CPU per request", "gRPC C++", ratios(cpu),
                            goal=goal, detail=medians(cpu, "µs")))
            pairs = bench.alternate(lambda: load(server, connections, streams),
                                    lambda: load(static, connections, streams))
            rate = [(ours[1], theirs[1]) for ours, theirs in pairs]
            rows.append(Row("7", f"gRPC ModelInfer, 16 floats, {shape}: requests per second", "nghttpd, a file",
                            ratios(rate), goal=goal and 0.5, at_least=True, detail=medians(rate, "per s")))
    return rows


def time_around_the_engine(bench):
    """Goal 5: what the server's own clock says about parse, queue and respond."""
    with bench.server(bench.model("tiny_gemm")) as server:
        over_json = json_requests(bench, server, "tiny_gemm", 16)
        over_binary, _ = binary_requests(bench, server, "tiny_gemm", [1, 16])
        pairs = bench.alternate(lambda: overhead_us(bench, server, over_json),
                                lambda: overhead_us(bench, server, over_binary))
    return [Row("5", "last byte in to first byte out, minus the engine: JSON", "none",
                [ours for ours, _ in pairs], unit="µs", goal=1.5),
            Row("5", "the same over binary", "none", [ours for _, ours in pairs], unit="µs", goal=0.8)]


def overhead_us(bench, server, requests):
    before = phases(server)
    bench.load(server, requests.files, 1)
    after = phases(server)
    seconds = sum(after[phase][0] - before[phase][0] for phase in ("parse", "queue", "respond"))
    return seconds * 1e6 / (after["parse"][1] - before["parse"][1])


def phases(server):
    """{phase: (sum of seconds, count)} from /metrics."""
    _, text = server.exchange(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    found = {}
    for kind, phase, value in re.findall(
            r'^slipway_request_phase_seconds_(sum|count)\{[^}]*phase="(\w+)"[^}]*\} (\S+)', text.decode(), re.M):
        total, count = found.get(phase, (0.0, 0.0))
        found[phase] = (total + float(value), count) if kind == "sum" else (total, count + float(value))
    missing = {"parse", "queue", "respond"} - set(found)
    if missing:
        raise BenchError(f"/metrics has no slipway_request_phase_seconds of {', '.join(sorted(missing))}")
    return found


def numbers_as_text(bench):
    """Goals 8 and 9: arrays of floats in JSON, in one program without a server."""
    done = subprocess.run([harness.program(bench.build, "number_text"), str(bench.rounds)], check=True,
                          capture_output=True, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}))
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    read = [(r["read_simdjson"], r["read_ours"]) for r in rounds]
    write = [(r["write_standard"], r["write_ours"]) for r in rounds]
    return [Row("8", "reading 150,528 floats of JSON: speed", "simdjson on-demand", ratios(read), goal=2.0, at_least=True,
                detail=medians([pair[::-1] for pair in read], "ns")),
            Row("9", "writing 150,528 floats: speed", "std::to_chars", ratios(write), goal=2.5, at_least=True,
                detail=medians([pair[::-1] for pair in write], "ns"))]


def large_body(bench):
    """Goal 10: 602 KB in, a few bytes out, next to no computing."""
    with bench.server(bench.model("first_pixel")) as server:
        requests, raw = binary_requests(bench, server, "first_pixel", [1, 3, 224, 224], rotation=4)
        check_against_bare(bench, requests, bench.model("first_pixel"), raw)
        sink = harness.fixed_reply(bench.build, bench.folder, requests.length, requests.bodies[0])
        with bench.run(sink):
            cpu = bench.alternate(lambda: bench.cpu_us(requests.check(server), requests.files, 1),
                                  lambda: bench.cpu_us(sink, requests.files, 1))
    return [Row("10", "602 KB binary tensor: CPU per request", "socket sink, same bytes", ratios(cpu), goal=1.10,
                detail=medians(cpu, "µs"))]


def mobilenet(bench):
    """Goal 15: a network of MobileNetV2's size over binary HTTP, one request in flight."""
    return served_network(bench, "mobilenet_v2", "MobileNetV2's size", [1, 3, 224, 224])


def minilm(bench):
    """Goal 15: the same of MiniLM-L6's shape, 128 tokens."""
    return served_network(bench, "minilm", "MiniLM-L6's size, 128 tokens,", [1, 128])


def resnet(bench):
    """Goal 15: the same of ResNet-50's shape."""
    return served_network(bench, "resnet50", "ResNet-50's size", [1, 3, 224, 224])


def served_network(bench, name, what, shape):
    """One thread on either side, in short rounds: the speed of a shared machine changes within seconds."""
    bench, model = bench.in_short_rounds(), bench.model(name)
    with bench.server(model) as server:
        time.sleep(SETTLING_S)
        requests, raw = binary_requests(bench, server, name, shape, rotation=4)
        check_against_bare(bench, requests, model, raw)
        pairs = bench.alternate(
            lambda: per_second(bench.load(requests.check(server), requests.files, 1)),
            lambda: 1e6 / harness.bare_ort(bench.build, model, raw, bench.seconds)[1]["wall_us"])
    return [Row("15", f"{what} over binary: runs per second, one in flight", "bare ONNX Runtime loop",
                ratios(pairs), goal=0.97, at_least=True, detail=medians(pairs, "per s"))]


def quantised_network(bench):
    """Static INT8 of a network of MobileNetV2's size: what `slipway optimise` makes of it, and what it was."""
    model, shape, images = bench.model("mobilenet_v2"), [1, 3, 224, 224], 24
    int8, rows = bench.folder / "mobilenet_int8.onnx", bench.folder / "images.npz"
    count = shape[1] * shape[2] * shape[3]
    generator = random.Random(3)
    raws = [struct.pack(f"<{count}f", *(generator.random() for _ in range(count))) for _ in range(images)]
    write_npz(rows, network_input(bench, model), [images, *shape[1:]], b"".join(raws))
    told = run_slipway(bench, "optimise", model, "-o", int8, "--data", rows, "--calibration", "12",
                       "--passes", "fuse-batch-norm,fuse-scale,fuse-gemm,quantise-static", "--json")
    correlation = json.loads(told)["models"][1]["correlation"]
    raw = bench.folder / "image.input"
    raw.write_bytes(raws[0])
    check_computes_in_int8(bench, int8, raw)

    def runs(which):
        return 1e6 / harness.bare_ort(bench.build, which, raw, bench.seconds)[1]["wall_us"]
    pairs = bench.alternate(lambda: runs(int8), lambda: runs(model))
    return [Row("int8", "MobileNetV2's size in static INT8: runs per second", "the same in FP32", ratios(pairs), goal=1.8,
                at_least=True, detail=f"{medians(pairs, 'per s')}, correlation {correlation:.4f}")]


def check_computes_in_int8(bench, model, raw):
    """A clamp that is not folded into its convolution, or a convolution in float, costs more than INT8 gains."""
    optimised = bench.folder / "optimised.onnx"
    with harness.start_bare_ort(bench.build, model, raw, optimised=optimised) as process:
        process.communicate(timeout=120)
    told = json.loads(run_slipway(bench, "inspect", optimised, "--json"))["operators"]
    operators = {name.rpartition(".")[2]: count for name, count in told.items()}
    in_float = {name: operators[name] for name in ("Conv", "FusedConv", "Clip", "Relu") if name in operators}
    if in_float or operators.get("QLinearConv", 0) == 0:
        raise BenchError(f"{model.name}: expected every convolution in INT8 without clamps, got {operators}")


def network_input(bench, model):
    return json.loads(run_slipway(bench, "inspect", model, "--json"))["inputs"][0]["name"]


def write_npz(path, name, shape, floats):
    """One array of FP32. Source: NEP 1, numpy's .npy format 1.0."""
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + floats)


def small_network(bench):
    """The digits network: what serving adds to running it."""
    with bench.server(DIGITS) as server:
        requests, raw = binary_requests(bench, server, "digits", [1, 1, 8, 8])
        model = DIGITS / "1" / "model.onnx"
        check_against_bare(bench, requests, model, raw)
        pairs = bench.alternate(
            lambda: bench.cpu_us(requests.check(server), requests.files, MANY),
            lambda: harness.bare_ort(bench.build, model, raw, bench.seconds)[1]["cpu_us"])
    return [Row("digits", "digits network over binary: CPU per request beyond the bare run",
                "bare ONNX Runtime loop", [ours - bare for ours, bare in pairs], unit="µs", goal=10,
                detail=medians(pairs, "µs"))]


GOALS = {"small-json": small_model_over_json, "grpc": small_model_over_grpc, "around-engine": time_around_the_engine,
         "numbers": numbers_as_text, "large-body": large_body, "network": mobilenet, "minilm": minilm, "resnet": resnet,
         "int8": quantised_network, "digits": small_network}
