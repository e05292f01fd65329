"""Hours of mixed traffic while versions are published and rolled back: every answer is right, and memory, files and
latencies stay as they were."""

import itertools
import os
import statistics
import time

from support.bench import apart
from support.checks import unharmed
from support.models import EXAMPLES, TEST_MODELS
from support.repository import Repository, row_model
from support.server import Server, wait_until
from traffic import Clients, loads

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
SECONDS = int(os.environ.get("SLIPWAY_SOAK_SECONDS", 7200 if IS_RELEASE else 60))
SLACK = 1 if IS_RELEASE else 5  # an ordinary run shares its processors
PUBLISH_S = min(60, SECONDS / 6)
SAMPLE_S = 1
MIB = 1 << 20
MAX_SLOPE = MIB  # bytes an hour
PARTS = 6
MAX_RISE = MIB / 4  # of the floor, from each part of the time to the next: 9 MiB an hour where ten minutes are tested
MAX_DRIFT = 0.1  # of a p99
SLICE_S = 0.004  # of the scheduler: what one other process on the machine makes of a p99


def serving(server, version):
    """The version of the published model is the only one."""
    ready = server.get(f"/v2/models/published/versions/{version}/ready").status == 200
    return ready and server.get("/v2/models/published").json()["versions"] == [str(version)]


class Publisher:
    """Each period a version of its own is published and rolled back: version v multiplies by v."""

    def __init__(self, server, repository):
        self._server = server
        self._repository = repository
        self._version = 1

    def publish(self):
        self._version += 1
        self._repository.put("published", self._version, row_model(float(self._version)))
        wait_until(lambda: serving(self._server, self._version), 20, f"version {self._version} is served")

    def roll_back(self):
        self._repository.remove("published", self._version)
        wait_until(lambda: serving(self._server, 1), 20, "version 1 is served again")


def sample(server, publisher):
    """@return (seconds since the start, resident bytes, open files) every second."""
    samples, start = [], time.monotonic()
    turns = 0  # publish, roll back, publish …
    while (now := time.monotonic() - start) < SECONDS:
        if now >= (turns + 0.5) * PUBLISH_S / 2:
            (publisher.roll_back if turns % 2 else publisher.publish)()
            turns += 1
        samples.append((now, server.rss_bytes(), server.open_files()))
        time.sleep(SAMPLE_S)
    return samples


def slope_of(samples):
    """Bytes an hour of resident memory, by the line that fits the second half best."""
    times, rss, _ = zip(*samples[len(samples) // 2:])
    return statistics.linear_regression(times, rss).slope * 3600


def rise_of(samples):
    """Bytes by which the least resident memory rises from each of the last parts of the time to the next, the least of
    these rises: what leaks rises each time; what requests hold, of which there are more when others have the processor,
    comes and goes."""
    size = len(samples) // PARTS
    floors = [min(rss for _, rss, _ in samples[begin:begin + size]) for begin in range(2 * size, PARTS * size, size)]
    return min(after - before for before, after in itertools.pairwise(floors))


def describe(samples, runs, clients):
    _, rss, files = zip(*samples)
    print(f"{slope_of(samples) / MIB:.2f} MiB an hour, the floor rose by {rise_of(samples) / MIB:.2f} each time; MiB:",
          *(f"{each / MIB:.1f}" for each in rss[::max(1, len(rss) // 20)]), f"{rss[-1] / MIB:.1f}")
    print(f"files {min(files)} to {max(files)}; calls {clients.calls}")
    for name, run in runs.items():
        print(f"{name}: {run['completed']} answers, p99 in ms:", *(f"{us / 1e3:.1f}" for us in run["slices"]["p99"]))


def drift_of(run):
    """p99 of the second half of the time by that of the first; what is below a slice counts as that. Of each half its
    quietest part: whatever else this machine does only adds."""
    p99 = run["slices"]["p99"]
    half = len(p99) // 2
    return min(p99[half:]) / max(min(p99[:half]), SLICE_S * 1e6)


def check_exact(name, run):
    """Each answer has come, and is byte for byte that of before."""
    assert run["failures"] == run["timeouts"] == run["unsent"] == run["wrong_answers"] == 0, (name, run)
    assert run["completed"] == run["succeeded"] > 0, (name, run)


def test_hours_leave_no_trace(tmp_path):
    repository = Repository(tmp_path)
    repository.put("published", 1, row_model(1.0))
    models = [repository, EXAMPLES, TEST_MODELS / "slow.onnx", TEST_MODELS / "add_sub.onnx"]
    args = ["--model-control=poll", "--poll-interval=250ms"]
    with apart() as core, Server(*models, args=args, cores=[core]) as server, unharmed(server):
        publisher = Publisher(server, repository)
        with Clients(server) as clients, loads(server, tmp_path, SECONDS) as running:
            samples = sample(server, publisher)
        runs = {name: load.run for name, load in running.items()}
    describe(samples, runs, clients)
    assert clients.problems == [], clients.problems[:5]
    for name, run in runs.items():
        check_exact(name, run)
        assert drift_of(run) <= 1 + MAX_DRIFT * SLACK, name
    assert rise_of(samples) <= MAX_RISE
    assert not IS_RELEASE or slope_of(samples) <= MAX_SLOPE
