"""What a server says when it starts is true: where it serves, how to ask it, what it may use."""

import json
import os
import subprocess

import pytest

from support.models import EXAMPLES
from support.server import Server, free_port


def printed_command(server):
    server.wait_for_log("^Try it:")
    return server.wait_for_log("^  curl ")


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]", "0.0.0.0", "unix"])
def test_the_printed_line_works_as_printed(tmp_path, address):
    http = f"unix:{tmp_path}/slipway.sock" if address == "unix" else f"{address}:{free_port()}"
    with Server(EXAMPLES, http=http, args=["--public-inference"] if address == "0.0.0.0" else []) as server:
        assert http in server.wait_for_log("^Slipway serves on ")
        done = subprocess.run(["sh", "-c", printed_command(server)], capture_output=True, timeout=30, check=True)
        answer = json.loads(done.stdout)
        assert answer["model_name"] == "breast_cancer" and answer["outputs"]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor only")
def test_threads_follow_the_processors_that_the_process_may_use():
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everything)})
    try:
        with Server(EXAMPLES / "digits" / "1") as server:
            said = json.loads(server.wait_for_log('"message":"resources"'))
    finally:
        os.sched_setaffinity(0, everything)
    assert said["processors"] == said["io_threads"] == said["compute_threads"] == 1
    assert said["from"] == "affinity" and said["memory_mib"] > 0


def test_limits_given_by_name_are_those_that_are_printed():
    args = ["--io-threads=3", "--compute-threads=1", "--memory-limit=512MiB"]
    with Server(EXAMPLES / "digits" / "1", args=args) as server:
        said = json.loads(server.wait_for_log('"message":"resources"'))
        assert (said["io_threads"], said["compute_threads"], said["memory_mib"]) == (3, 1, 512)
