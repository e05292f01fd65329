"""Requests that run together: what config.pbtxt asks for, and that nobody notices but the statistics."""

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request

import pytest

from support import grpc_stream
from support.raw_http import head
from support.repository import heavy_model, row_model
from support.server import Server
from support.tensors import pack

ROWS = [[float(i), float(-i), 0.5, 0.0] for i in range(1, 9)]


def infer(server, rows, **parameters):
    body = {
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [len(rows), 4], "data": [v for row in rows for v in row]}],
        "parameters": parameters,
    }
    request = urllib.request.Request(f"http://{server.address}/v2/models/m/infer", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["outputs"][0]


def at_once(calls):
    """The outcomes of `calls`, all begun together."""
    outcomes = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(i):
        start.wait()
        try:
            outcomes[i] = calls[i]()
        except urllib.error.HTTPError as error:
            outcomes[i] = (error.code, json.load(error)["error"])

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def batches(server):
    with urllib.request.urlopen(f"http://{server.address}/v2/models/m/stats", timeout=30) as answer:
        statistics = json.load(answer)["model_stats"][0]
    return {each["batch_size"]: each["compute_infer"]["count"] for each in statistics["batch_stats"]}


@pytest.fixture
def configured(repository):
    def start(config, *arguments):
        repository.put("m", 1, row_model(2))
        (repository.folder / "m" / "config.pbtxt").write_text(config, encoding="utf-8")
        return Server(repository, args=arguments)

    return start


def test_max_batch_of_one_says_that_dynamic_batching_is_lost(configured):
    with configured("max_batch_size: 8 dynamic_batching { }", "--max-batch=1") as server:
        assert "models.max_batch is 1" in server.wait_for_log("requests run one by one")


def test_a_preferred_size_is_waited_for(configured):
    config = "max_batch_size: 8 dynamic_batching { preferred_batch_size: 8 max_queue_delay_microseconds: 20000000 }"
    with configured(config) as server:
        begin = time.monotonic()
        answers = at_once([lambda row=row: infer(server, [row]) for row in ROWS])
        assert time.monotonic() - begin < 15
        assert [answer["data"] for answer in answers] == [[2 * v for v in row] for row in ROWS]
        assert all(answer["shape"] == [1, 4] for answer in answers)
        assert batches(server) == {8: 1}


def test_requests_of_several_rows_get_their_own_back(configured):
    config = "max_batch_size: 8 dynamic_batching { preferred_batch_size: 8 max_queue_delay_microseconds: 20000000 }"
    with configured(config) as server:
        parts = [ROWS[:3], ROWS[3:4], ROWS[4:]]
        answers = at_once([lambda part=part: infer(server, part) for part in parts])
        assert [answer["data"] for answer in answers] == [[2 * v for row in part for v in row] for part in parts]
        assert [answer["shape"] for answer in answers] == [[len(part), 4] for part in parts]
        assert batches(server) == {8: 1}


def test_a_delay_ends(configured):
    with configured("max_batch_size: 8 dynamic_batching { max_queue_delay_microseconds: 400000 }") as server:
        begin = time.monotonic()
        assert infer(server, ROWS[:1])["data"] == [2.0, -2.0, 1.0, 0.0]
        assert time.monotonic() - begin >= 0.4


def test_a_deadline_ends_a_delay_while_there_is_time(configured):
    with configured("max_batch_size: 8 dynamic_batching { max_queue_delay_microseconds: 60000000 }") as server:
        assert infer(server, ROWS[:1], timeout=4_000_000)["data"] == [2.0, -2.0, 1.0, 0.0]  # microseconds


def test_the_queue_of_a_priority_is_bounded(configured):
    config = """
    max_batch_size: 4
    dynamic_batching {
      max_queue_delay_microseconds: 1000000
      priority_levels: 2 default_priority_level: 2
      priority_queue_policy { key: 1 value { max_queue_size: 1 } }
    }"""
    with configured(config) as server:
        answers = at_once([lambda: infer(server, ROWS[:1], priority=1)] * 2)
        refused = [answer for answer in answers if isinstance(answer, tuple)]
        assert [code for code, _ in refused] == [503]
        assert "1 requests of priority 1 are waiting, the limit" in refused[0][1]


def test_a_size_the_model_may_not_have_is_refused(configured):
    with configured("max_batch_size: 4 dynamic_batching { preferred_batch_size: 8 }", "--model-control", "poll") as server:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://{server.address}/v2/repository/index", b"", method="POST"), timeout=30
        ) as answer:
            reasons = [entry["reason"] for entry in json.load(answer)]
        assert "expected at most 4, the max_batch_size, got 8" in reasons[0]


