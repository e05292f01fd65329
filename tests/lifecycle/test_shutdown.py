"""SIGTERM under load: no new work, nothing accepted is lost, exit 0."""

import contextlib
import http.client
import json
import signal
import threading
import time

import pytest
from serving import check_unready_at_once, endless, kept_connections
from support.checks import check_error
from support.models import TEST_MODELS
from support.server import Server, wait_until

SLOW_MS = 300
ITERATIONS_PER_MS = 160  # of tests/models/slow.onnx, roughly


def slow_body(milliseconds):
    count = milliseconds * ITERATIONS_PER_MS
    inputs = [{"name": "iterations", "datatype": "INT64", "shape": [1], "data": [count]}]
    return json.dumps({"inputs": inputs, "outputs": [{"name": "y"}]}).encode()


def teach(server):
    """The server learns how long this model takes, and runs it apart from the threads that read requests."""
    for _ in range(3):
        assert server.post("/v2/models/slow/infer", slow_body(20)).status == 200


def ask(server, outcomes, body):
    """One accepted request: outcomes gets its status, or the exception that the client saw."""
    try:
        outcomes.append(server.post("/v2/models/slow/infer", body, timeout_s=60).status)
    except (OSError, http.client.HTTPException) as error:
        outcomes.append(repr(error))


def in_flight(server):
    return server.metric("slipway_requests_in_flight")


@contextlib.contextmanager
def one_in_flight(server, milliseconds):
    """A request that takes that long is being answered; yields its outcomes, joins its client at the end."""
    teach(server)
    outcomes = []
    client = threading.Thread(target=ask, args=(server, outcomes, slow_body(milliseconds)))
    client.start()
    wait_until(lambda: in_flight(server) >= 1, what="a request in flight")
    yield outcomes
    client.join()


def test_sigterm_answers_all_that_was_accepted():
    with Server(TEST_MODELS / "slow.onnx", TEST_MODELS / "add_sub.onnx") as server:
        teach(server)
        outcomes = []
        body = slow_body(SLOW_MS)
        clients = [threading.Thread(target=ask, args=(server, outcomes, body)) for _ in range(6)]
        for client in clients:
            client.start()
        wait_until(lambda: in_flight(server) >= len(clients), what="requests in flight")
        server.send_signal(signal.SIGTERM)
        server.wait_for_log("draining")
        refused_or_503(server)
        for client in clients:
            client.join()
        assert outcomes == [200] * len(clients)
        assert server.wait(30) == 0
        assert server.wait_for_log("stopped")


def refused_or_503(server):
    """A new connection is refused, or told 503 by readiness."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert server.get("/v2/health/ready", timeout_s=5).status == 503


def test_sigterm_turns_readiness_to_503_at_once_on_kept_connections_too():
    with Server(TEST_MODELS / "slow.onnx") as server:
        with kept_connections(server) as kept, one_in_flight(server, SLOW_MS) as outcomes:
            signalled = time.monotonic()
            server.send_signal(signal.SIGTERM)
            check_unready_at_once(kept, signalled)
        assert outcomes == [200]
        assert server.wait(30) == 0


def test_sigterm_under_load_answers_every_request_until_it_has_said_close():
    with Server(TEST_MODELS / "add_sub.onnx") as server:
        outcomes = []
        clients = [threading.Thread(target=ask_until_told_to_close, args=(server, outcomes)) for _ in range(6)]
        for client in clients:
            client.start()
        wait_until(lambda: server.metric("slipway_requests_succeeded_total") >= 500, what="load")
        server.send_signal(signal.SIGTERM)
        for client in clients:
            client.join()
        assert outcomes == ["close"] * len(clients)
        assert server.wait(30) == 0


def ask_until_told_to_close(server, outcomes):
    """One connection and its requests, each a moment after the answer before."""
    inputs = [{"name": name, "datatype": "INT32", "shape": [1, 16], "data": [1] * 16} for name in ("INPUT0", "INPUT1")]
    body = json.dumps({"inputs": inputs}).encode()
    connection = http.client.HTTPConnection(server.address, timeout=10)
    with contextlib.closing(connection):
        try:
            said = None
            while said != "close":
                connection.request("POST", "/v2/models/add_sub/infer", body)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                said = answer.getheader("connection")
                time.sleep(0.002)
            outcomes.append(said)
        except (OSError, http.client.HTTPException, AssertionError) as error:
            outcomes.append(repr(error))


def test_idle_connections_do_not_hold_the_exit_up():
    with Server(TEST_MODELS / "add_sub.onnx", args=["--header-timeout=500ms"]) as server:
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(server.connect())
            half = stack.enter_context(server.connect())
            half.sendall(b"POST /v2/models/add_sub/infer HT")
            begun = time.monotonic()
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
            assert time.monotonic() - begun < 5


def test_drain_limit_cuts_and_is_told_by_the_exit_code():
    with Server(TEST_MODELS / "slow.onnx", args=["--drain-limit=200ms"]) as server:
        with one_in_flight(server, 20_000) as outcomes:
            begun = time.monotonic()
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 1
            assert time.monotonic() - begun < 5
        assert outcomes != [200]
        assert server.wait_for_log("drain limit")
        server.kill()


@pytest.mark.parametrize("probe", ["--probe=true", "--probe=false"], ids=["in the probe", "in the server"])
def test_a_load_in_progress_does_not_hold_the_exit_up(repository, probe):
    repository.put("endless", 1, endless)
    with Server(repository, args=["--model-control=explicit", probe]) as server:
        answers = []
        load = "/v2/repository/models/endless/load"
        client = threading.Thread(target=lambda: answers.append(server.post(load, b"", timeout_s=60)))
        client.start()
        wait_until(lambda: 'state="loading"' in server.get("/metrics").text, what="the load")
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        assert time.monotonic() - begun < 5
        client.join()
        check_error(answers[0], 503, "stopping")


def test_a_signal_that_comes_twice_is_one():
    """As from timeout(1), or a supervisor that signals the whole group."""
    with Server(TEST_MODELS / "slow.onnx") as server:
        with one_in_flight(server, SLOW_MS) as outcomes:
            server.send_signal(signal.SIGTERM)
            server.wait_for_log("draining")
            server.send_signal(signal.SIGTERM)
        assert outcomes == [200]
        assert server.wait(30) == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_cuts_the_drain(second):
    with Server(TEST_MODELS / "slow.onnx") as server, one_in_flight(server, 20_000):
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait_for_log("draining")
        time.sleep(1.1)  # within a second it would be the same one again
        server.send_signal(second)
        assert server.wait(30) == 1
        assert time.monotonic() - begun < 5
        assert server.wait_for_log("second signal")
        server.kill()
