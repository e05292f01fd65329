"""One function a goal: takes alternating rounds of the server and its baseline and returns rows."""

import contextlib
import copy
import dataclasses
import functools
import json
import os
import pathlib
import random
import re
import statistics
import struct
import subprocess
import time
import zipfile

import harness
from harness import LOAD_CORE, ROOT, SERVER_CORE, BenchError

MANY = 64       # connections of the throughput and CPU goals
ROTATION = 16   # different inputs that a load rotates through
IMAGE = 3 * 224 * 224
SETTLING_S = 3  # files are to be two seconds old, a server one second idle
DIGITS = ROOT / "examples" / "models" / "digits"


@dataclasses.dataclass
class Row:
    """What one goal came to. `values` are one a round: ratios, differences or plain figures."""
    number: str
    what: str
    baseline: str
    values: list
    unit: str = "×"
    goal: float = None       # None: measured only
    at_least: bool = False   # the goal is a lower bound
    detail: str = ""

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def verdict(self):
        if self.goal is None:
            return "measured"
        met = self.median >= self.goal if self.at_least else self.median <= self.goal
        return "met" if met else "MISSED"


class Bench:
    """Where programs and models lie, how long rounds are, and the server with its requests."""

    def __init__(self, build, folder, rounds, seconds):
        self.build, self.folder, self.rounds, self.seconds = build, folder, rounds, seconds
        self.data = folder / "data"

    @functools.cached_property
    def models(self):
        """The folder of the models that bench/make_models.cc writes."""
        folder = self.folder / "models"
        folder.mkdir()
        subprocess.run([harness.program(self.build, "make_models"), folder], check=True)
        return folder

    def server(self, *models, **options):
        """The server on `models`, ready; a context manager."""
        return Running(harness.slipway(self.build, models, self.data, **options), self.folder, ready=True)

    def run(self, endpoint):
        return Running(endpoint, self.folder)

    def in_short_rounds(self):
        """As long in all, in five times the rounds."""
        other = copy.copy(self)
        other.rounds, other.seconds = 5 * self.rounds, self.seconds / 5
        return other

    def alternate(self, ours, baseline):
        """[(ours, baseline)] of each round; each is a function that takes one measurement."""
        return [(ours(), baseline()) for _ in range(self.rounds)]

    def load(self, endpoint, files, connections):
        return harness.load(self.build, endpoint.port, files, self.seconds, connections)

    def cpu_us(self, endpoint, files, connections):
        return harness.cpu_us_per_request(self.build, endpoint, files, self.seconds, connections)


class Running:
    """Starts an endpoint and ends it with the block."""
    count = 0

    def __init__(self, endpoint, folder, ready=False):
        self.endpoint, self.folder, self.ready = endpoint, folder, ready

    def __enter__(self):
        Running.count += 1
        name = pathlib.Path(self.endpoint.command[0]).name
        self.endpoint.start(self.folder / f"{Running.count}-{name}.log")
        try:
            self.endpoint.wait_until_open()
            if self.ready:
                wait_until_ready(self.endpoint)
        except BaseException:
            self.endpoint.stop()
            raise
        return self.endpoint

    def __exit__(self, *_):
        self.endpoint.stop()


def wait_until_ready(endpoint, limit_s=60, pause_s=0.02):
    request = b"GET /v2/health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, IndexError, ValueError):  # it does not listen yet
            if endpoint.exchange(request)[0] == 200:
                return
        time.sleep(pause_s)
    raise BenchError(f"the server is not ready:\n{endpoint.log_tail()}")


# --- requests: a rotation of inputs, all of the same length -----------------------------------------

