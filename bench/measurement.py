"""What every goal is measured with: rows, rounds, the server, and requests to it."""

import contextlib
import copy
import dataclasses
import functools
import json
import math
import pathlib
import random
import statistics
import struct
import subprocess
import time

import harness
from harness import ROOT, BenchError

MANY = 64       # connections of the throughput and CPU goals
ROTATION = 16   # different inputs that a load rotates through
TOKENS = 30_000  # whole numbers of made-up inputs are below
FORMATS = {"FP32": "f", "FP64": "d", "INT64": "q"}  # of struct, by datatype
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

    def model(self, name):
        """The file of a model of bench/make_models.cc."""
        path = self.folder / "models" / f"{name}.onnx"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            subprocess.run([harness.program(self.build, "make_models"), path.parent, name], check=True)
        return path

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
    """(name and datatype of the model's first input, name of its first output)"""
    status, body = endpoint.exchange(
        f"GET /v2/models/{model} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    if status != 200:
        raise BenchError(f"model {model} is not served: {body[:300]!r}")
    metadata = json.loads(body)
    return metadata["inputs"][0]["name"], metadata["inputs"][0]["datatype"], metadata["outputs"][0]["name"]


def json_requests(bench, endpoint, model, width):
    name, datatype, _ = signature(endpoint, model)
    generator = random.Random(1)
    requests = []
    for _ in range(ROTATION):
        data = ",".join(f"0.{generator.randrange(1000, 9999)}" for _ in range(width))
        body = ('{"inputs":[{"name":"%s","shape":[1,%d],"datatype":"%s","data":[%s]}]}'
                % (name, width, datatype, data)).encode()
        requests.append(post(model, body, b"Content-Type: application/json\r\n"))
    made = Requests(bench.folder, f"{model}-json", requests)
    made.check(endpoint)
    return made


def binary_requests(bench, endpoint, model, shape, rotation=ROTATION):
    """Also returns the file with the raw input of the first request, for bare_ort."""
    name, datatype, output = signature(endpoint, model)
    generator = random.Random(2)
    requests, raw_file = [], bench.folder / f"{model}.input"
    for index in range(rotation):
        raw = made_up(datatype, math.prod(shape), generator)
        head = json.dumps({
            "inputs": [{"name": name, "shape": shape, "datatype": datatype,
                        "parameters": {"binary_data_size": len(raw)}}],
            "outputs": [{"name": output, "parameters": {"binary_data": True}}]}).encode()
        header = b"Content-Type: application/octet-stream\r\nInference-Header-Content-Length: %d\r\n" % len(head)
        requests.append(post(model, head + raw, header))
        if index == 0:
            raw_file.write_bytes(raw)
    made = Requests(bench.folder, f"{model}-binary", requests)
    made.check(endpoint)
    return made, raw_file


def grpc_messages(bench, endpoint, model, shape):
    """Files with ModelInferRequests of one raw FP32 input."""
    name, _, _ = signature(endpoint, model)
    generator = random.Random(3)
    files = []
    for index in range(ROTATION):
        files.append(bench.folder / f"{model}-grpc-{index}")
        files[-1].write_bytes(infer_message(model, name, shape, made_up("FP32", math.prod(shape), generator)))
    return files


def infer_message(model, name, shape, raw):
    """Source: proto/inference/grpc_service.proto."""
    def field(number, data):
        size, length = len(data), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + data
    tensor = field(1, name.encode()) + field(2, b"FP32") + field(3, bytes(shape))
    return field(1, model.encode()) + field(5, tensor) + field(7, raw)


def made_up(datatype, count, generator):
    """The bytes of a tensor: numbers below 1, or tokens."""
    draw = generator.random if datatype.startswith("FP") else functools.partial(generator.randrange, TOKENS)
    return struct.pack(f"<{count}{FORMATS[datatype]}", *(draw() for _ in range(count)))


def check_against_bare(bench, requests, model_file, raw_file):
    """The server's binary answer to the first request is what ONNX Runtime alone computes."""
    expected, _ = harness.bare_ort(bench.build, model_file, raw_file, 0)
    body = requests.bodies[0]
    head = json.JSONDecoder().raw_decode(body.decode("latin-1"))[1]
    got = struct.unpack(f"<{(len(body) - head) // 4}f", body[head:])
    for ours, bare in zip(got, expected):
        if abs(ours - bare) > 1e-5 * max(1, abs(bare)):
            raise BenchError(f"{model_file}: the server says {got[:16]}, ONNX Runtime alone {expected}")


def run_slipway(bench, *words):
    """What a command prints."""
    done = subprocess.run([str(word) for word in (harness.program(bench.build, "slipway"), *words)], capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise BenchError(f"slipway {words[0]} failed: {done.stderr.strip()}")
    return done.stdout


def per_second(result):
    return result["requests"] / result["seconds"]


def ratios(pairs):
    return [ours / baseline for ours, baseline in pairs]


def medians(pairs, unit):
    ours, baseline = (statistics.median(side) for side in zip(*pairs))
    return f"{ours:.4g} against {baseline:.4g} {unit}"
