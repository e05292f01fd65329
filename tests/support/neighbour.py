"""What others do to a well-behaved client: its p50 and p99 with and without them, in alternating rounds.

The server has to serve identity_int32.
"""

import contextlib
import http.client
import math
import os
import time

from support.raw_http import INFER, INT32_ANSWER, INT32_BODY

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
ROUNDS = 40 if IS_RELEASE else 6
REQUESTS = 300
SLACK = 1 if IS_RELEASE else 5  # an ordinary run shares its processors
MAX_RATIO = 2
SLICE_S = 0.004  # of the scheduler: what one other process on the machine makes of a p99


def percentiles(server):
    """p50 and p99 of one client that infers on one connection, in seconds."""
    connection = http.client.HTTPConnection(server.address, timeout=10)
    spent = []
    with contextlib.closing(connection):
        for _ in range(REQUESTS):
            begun = time.perf_counter()
            connection.request("POST", INFER, INT32_BODY)
            answer = connection.getresponse()
            assert answer.status == 200 and INT32_ANSWER in answer.read()
            spent.append(time.perf_counter() - begun)
    spent.sort()
    return [spent[math.ceil(share * REQUESTS) - 1] for share in (0.5, 0.99)]


def quiet(rounds):
    """The lower quartile of each percentile: whatever else this machine does only adds."""
    return [sorted(values)[len(rounds) // 4] for values in zip(*rounds)]


def check_undisturbed(server, name, attack, least_s=SLICE_S):
    """A client is answered in twice the time at most while `attack()`, a context, goes on.

    least_s  a p99 below it counts as this
    """
    percentiles(server)
    alone, attacked = [], []
    for _ in range(ROUNDS):
        alone.append(percentiles(server))
        with attack():
            attacked.append(percentiles(server))
    (p50, p99), (p50_attacked, p99_attacked) = quiet(alone), quiet(attacked)
    print(f"{name}: p50 {p50 * 1e3:.2f} ms, attacked {p50_attacked * 1e3:.2f}; "
          f"p99 {p99 * 1e3:.2f} ms, attacked {p99_attacked * 1e3:.2f}")
    assert p50_attacked <= MAX_RATIO * SLACK * p50
    assert p99_attacked <= MAX_RATIO * SLACK * max(p99, least_s)
