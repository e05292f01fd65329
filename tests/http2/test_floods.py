"""Clients that send what brings no request: their connection ends, and the server holds on to nothing of theirs."""

import concurrent.futures
import itertools
import os
import threading

import pytest

import attackers
from support import frames, grpc_stream
from support.raw_http import head
from support.server import wait_until

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
FRAMES = 1_000_000 if IS_RELEASE else 100_000
MIB = 1 << 20
WARM_UP, REPEATS = 50, 100
MAX_GROWTH = 16 * MIB if IS_RELEASE else 32 * MIB  # a debug build's allocator takes longer to settle
LOOKS = 5  # at what is charged
MAX_CHARGED = {"endless_head": MIB}  # others 2 MiB
RESOURCE_EXHAUSTED = b"\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x018"  # grpc-status: 8, the name in Huffman's code
MAX_RUNS = 256  # as many as there may be streams at a time


def send_until_closed(server, pieces):
    """@return all that the server sent until it closed, which the client does not do."""
    received = []
    with server.connect() as connection:
        reader = threading.Thread(target=lambda: received.append(attackers.read_all(connection)))
        reader.start()
        attackers.send(connection, pieces)
        reader.join(10)
        assert not reader.is_alive(), "the server did not close the connection"
    return received[0]


def flood_of(attack, count=FRAMES):
    return itertools.islice(attackers.ATTACKS[attack](), count // attackers.PIECE)


def check_calmed(received):
    # A reset of the connection may overtake the frame that says why.
    assert frames.goaway_code(received) in (frames.ENHANCE_YOUR_CALM, None)


@pytest.mark.parametrize("attack", attackers.ATTACKS)
def test_the_connection_ends(server, attack):
    check_calmed(send_until_closed(server, flood_of(attack)))


@pytest.mark.parametrize("attack", attackers.ATTACKS)
def test_nothing_is_kept(server, attack):
    def repeat(count):
        for _ in range(count):
            send_until_closed(server, flood_of(attack, 5000))

    repeat(WARM_UP)
    before = server.rss_bytes()
    repeat(REPEATS)
    assert server.rss_bytes() - before <= MAX_GROWTH


def most_charged_during(server, work):
    """What requests were charged with at most while `work` went on again and again, as another connection was told."""
    ended = threading.Event()

    def repeat():
        while not ended.is_set():
            work()

    with concurrent.futures.ThreadPoolExecutor() as pool:
        repeated = pool.submit(repeat)
        try:
            most = max(server.metric("slipway_request_memory_bytes") for _ in range(LOOKS))
        finally:
            ended.set()
        repeated.result()
    return most


@pytest.mark.parametrize("attack", attackers.ATTACKS)
def test_little_is_charged_meanwhile(server, attack):
    flood = lambda: send_until_closed(server, flood_of(attack))
    assert most_charged_during(server, flood) <= MAX_CHARGED.get(attack, 2 * MIB)


def test_what_a_body_is_charged_is_told_meanwhile(server):
    """So that little in what is told above is little."""
    with server.connect() as connection:
        connection.sendall(head(f"Content-Length: {8 * MIB}") + b" " * (4 * MIB))
        wait_until(lambda: server.metric("slipway_request_memory_bytes") >= 4 * MIB, what="the charge of half a body")


@pytest.mark.parametrize("path", [grpc_stream.PATH, b"/inference.GRPCInferenceService/ModelInfer"])
def test_a_message_that_claims_four_gigabytes_is_refused_at_once(server, path):
    claim = frames.frame(frames.DATA, 0, grpc_stream.STREAM, b"\0\xff\xff\xff\xff" + b"ten bytes.")
    with server.connect() as connection:
        connection.sendall(grpc_stream.open_stream(path) + claim)
        received = frames.receive_until(connection, lambda got: frames.has_ended(got, grpc_stream.STREAM))
        assert server.metric("slipway_request_memory_bytes") <= MIB
    assert RESOURCE_EXHAUSTED in received


def executions(server):
    return server.metric("slipway_model_executions_total", model="identity_int32")


def test_requests_without_their_body_run_nothing(server):
    before = executions(server)
    send_until_closed(server, flood_of("rapid_reset"))
    assert executions(server) == before


def test_requests_that_are_taken_back_run_no_more_than_there_may_be_streams(server):
    before = executions(server)
    send_until_closed(server, flood_of("rapid_reset_of_whole_requests"))
    wait_until(lambda: server.metric("slipway_requests_in_flight") == 0, what="the end of the last run")
    assert executions(server) - before <= MAX_RUNS
