"""The goal of swaps: what requests notice of a model that is replaced every second."""

import os
import threading
import time

import harness
from harness import BenchError
from measurement import DIGITS, MANY, Row, binary_requests, medians, per_second, ratios

SHARE = 0.4       # of the capacity
INTERVAL_S = 1
ANY_US = 1e9      # an answer counts whenever it comes
MODELS = {  # model → (what, shape of its input)
    "tiny_gemm": ("tiny Gemm, native", [1, 16]),
    "digits": ("digits, ONNX Runtime", [1, 1, 8, 8]),
    "mobilenet_v2": ("MobileNetV2's size", [1, 3, 224, 224]),
}


def swaps(bench):
    """Goal 21: a model replaced by new bytes every second at 40 % load: failed requests, and p99 beside the steady one."""
    rows = []
    for model, (what, shape) in MODELS.items():
        rows += _swaps_of(bench, model, what, shape)
    return rows


def _swaps_of(bench, model, what, shape):
    """The answers name their version, and all are compared: so the bytes change and the version's number does not. No
    two are equal, so each is proven anew."""
    source = DIGITS / "1" / "model.onnx" if model == "digits" else bench.model(model)
    replaced = Replaced(bench.folder / "replaced" / model, source.read_bytes())
    failed, pairs, took = [], [], []
    with bench.server(replaced.folder, options=["--model-control", "explicit", "--load-model", "*"]) as server:
        requests, _ = binary_requests(bench, server, model, shape, rotation=4)
        bench.load(server, requests.files, MANY)  # the costs are learned
        rate = SHARE * per_second(bench.load(server, requests.files, MANY))

        def load():
            return harness.open_load(bench.build, server.port, requests.files, bench.seconds, MANY, rate, [ANY_US])
        for _ in range(bench.rounds):
            steady = load()
            with Swapping(server, model, replaced, bench.seconds) as swapping:
                swapped = load()
            failed.append(swapped["due"] - swapped["in_time"][0])
            pairs.append((swapped["p99_us"], steady["p99_us"]))
            took += swapping.took_s
            requests.check(server)
    told = f"{len(took)} swaps of {1000 * sum(took) / len(took):.0f} ms, {rate:.0f} requests per s"
    return [Row("21", f"{what}, a swap every second at 40 % load: failed requests", "none", failed, unit="", goal=0,
                detail=told),
            Row("21", "the same: p99", "without swaps", ratios(pairs), goal=1.5, detail=medians(pairs, "µs"))]


class Replaced:
    """A model in a folder of its own, and files of the same model that differ in their bytes alone."""
    count = 0

    def __init__(self, folder, content):
        self.folder, self.content = folder, content
        self.file = folder / "1" / "model.onnx"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(content)

    def next(self):
        """A file to be put in its place. What is appended is doc_string, field 6 of an ONNX ModelProto."""
        Replaced.count += 1
        text = f"swap {Replaced.count}".encode()
        path = self.folder.with_name(f"next-{Replaced.count}.onnx")
        path.write_bytes(self.content + bytes([0x32, len(text)]) + text)
        return path


class Swapping:
    """Has the model replaced every second, from half a second after the block begins. `took_s`: until it was served."""

    def __init__(self, server, model, replaced, seconds):
        self.server, self.replaced = server, replaced
        self.request = (f"POST /v2/repository/models/{model}/load HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        "Content-Length: 0\r\n\r\n").encode()
        # Written before: this process is on the load's core.
        self.files = [replaced.next() for _ in range(max(1, int(seconds / INTERVAL_S)))]
        self.took_s, self.problem = [], None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        for file in self.files:
            file.unlink(missing_ok=True)
        if self.problem and kind is None:
            raise BenchError(self.problem)

    def _run(self):
        next_s = time.monotonic() + INTERVAL_S / 2
        for file in self.files:
            if self.over.wait(max(0, next_s - time.monotonic())):
                return
            begun = time.monotonic()
            os.replace(file, self.replaced.file)
            status, body = self.server.exchange(self.request)
            if status != 200:
                self.problem = f"a load was answered with {status}: {body[:300]!r}"
                return
            self.took_s.append(time.monotonic() - begun)
            next_s += INTERVAL_S


GOALS = {"swaps": swaps}
