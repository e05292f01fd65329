"""Goal 16: the measured batch sizes against fixed sizes and delays: requests per second, and answers in time near capacity.

All servers are there from the start and take turns on one core. The grid's best is told in rounds of its own: taken from
the rounds that it is compared in, the luckiest of six would stand against one."""

import contextlib
import statistics
import time

import harness
from harness import ROOT
from measurement import MANY, SETTLING_S, Row, binary_requests, medians, per_second, ratios

CLASSES = {  # model → shape of one row
    "tiny_gemm": [1, 16],
    "digits": [1, 1, 8, 8],
    "breast_cancer": [1, 30],
    "mobilenet_v2": [1, 3, 224, 224],
}
GRID = [(1, 0), (4, 0), (16, 0), (4, 1000), (16, 1000), (64, 1000)]  # rows, microseconds
UNTUNED = None
BASELINE = "best of a grid of sizes and delays"
LEARNING_ROUNDS = 3  # a first run of many images is for seconds busy with its memory
LOAD = 0.9
LIMIT_RUNS, LEAST_LIMITS_US = 10, (2_000, 50_000)  # of latency: times of a request alone, at least
OPEN_CONNECTIONS = 256


def untuned(bench):
    """Goal 16: the measured batch sizes against the best of a grid of fixed sizes and delays, 64 in flight."""
    return [row for model in CLASSES for row in _rows_of(bench, model, _per_second)]


def goodput(bench):
    """Goal 16: answers within limits of latency at 0.9 of the capacity, untuned, against the best of the same grid."""
    return [row for model in CLASSES for row in _rows_of(bench, model, _in_time)]


def _rows_of(bench, model, rows):
    example = ROOT / "examples" / "models" / model
    path = example if example.exists() else bench.model(model)
    with contextlib.ExitStack() as stack:
        servers = {point: stack.enter_context(bench.server(path, options=_options(point))) for point in [UNTUNED, *GRID]}
        requests, _ = binary_requests(bench, servers[UNTUNED], model, CLASSES[model], rotation=4)
        for server in servers.values():  # the costs are learned
            harness.load(bench.build, requests.check(server).port, requests.files, LEARNING_ROUNDS * bench.seconds, MANY)
        time.sleep(SETTLING_S)
        return rows(model, Turns(bench, servers, requests.files))


def _options(point):
    return [] if point is UNTUNED else ["--max-batch", str(point[0]), "--batch-delay-us", str(point[1])]


def _per_second(model, turns):
    [(best, worst, pairs)] = against_best(turns.bench.rounds, lambda points: {
        point: (rate,) for point, rate in turns.capacities(points).items()})
    return [Row("16", f"{model}: requests per second, 64 in flight, untuned", BASELINE, ratios(pairs), goal=0.97, at_least=True,
                detail=f"{medians(pairs, 'per s')} at {best[0]} rows, {best[1]} µs; worst of the grid {worst:.4g}")]


def _in_time(model, turns):
    alone_us = turns.each([UNTUNED], lambda server: turns.bench.load(server, turns.files, 1)["p50_us"])[UNTUNED]
    limits_us = sorted({max(LIMIT_RUNS * alone_us, least) for least in LEAST_LIMITS_US})
    rates = []

    def measure(points):
        rates.append(LOAD * max(turns.capacities(points).values()))
        return turns.each(points, lambda server: turns.in_time(server, rates[-1], limits_us))
    rows = []
    for limit_us, (best, worst, pairs) in zip(limits_us, against_best(turns.bench.rounds, measure)):
        what = f"{model}: answers within {limit_us / 1000:.3g} ms at {LOAD} load, untuned"
        detail = (f"{medians(pairs, 'in time')} at {best[0]} rows, {best[1]} µs; worst of the grid {worst:.4f}; "
                  f"{statistics.median(rates):.0f} per s")
        in_time = [pair for pair in pairs if pair[1] > 0]  # else the machine was elsewhere
        rows.append(Row("16", what, BASELINE, ratios(in_time), goal=0.97, at_least=True, detail=detail))
    return rows


def against_best(rounds, measure):
    """For each figure: the point of the grid with the best mean, the worst mean, and (ours, the best point's) of as many
    other rounds. @param measure  points → {point: figures}, of one round."""
    trials = [measure(GRID) for _ in range(rounds)]
    means = [{point: statistics.fmean(trial[point][figure] for trial in trials) for point in GRID}
             for figure in range(len(trials[0][GRID[0]]))]
    best = [max(GRID, key=each.get) for each in means]
    finals = [measure([UNTUNED, *sorted(set(best))]) for _ in range(rounds)]
    return [(point, min(each.values()), [(final[UNTUNED][figure], final[point][figure]) for final in finals])
            for figure, (point, each) in enumerate(zip(best, means))]


class Turns:
    """Measurements of one server at a time, none of which shares the core with what another has left behind."""

    def __init__(self, bench, servers, files):
        self.bench, self.servers, self.files = bench, servers, files
        self.first = 0

    def each(self, points, measure):
        """{point: measure(its server)}; each time another is the first."""
        at = self.first % len(points)
        self.first += 1
        figures = {}
        for point in points[at:] + points[:at]:
            harness.wait_until_idle(self.servers.values())
            figures[point] = measure(self.servers[point])
        return figures

    def capacities(self, points):
        return self.each(points, lambda server: per_second(self.bench.load(server, self.files, MANY)))

    def in_time(self, server, rate, limits_us):
        """The share of the answers that is within each limit."""
        run = harness.open_load(self.bench.build, server.port, self.files, self.bench.seconds, OPEN_CONNECTIONS, rate, limits_us)
        return [count / run["due"] for count in run["in_time"]]


GOALS = {"untuned": untuned, "goodput": goodput}
