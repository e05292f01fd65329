"""What clients of all kinds do to a server at the same time, for as long as a test runs."""

import contextlib
import itertools
import json
import socket
import struct
import threading

from support import frames, grpc_stream
from support.bench import Load
from support.checks import check_error
from support.models import EXAMPLES
from support.raw_http import head
from support.tensors import binary_request, outputs_of, pack

RATE = 100  # requests a second of each load
LOADS = [  # scheme, --format, model, example
    ("http", "json", "digits", "four"),
    ("http", "binary", "breast_cancer", "sixteen"),
    ("http", "json", "topic", "beyond_ascii"),
    ("http", "binary", "topic", "thirty"),
    ("grpc", "binary", "digits", "seven"),
    ("grpc", "binary", "topic", "five"),
    ("grpc", "binary", "slow", None),
]
PAUSE_S = 0.02  # of each client between two requests
X = [1.0, 2.0, 3.0, 4.0]
ROW = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": X}


def iterations(count):
    return {"name": "iterations", "datatype": "INT64", "shape": [1], "data": [count]}


@contextlib.contextmanager
def loads(server, folder, seconds):
    """All loads, by name, each a Load; ends with them."""
    slow = folder / "slow.json"
    slow.write_text(json.dumps({"inputs": [iterations(160)]}), encoding="utf-8")
    with contextlib.ExitStack() as stack:
        running = {}
        for scheme, body, model, example in LOADS:
            inputs = EXAMPLES / model / "1" / "examples" / f"{example}.json" if example else slow
            words = ["--input", inputs, "--rate", RATE, "--format", body]
            load = Load(f"{scheme}://{server.address}/v2/models/{model}", *words, seconds=seconds)
            running[f"{model} over {scheme}, {body}"] = stack.enter_context(load)
        yield running


# --- clients: each function is one call of one; AssertionError when the answer is not as it must be


def ask_what_is_published(server, number):
    """Version v of the model multiplies by v, whichever is asked at the moment."""
    if number % 2:
        body, headers = binary_request([ROW])
        answer = server.post("/v2/models/published/infer", body, headers)
    else:
        answer = server.infer("published", [ROW])
    assert answer.status == 200, answer
    text = answer.body[: int(answer.headers.get("inference-header-content-length", len(answer.body)))]
    version = int(json.loads(text)["model_version"])
    assert outputs_of(answer)["y"]["data"] == [version * each for each in X], answer


def ask_on_a_stream(server, number):
    rows = [list(range(number % 7 + each, number % 7 + each + 16)) for each in range(4)]
    tensor = {"datatype": "INT32", "shape": [1, 16]}
    requests = [
        [{"name": "INPUT0", "data": row, **tensor}, {"name": "INPUT1", "data": [1] * 16, **tensor}] for row in rows
    ]
    expected = [[pack("INT32", [each + sign for each in row]) for sign in (1, -1)] for row in rows]
    assert grpc_stream.infer(server, "add_sub", requests) == expected


WRONG = [
    ("/v2/models/digits/infer", {"inputs": [{**ROW, "name": "pixels"}]}, 400),
    ("/v2/models/digits/infer", {"inputs": [ROW]}, 400),
    ("/v2/models/topic/infer", {"inputs": [{**ROW, "name": "text"}]}, 400),
    ("/v2/models/digits/infer", b'{"inputs": [', 400),
    ("/v2/models/nobody/infer", {"inputs": [ROW]}, 404),
    ("/v2/models/digits/versions/9/infer", {"inputs": [ROW]}, 404),
]


def ask_wrongly(server, number):
    path, body, status = WRONG[number % len(WRONG)]
    check_error(server.post(path, body), status)


def slow_request(count):
    body = json.dumps({"inputs": [iterations(count)]}).encode()
    return head(f"Content-Length: {len(body)}", path="/v2/models/slow/infer") + body


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def take_back(server, number):
    """A request of a few milliseconds whose client goes away: by a close, a reset, a reset of its HTTP/2 stream."""
    with server.connect() as connection:
        if number % 3 == 2:
            slow = grpc_stream.request("slow", [iterations(500)])
            connection.sendall(grpc_stream.open_stream() + grpc_stream.message(slow, last=True))
            connection.recv(1)  # the server's SETTINGS: it has read
            connection.sendall(frames.cancel(grpc_stream.STREAM))
            return
        connection.sendall(slow_request(500))
        if number % 3:
            reset(connection)


BROKEN = [
    b"",
    b"POST /v2/models/dig",
    slow_request(1)[:-5],
    head("Transfer-Encoding: chunked") + b"5\r\n{",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    frames.HELLO[:20],
    grpc_stream.open_stream() + grpc_stream.message(b"half")[:-2],
]


def break_off(server, number):
    """A connection that ends in the middle of something."""
    with server.connect() as connection:
        connection.sendall(BROKEN[number % len(BROKEN)])
        if number % 2:
            reset(connection)


CLIENTS = [ask_what_is_published, ask_on_a_stream, ask_wrongly, take_back, break_off]


class Clients:
    """A thread for each, that calls it on and on. `calls` counts them, `problems` is what was not as it must be."""

    def __init__(self, server):
        self._server = server
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=[client]) for client in CLIENTS]
        self.calls = {client.__name__: 0 for client in CLIENTS}
        self.problems = []

    def _repeat(self, client):
        for number in itertools.count():
            if self._stop.wait(PAUSE_S):
                return
            try:
                client(self._server, number)
            except Exception as error:  # a thread's exception would go unseen
                self.problems.append(f"{client.__name__}: {error!r}")
            self.calls[client.__name__] += 1

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
