"""Requests of more rows than run together: whole, or in pieces where --split-batches asks for it."""

import contextlib
import json

import pytest

from support.raw_http import head
from support.repository import Repository, heavy_model
from support.server import Server, wait_until

PIECE = 8
ROWS = 100
MANY = 1000  # pieces that take seconds


def rows(count):
    data = [float(number + column) for number in range(count) for column in range(4)]
    return [{"name": "x", "datatype": "FP32", "shape": [count, 4], "data": data}]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = Repository(tmp_path_factory.mktemp("models"))
    repository.put("m", 1, heavy_model(2.0))
    (repository.folder / "m" / "config.pbtxt").write_text("instance_group { count: 1 }", encoding="utf-8")
    return repository


def serve(repository, *args):
    return Server(repository, args=[f"--max-batch={PIECE}", *args])


@pytest.fixture(scope="module")
def splitting(repository):
    with serve(repository, "--split-batches") as server:
        yield server


def executions(server):
    return server.metric("slipway_model_executions_total", model="m")


@pytest.mark.parametrize("count", [1, PIECE, PIECE + 1, ROWS])
def test_each_row_has_its_answer(splitting, count):
    before = executions(splitting)
    answer = splitting.infer("m", rows(count))
    assert answer.status == 200, answer
    [output] = answer.json()["outputs"]
    assert output["shape"] == [count]
    assert output["data"] == [2.0 * (4 * number + 6) for number in range(count)]
    assert executions(splitting) - before == -(-count // PIECE)


@contextlib.contextmanager
def many_pieces(server):
    """A request of MANY pieces, the first of which has run, and whose client then goes; yields the executions before it."""
    body = json.dumps({"inputs": rows(MANY * PIECE)}).encode()
    before = executions(server)
    with server.connect() as connection:
        connection.sendall(head(f"Content-Length: {len(body)}", path="/v2/models/m/infer") + body)
        wait_until(lambda: executions(server) > before, what="the first piece")
        yield before
    wait_until(lambda: server.metric("slipway_requests_in_flight") == 0, what="the end of the request")


def test_others_go_between_the_pieces(splitting):
    with many_pieces(splitting) as before:
        for _ in range(3):
            assert splitting.infer("m", rows(1)).status == 200
            assert executions(splitting) - before < MANY


def test_a_client_that_goes_ends_its_request(splitting):
    failed = splitting.metric("slipway_requests_failed_total", model="m", reason="cancelled")
    with many_pieces(splitting) as before:
        pass
    assert executions(splitting) - before < MANY
    assert splitting.metric("slipway_requests_failed_total", model="m", reason="cancelled") == failed + 1


def test_unasked_it_runs_whole(repository):
    with serve(repository) as server:
        assert server.infer("m", rows(ROWS)).status == 200
        assert executions(server) == 1
