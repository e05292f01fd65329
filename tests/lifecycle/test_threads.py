"""How many threads of the runtime a model has: measured once, remembered, and overruled by who says it; and that the
process has the threads of ARCHITECTURE.md and no others."""

import json
import re

import pytest

from support.models import ROOT
from support.repository import power_model, scaled_model
from support.server import Server

THREAD_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `[a-z]+::\w+` \|", re.M)  # what it is called, how many there are
PROGRAM = "slipway"  # what a thread without a name of its own is called


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def logged(server, message):
    return json.loads(server.wait_for_log(f'"message":"{message}"'))


def load(repository, data, *args):
    """Loads the repository's only model. @return (the log's line about it, processors)"""
    with Server(repository, data=data, args=args) as server:
        return logged(server, "model loaded"), logged(server, "resources")["processors"]


def record(data):
    """The file about the only model that passed."""
    (path,) = (data / "verified").iterdir()
    return path


def remember(data, threads, processors):
    lines = [line for line in record(data).read_text().splitlines() if not line.startswith("threads")]
    record(data).write_text("\n".join([*lines, f"threads {threads} of {processors}", ""]))


def test_a_long_run_is_measured_when_the_model_is_new(repository, data):
    repository.put("m", 1, power_model(384, 10))
    found, processors = load(repository, data)
    if processors < 2:
        pytest.skip("nothing to measure on one processor")
    assert found["run_us"] > 2000
    # While others use the machine nothing is remembered, and one thread is taken.
    kept = [line for line in record(data).read_text().splitlines() if line.startswith("threads")]
    assert kept in ([], [f"threads {found['intra_op_threads']} of {processors}"])
    assert kept or found["intra_op_threads"] == 1
    assert 1 <= found["intra_op_threads"] <= processors


def test_a_short_run_has_one_thread(repository, data):
    repository.put("m", 1, scaled_model(2))
    for i in range(3):  # one that was held up by others of the machine was not short, and nothing is remembered
        found, processors = load(repository, data / str(i))
        assert found["intra_op_threads"] == 1
        text = record(data / str(i)).read_text()
        if processors < 2 or text.endswith(f"\nthreads 1 of {processors}\n"):
            return
        assert "threads" not in text
    raise AssertionError("of three short runs none was known to be short")


def test_what_was_measured_is_kept_and_overruled(repository, data):
    repository.put("m", 1, power_model(384, 10))
    _, processors = load(repository, data)
    if processors < 2:
        pytest.skip("nothing to measure on one processor")
    remember(data, processors, processors)
    before = record(data).stat()
    # A probe that ran again would fail: one MiB is not enough to load anything.
    known, _ = load(repository, data, "--probe-memory-limit=1MiB")
    assert (known["intra_op_threads"], known["instances"]) == (processors, 2)
    said, _ = load(repository, data, "--intra-op-threads=1")
    assert said["intra_op_threads"] == 1
    assert record(data).stat().st_mtime_ns == before.st_mtime_ns


def test_a_record_of_before_threads_were_measured_still_counts(repository, data):
    repository.put("m", 1, power_model(384, 10))
    load(repository, data)
    text = record(data).read_text()
    record(data).write_text(text.split("threads")[0])
    known, _ = load(repository, data, "--probe-memory-limit=1MiB")
    assert known["intra_op_threads"] == 1


def test_the_configured_instances_win(repository, data):
    repository.put("m", 1, power_model(384, 10))
    (repository.folder / "m" / "config.pbtxt").write_text("instance_group [ { count: 5 } ]")
    _, processors = load(repository, data)
    if processors < 2:
        pytest.skip("nothing to measure on one processor")
    remember(data, processors, processors)
    known, _ = load(repository, data)
    assert (known["intra_op_threads"], known["instances"]) == (processors, 5)


@pytest.mark.parametrize("of_the_runtime", [1, 3])
def test_threads_are_those_of_the_table(repository, data, of_the_runtime):
    rows = dict(THREAD_ROW.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    repository.put("m", 1, power_model(384, 10))
    numbers = ["--io-threads=2", "--compute-threads=3", f"--intra-op-threads={of_the_runtime}"]
    with Server(repository, data=data, args=numbers) as server:
        names = server.thread_names()
    unnamed = names.pop(PROGRAM)
    assert set(re.findall(r"`([^`]+)`", " ".join(rows))) == {re.sub(r"\d+$", "N", name) for name in names}
    assert set(names) == {"http-0", "http-1", "pool-0", "pool-1", "pool-2", "pool-relief"}
    assert set(names.values()) == {1}
    assert unnamed == list(rows.values()).count("1") + of_the_runtime - 1