def test_a_server_wide_delay_needs_no_configuration(repository):
    repository.put("m", 1, row_model(2))
    with Server(repository, args=("--max-batch", "8", "--batch-delay-us", "20000000")) as server:
        answers = at_once([lambda row=row: infer(server, [row]) for row in ROWS])
        assert [answer["data"] for answer in answers] == [[2 * v for v in row] for row in ROWS]
        assert counts(server)["execution_count"] == 1


def counts(server):
    with urllib.request.urlopen(f"http://{server.address}/v2/models/m/stats", timeout=30) as answer:
        return json.load(answer)["model_stats"][0]


def test_pipelined_requests_run_together_and_are_answered_in_order(repository):
    repository.put("m", 1, row_model(2))
    with Server(repository, args=("--io-threads", "1")) as server:
        sent = []
        for connection in range(8):
            requests = b""
            for row in ROWS[:4]:
                body = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4],
                                               "data": [connection + row[0], *row[1:]]}]}).encode()
                requests += b"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
                requests += body
            sent.append(requests)
        for _ in range(20):
            with contextlib.ExitStack() as stack:
                connections = [stack.enter_context(server.connect()) for _ in sent]
                for connection, requests in zip(connections, sent):
                    connection.sendall(requests)
                for number, connection in enumerate(connections):
                    answers = read_answers(connection, 4)
                    got = [answer["outputs"][0]["data"][0] for answer in answers]
                    assert got == [2 * (number + row[0]) for row in ROWS[:4]]
        statistics = counts(server)
        assert statistics["inference_count"] == 20 * 8 * 4
        assert statistics["execution_count"] < 20 * 8 * 4


def test_preserve_ordering_is_so_on_a_connection_and_on_a_stream(repository):
    """A long run and short ones behind it, on a pool that has room for all of them."""
    repository.put("m", 1, heavy_model(2.0))
    repository.put_file("m", "config.pbtxt", "instance_group [ { count: 3 } ] dynamic_batching { preserve_ordering: true }")
    sent = [[[float(number)] * 4] * rows for number, rows in enumerate((200, 1, 1))]
    expected = [[8.0 * number] * len(rows) for number, rows in enumerate(sent)]
    tensors = [
        {"name": "x", "datatype": "FP32", "shape": [len(rows), 4], "data": [value for row in rows for value in row]}
        for rows in sent
    ]
    with Server(repository, args=("--compute-threads", "3")) as server, server.connect(30) as connection:
        for tensor in tensors:
            body = json.dumps({"inputs": [tensor]}).encode()
            connection.sendall(head(f"Content-Length: {len(body)}", path="/v2/models/m/infer") + body)
        assert [answer["outputs"][0]["data"] for answer in read_answers(connection, len(sent))] == expected
        answers = grpc_stream.infer(server, "m", [[tensor] for tensor in tensors])
        assert answers == [[pack("FP32", data)] for data in expected]
        separate = at_once([lambda tensor=tensor: server.infer("m", [tensor]).json() for tensor in tensors])
        assert [answer["outputs"][0]["data"] for answer in separate] == expected


def read_answers(connection, count):
    stream = connection.makefile("rb")
    answers = []
    for _ in range(count):
        assert b" 200 " in stream.readline()
        length = 0
        for line in iter(stream.readline, b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answers.append(json.loads(stream.read(length)))
    return answers


def test_connections_that_are_ready_together_get_their_own_answers(repository):
    repository.put("m", 1, row_model(2))
    with Server(repository, args=("--io-threads", "1")) as server:
        requests = []
        for row in ROWS:
            body = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": row}]}).encode()
            requests.append(b"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                            % (len(body), body))
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(server.connect()) for _ in requests]
            for _ in range(50):
                for connection, request in zip(connections, requests):
                    connection.sendall(request)
                for connection, row in zip(connections, ROWS):
                    assert read_answers(connection, 1)[0]["outputs"][0]["data"] == [2 * v for v in row]
