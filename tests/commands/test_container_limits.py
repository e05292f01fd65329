"""Threads and memory budgets follow the limits that the kernel puts on the server's control group."""

import collections
import concurrent.futures
import json
import os
import pathlib

import pytest

from support.checks import check_serves, unharmed
from support.models import TEST_MODELS
from support.server import Server, slipway_path, wait_until
from support.tensors import binary_request

GROUPS = pathlib.Path("/sys/fs/cgroup")
MEMORY = 768 << 20
HALF_A_PROCESSOR = (50_000, 100_000)  # µs of each so many


def limits():
    """{folder of a new group: {its file: what is written there}}, as this kernel has control groups."""
    name = f"slipway-test-{os.getpid()}"
    quota, period = HALF_A_PROCESSOR
    if (GROUPS / "cgroup.controllers").exists():
        (GROUPS / "cgroup.subtree_control").write_text("+cpu +memory")
        return {GROUPS / name: {"cpu.max": f"{quota} {period}", "memory.max": MEMORY}}
    return {
        GROUPS / "cpu" / name: {"cpu.cfs_period_us": period, "cpu.cfs_quota_us": quota},
        GROUPS / "memory" / name: {"memory.limit_in_bytes": MEMORY},
    }


@pytest.fixture
def group():
    """Files that a process's number is written to so that it is limited."""
    made = []
    try:
        for folder, files in limits().items():
            folder.mkdir()
            made.append(folder)
            for file, text in files.items():
                (folder / file).write_text(str(text))
    except OSError as error:
        for folder in made:
            folder.rmdir()
        pytest.skip(f"no control group can be made here: {error}")
    yield [folder / "cgroup.procs" for folder in made]
    for folder in made:
        wait_until(lambda: not (folder / "cgroup.procs").read_text(), what="the end of the group's processes")
        folder.rmdir()


@pytest.fixture
def limited_program(group, tmp_path, monkeypatch):
    """The program under test enters the group before it begins."""
    enter = "".join(f"echo $$ >{file}\n" for file in group)
    script = tmp_path / "slipway"
    script.write_text(f'#!/bin/sh\nset -e\n{enter}exec {slipway_path()} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("SLIPWAY", str(script))


def resources(server):
    lines = [json.loads(line) for line in server.log if line.startswith("{")]
    return next(line for line in lines if line["message"] == "resources")


def test_what_the_kernel_grants_the_group_is_what_the_server_plans_with(limited_program):
    with Server(TEST_MODELS / "add_sub.onnx") as server:
        told = resources(server)
        check_serves(server)
    assert (told["processors"], told["from"]) == (1, "cgroup quota of 0.5 CPUs"), told
    assert (told["io_threads"], told["compute_threads"]) == (1, 1), told
    assert (told["memory_mib"], told["memory_from"]) == (MEMORY >> 20, "cgroup"), told


def test_bodies_beyond_the_groups_memory_are_refused_and_nothing_is_killed(limited_program):
    size, clients = 16 << 20, 48  # three times what the group may hold, answers included
    tensor = {"name": "INPUT0", "datatype": "FP32", "shape": [1, size // 4], "raw": bytes(size)}
    body, headers = binary_request([tensor])
    statuses = collections.Counter()

    def ask(_):
        try:
            answer = server.post("/v2/models/identity_fp32/infer", body, headers)
            statuses[answer.status] += 1
        except OSError:
            statuses["refused before the body was sent"] += 1

    with Server(TEST_MODELS / "identity_fp32.onnx", TEST_MODELS / "add_sub.onnx") as server:
        with unharmed(server), concurrent.futures.ThreadPoolExecutor(clients) as pool:
            list(pool.map(ask, range(clients)))
    print(statuses)
    assert statuses[200] > 0
    assert set(statuses) <= {200, 413, 429, 503, "refused before the body was sent"}, statuses


def test_without_such_a_group_affinity_and_the_machine_count():
    with Server(TEST_MODELS / "add_sub.onnx", cores=[min(os.sched_getaffinity(0))]) as server:
        told = resources(server)
    assert (told["processors"], told["from"]) == (1, "affinity"), told
    assert told["memory_mib"] > MEMORY >> 20, told