class Requests:
    """Raw HTTP requests in files, and the body that the server gave each the first time."""

    def __init__(self, folder, name, requests):
        self.requests = requests
        self.files = []
        self.bodies = None
        for index, request in enumerate(requests):
            path = folder / f"{name}-{index}.http"
            path.write_bytes(request)
            self.files.append(path)
        assert len({len(request) for request in requests}) == 1, "inputs of one rotation have one length"
        self.length = len(requests[0])

    def check(self, endpoint):
        """All answers are 200 and have the bodies of the first time. Returns the endpoint."""
        answers = [endpoint.exchange(request) for request in self.requests]
        for status, body in answers:
            if status != 200:
                raise BenchError(f"the server answered {status}: {body[:300]!r}")
        bodies = [body for _, body in answers]
        self.bodies = self.bodies or bodies
        if bodies != self.bodies:
            raise BenchError("the server's answer to the same request changed between rounds")
        return endpoint


def post(model, body, header=b""):
    return (b"POST /v2/models/%b/infer HTTP/1.1\r\nHost: 127.0.0.1\r\n%bContent-Length: %d\r\n\r\n"
            % (model.encode(), header, len(body))) + body


def signature(endpoint, model):
    """Names of the model's first input and output."""
    status, body = endpoint.exchange(
        f"GET /v2/models/{model} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    if status != 200:
        raise BenchError(f"model {model} is not served: {body[:300]!r}")
    metadata = json.loads(body)
    return metadata["inputs"][0]["name"], metadata["outputs"][0]["name"]


def json_requests(bench, endpoint, model, width):
    name, _ = signature(endpoint, model)
    generator = random.Random(1)
    requests = []
    for _ in range(ROTATION):
        data = ",".join(f"0.{generator.randrange(1000, 9999)}" for _ in range(width))
        body = ('{"inputs":[{"name":"%s","shape":[1,%d],"datatype":"FP32","data":[%s]}]}'
                % (name, width, data)).encode()
        requests.append(post(model, body, b"Content-Type: application/json\r\n"))
    made = Requests(bench.folder, f"{model}-json", requests)
    made.check(endpoint)
    return made


def binary_requests(bench, endpoint, model, shape, rotation=ROTATION):
    """Also returns the file with the raw input of the first request, for bare_ort."""
    name, output = signature(endpoint, model)
    count = 1
    for dimension in shape:
        count *= dimension
    generator = random.Random(2)
    requests, raw_file = [], bench.folder / f"{model}.input"
    for index in range(rotation):
        raw = struct.pack(f"<{count}f", *(generator.random() for _ in range(count)))
        head = json.dumps({
            "inputs": [{"name": name, "shape": shape, "datatype": "FP32",
                        "parameters": {"binary_data_size": len(raw)}}],
            "outputs": [{"name": output, "parameters": {"binary_data": True}}]}).encode()
        header = b"Content-Type: application/octet-stream\r\nInference-Header-Content-Length: %d\r\n" % len(head)
        requests.append(post(model, head + raw, header))
        if index == 0:
            raw_file.write_bytes(raw)
    made = Requests(bench.folder, f"{model}-binary", requests)
    made.check(endpoint)
    return made, raw_file


def check_against_bare(bench, requests, model_file, raw_file):
    """The server's binary answer to the first request is what ONNX Runtime alone computes."""
    expected, _ = harness.bare_ort(bench.build, model_file, raw_file, 0)
    body = requests.bodies[0]
    head = json.JSONDecoder().raw_decode(body.decode("latin-1"))[1]
    got = struct.unpack(f"<{(len(body) - head) // 4}f", body[head:])
    for ours, bare in zip(got, expected):
        if abs(ours - bare) > 1e-5 * max(1, abs(bare)):
            raise BenchError(f"{model_file}: the server says {got[:16]}, ONNX Runtime alone {expected}")


def ratios(pairs):
    return [ours / baseline for ours, baseline in pairs]


def medians(pairs, unit):
    ours, baseline = (statistics.median(side) for side in zip(*pairs))
    return f"{ours:.4g} against {baseline:.4g} {unit}"


# --- the goals -------------------------------------------------------------------------------------

def small_model_over_json(bench):
    """Goals 1, 2, 4: a native linear model, and 3: one through ONNX Runtime, against servers that compute nothing."""
    rows = native_model_over_json(bench)
    with bench.server(bench.models / "tiny_gemm_selu.onnx") as server:
        requests = json_requests(bench, server, "tiny_gemm_selu", 16)
        with bench.run(harness.nginx(bench.build, bench.folder, requests.bodies[0])) as nginx:
            cpu = bench.alternate(lambda: bench.cpu_us(requests.check(server), requests.files, MANY),
                                  lambda: bench.cpu_us(nginx, requests.files, MANY))
        requests.check(server)
    return rows + [Row("3", "JSON, 16 floats, through ONNX Runtime: CPU per request", "nginx return 200", ratios(cpu),
                       goal=1.35, detail=medians(cpu, "µs"))]


def native_model_over_json(bench):
    with bench.server(bench.models / "tiny_gemm.onnx") as server:
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


def per_second(result):
    return result["requests"] / result["seconds"]


def infer_message(model, name, values):
    """A ModelInferRequest with one FP32 input [1, len(values)], raw (proto/inference/grpc_service.proto)."""
    def field(number, data):
        size, length = len(data), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + data
    tensor = field(1, name.encode()) + field(2, b"FP32") + field(3, bytes([1, len(values)]))
    return field(1, model.encode()) + field(5, tensor) + field(7, struct.pack(f"<{len(values)}f", *values))


def small_model_over_grpc(bench):
    """Goals 6 and 7: ModelInfer of a tiny Gemm against gRPC C++ and a server of static files."""
    with bench.server(bench.models / "tiny_gemm.onnx") as server, \
         bench.run(harness.grpc_baseline(bench.build)) as official, \
         bench.run(harness.nghttpd(bench.build, bench.folder, bytes(60))) as static:
        name, _ = signature(server, "tiny_gemm")
        generator = random.Random(3)
        files = []
        for index in range(ROTATION):
            files.append(bench.folder / f"grpc-{index}")
            files[-1].write_bytes(infer_message("tiny_gemm", name, [generator.random() for _ in range(16)]))

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
    with bench.server(bench.models / "tiny_gemm.onnx") as server:
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
    """Goals 8, 9: arrays of floats in JSON, in one program without a server."""
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
    with bench.server(bench.models / "first_pixel.onnx") as server:
        requests, raw = binary_requests(bench, server, "first_pixel", [1, 3, 224, 224], rotation=4)
        check_against_bare(bench, requests, bench.models / "first_pixel.onnx", raw)
        sink = harness.fixed_reply(bench.build, bench.folder, requests.length, requests.bodies[0])
        with bench.run(sink):
            cpu = bench.alternate(lambda: bench.cpu_us(requests.check(server), requests.files, 1),
                                  lambda: bench.cpu_us(sink, requests.files, 1))
    return [Row("10", "602 KB binary tensor: CPU per request", "socket sink, same bytes", ratios(cpu), goal=1.10,
                detail=medians(cpu, "µs"))]


def served_network(bench):
    """Goal 15: a network of MobileNetV2's size, one request in flight, in short rounds: the speed of a shared machine
    changes within seconds."""
    bench, model = bench.in_short_rounds(), bench.models / "mobilenet_v2.onnx"
    with bench.server(model) as server:
        time.sleep(SETTLING_S)
        requests, raw = binary_requests(bench, server, "mobilenet_v2", [1, 3, 224, 224], rotation=4)
        check_against_bare(bench, requests, model, raw)
        pairs = bench.alternate(
            lambda: per_second(bench.load(requests.check(server), requests.files, 1)),
            lambda: 1e6 / harness.bare_ort(bench.build, model, raw, bench.seconds)[1]["wall_us"])
    return [Row("15", "MobileNetV2's size over binary: runs per second, one in flight", "bare ONNX Runtime loop",
                ratios(pairs), goal=0.97, at_least=True, detail=medians(pairs, "per s"))]


def quantised_network(bench):
    """Static INT8 of a network of MobileNetV2's size: what `slipway optimise` makes of it, and what it was."""
    model, shape, images = bench.models / "mobilenet_v2.onnx", [1, 3, 224, 224], 24
    int8, rows = bench.folder / "mobilenet_int8.onnx", bench.folder / "images.npz"
    count = shape[1] * shape[2] * shape[3]
    generator = random.Random(3)
    raws = [struct.pack(f"<{count}f", *(generator.random() for _ in range(count))) for _ in range(images)]
    write_npz(rows, network_input(bench, model), [images, *shape[1:]], b"".join(raws))
    done = subprocess.run(
        [harness.program(bench.build, "slipway"), "optimise", model, "-o", int8, "--data", rows, "--calibration", "12",
         "--passes", "fuse-batch-norm,fuse-scale,fuse-gemm,quantise-static", "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(done.stderr.strip())
    correlation = json.loads(done.stdout)["models"][1]["correlation"]
    raw = bench.folder / "image.input"
    raw.write_bytes(raws[0])

    def runs(which):
        return 1e6 / harness.bare_ort(bench.build, which, raw, bench.seconds)[1]["wall_us"]
    pairs = bench.alternate(lambda: runs(int8), lambda: runs(model))
    return [Row("int8", "MobileNetV2's size in static INT8: runs per second", "the same in FP32", ratios(pairs), goal=1.8,
                at_least=True, detail=f"{medians(pairs, 'per s')}, correlation {correlation:.4f}")]


def network_input(bench, model):
    shown = subprocess.run([harness.program(bench.build, "slipway"), "inspect", model, "--json"], check=True,
                           capture_output=True, text=True)
    return json.loads(shown.stdout)["inputs"][0]["name"]


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


def start_up(bench):
    """Goal 19: from exec to the first correct reply, of a model that an idle server has prepared for it."""
    network = bench.models / "mobilenet_v2.onnx"
    rows = []
    linear = bench.models / "tiny_gemm.onnx"
    for model, path, file, shape, goal in (("mobilenet_v2", network, network, [1, 3, 224, 224], 1.15),
                                           ("digits", DIGITS, DIGITS / "1" / "model.onnx", [1, 1, 8, 8], 1.15),
                                           ("tiny_gemm", linear, linear, [1, 16], 0.5)):
        with bench.server(path) as server:
            requests, raw = binary_requests(bench, server, model, shape, rotation=1)
            time.sleep(SETTLING_S)
        with bench.server(path):
            time.sleep(SETTLING_S)
        pairs = bench.alternate(functools.partial(first_reply_ms, bench, path, requests),
                                functools.partial(bare_start_ms, bench, file, raw))
        rows.append(Row("19", f"start to first correct reply, {model}", "bare program: load and run",
                        ratios(pairs), goal=goal, detail=medians(pairs, "ms")))
    return rows


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
    rows += resident(bench, bench.models / "tiny_gemm.onnx", "a native model loaded", 12,
                     lambda server: json_requests(bench, server, "tiny_gemm", 16))
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
    """Goal 23: server and load share one core, then both share two."""
    one, two = (SERVER_CORE,), tuple(sorted({SERVER_CORE, LOAD_CORE}))
    with bench.server(bench.models / "tiny_gemm.onnx", cores=one) as small, \
         bench.server(bench.models / "tiny_gemm.onnx", cores=two) as large:
        requests = json_requests(bench, small, "tiny_gemm", 16)
        requests.check(large)

        def rate(server, cores):
            return per_second(harness.load(bench.build, server.port, requests.files, bench.seconds, MANY, cores))
        pairs = bench.alternate(lambda: rate(large, two), lambda: rate(small, one))
    return [Row("23", "tiny Gemm over JSON on two cores: requests per second, load included", "the same on one core",
                ratios(pairs), goal=1.85, at_least=True, detail=medians(pairs, "per s"))]


GOALS = {"small-json": small_model_over_json, "grpc": small_model_over_grpc, "around-engine": time_around_the_engine,
         "numbers": numbers_as_text, "large-body": large_body, "network": served_network, "int8": quantised_network,
         "digits": small_network, "start-up": start_up, "sizes": sizes, "two-cores": two_cores}
