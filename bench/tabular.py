"""Goals 11 to 14 and 20: trained models in Slipway's engine, in ONNX Runtime, and in the libraries that trained them.

Models are trained here, so the Python that runs bench/run must have scikit-learn, xgboost and lightgbm; what it
lacks is not measured. Treelite reads XGBoost's models where it is installed. Everything runs on one core."""

import functools
import importlib.util
import json
import os
import pathlib
import pickle
import subprocess

import harness
from harness import BenchError
from measurement import Row, ratios

TREES, FEATURES, ROWS = 500, 30, 4000
ONE, MANY = 1, 1000


def library(package, name):
    """The path of a package's shared library; None when it is not installed."""
    found = importlib.util.find_spec(package)
    return found and str(next(pathlib.Path(found.origin).parent.rglob(name)))


@functools.cache
def made_data():
    import numpy
    random = numpy.random.default_rng(1)
    x = random.normal(size=(20_000, FEATURES)).astype(numpy.float32)
    y = numpy.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + numpy.abs(x[:, 3:8]).sum(axis=1)
    return x, y + random.normal(scale=2, size=len(y))


def train_xgboost(depth, path):
    import xgboost
    x, y = made_data()
    model = xgboost.XGBRegressor(n_estimators=TREES, max_depth=depth, learning_rate=0.05, base_score=0.5,
                                 min_child_weight=0)
    model.fit(x, y).save_model(path)


def _lightgbm(depth, path):
    import lightgbm
    x, y = made_data()
    model = lightgbm.LGBMRegressor(n_estimators=TREES, max_depth=depth, num_leaves=2 ** depth, verbose=-1,
                                   learning_rate=0.05, min_child_samples=1)
    model.fit(x, y).booster_.save_model(path)


def train_sklearn(make, path):
    x, y = made_data()
    path.write_bytes(pickle.dumps(make().fit(x[:1000].astype("float64"), y[:1000] > y.mean())))


def train_forest(path):
    from sklearn.ensemble import RandomForestClassifier
    train_sklearn(lambda: RandomForestClassifier(100, random_state=1), path)


def _linear():
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression()


def _network():
    from sklearn.neural_network import MLPClassifier
    return MLPClassifier((64, 64), max_iter=50, random_state=1)


def _support_vectors():
    from sklearn.svm import SVC
    return SVC(gamma=0.03)


def _slipways_network(bench, path):
    x, y = made_data()
    table = bench.folder / "rows.csv"
    rows = ["".join(f"{value!r}," for value in row.tolist()) + f"{int(answer)}" for row, answer in
            zip(x[:1000].astype("float64"), y[:1000] > y.mean())]
    table.write_text("\n".join([",".join([f"x{i}" for i in range(FEATURES)] + ["y"]), *rows]))
    command = [harness.program(bench.build, "slipway"), "train", table, "--target", "y", "--task", "classification", "--model", "network",
               "--param", "hidden=64,64", "--param", "max_iterations=50", "-o", path.parent]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"slipway train failed: {done.stderr}")


def _measure(bench, name, train, batches, rivals=()):
    """Trains a model and has it measured, with `rivals` [(kind, library)] on the same file."""
    path = bench.folder / name
    train(path)
    return evaluate(bench, path, batches, bench.rounds, rivals)


def evaluate(bench, path, batches, rounds, rivals=()):
    """The report of bench/tabular.cc."""
    table = bench.folder / "rows.f64"
    made_data()[0][:ROWS].astype("<f8").tofile(table)
    command = [harness.program(bench.build, "tabular"), path, table, FEATURES, rounds,
               ",".join(map(str, batches))]
    for kind, shared in rivals:
        command += [kind, shared, path]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"},
                          preexec_fn=lambda: os.sched_setaffinity(0, {harness.SERVER_CORE}))
    if done.returncode != 0:
        raise BenchError(f"tabular failed on {path.name}: {done.stderr}")
    report = json.loads(done.stdout)
    for evaluator, facts in report.items():
        if facts["differs"] > 1e-4:
            raise BenchError(f"{evaluator} answers differently on {path.name}: by {facts['differs']}")
    return report


def _faster(report, rival, batch):
    """How many times faster than `rival`, round by round."""
    ours = report["slipway"]["row_ns"][str(batch)]
    return ratios(zip(report[rival]["row_ns"][str(batch)], ours))


def _detail(report, batch):
    return ", ".join(f"{name} {sorted(facts['row_ns'][str(batch)])[len(facts['row_ns'][str(batch)]) // 2]:.0f} ns a row"
                     for name, facts in report.items())


def missing(number, what, package="the library that trains it"):
    return Row(number, what, "none", [], detail=f"{package} is not installed")


def _forest_rows(what, report):
    own = [name for name in report if name not in ("slipway", "onnxruntime")]
    best = min(own, key=lambda name: min(report[name]["row_ns"][str(MANY)]))
    kept = report["slipway"]["kept_kb"] / report["onnxruntime"]["kept_kb"]
    rows = [Row("11", f"{what}, {MANY} rows", "ONNX Runtime", _faster(report, "onnxruntime", MANY), goal=5, at_least=True,
                detail=_detail(report, MANY)),
            Row("12", f"{what}, {MANY} rows", best, _faster(report, best, MANY), goal=3, at_least=True),
            Row("13", f"{what}, one row", "ONNX Runtime", _faster(report, "onnxruntime", ONE), goal=6, at_least=True,
                detail=_detail(report, ONE))]
    rows += [Row("13", f"{what}, one row", name, _faster(report, name, ONE)) for name in own]
    rows += [Row("20", f"{what}: load", "ONNX Runtime",
                 ratios(zip(report["slipway"]["load_ms"], report["onnxruntime"]["load_ms"])), goal=0.25,
                 detail=", ".join(f"{name} {min(facts['load_ms']):.3g} ms" for name, facts in report.items())),
             Row("20", f"{what}: memory kept", "ONNX Runtime", [kept], goal=0.25,
                 detail=", ".join(f"{name} {facts['kept_kb']:.0f} kB" for name, facts in report.items()))]
    return rows


def forests(bench):
    """Goals 11, 12, 13 and 20: trees of XGBoost and LightGBM."""
    rows = []
    for kind, train, ending, shared, depths in (("xgboost", train_xgboost, "json", "libxgboost.so", (6, 8)),
                                                ("lightgbm", _lightgbm, "txt", "lib_lightgbm.so", (6,))):
        for depth in depths:
            what = f"{kind}, {TREES} trees of depth {depth}"
            own = library(kind, shared)
            if own is None or importlib.util.find_spec("sklearn") is None:
                rows.append(missing("11", what, kind if own is None else "scikit-learn"))
                continue
            rivals = [(kind, own)]
            if kind == "xgboost" and library("treelite", "libtreelite.so"):
                rivals.append(("treelite", library("treelite", "libtreelite.so")))
            report = _measure(bench, f"model.{ending}", functools.partial(train, depth), (ONE, MANY), rivals)
            rows += _forest_rows(what, report)
    return rows


def small_models(bench):
    """Goal 14: linear models, networks and support vectors of scikit-learn, and a network of Slipway, one row."""
    rows = []
    models = [(what, "model.pkl", functools.partial(train_sklearn, make)) for what, make in
              (("linear", _linear), ("network of 64 and 64", _network), ("support vectors", _support_vectors))]
    models.append(("Slipway's network of 64 and 64", "trained/model.onnx", functools.partial(_slipways_network, bench)))
    for what, name, train in models:
        if importlib.util.find_spec("sklearn") is None:
            rows.append(missing("14", what, "scikit-learn"))
            continue
        report = _measure(bench, name, train, (ONE, 256))
        rows += [Row("14", f"{what}, one row", "ONNX Runtime", _faster(report, "onnxruntime", ONE), goal=8, at_least=True,
                     detail=_detail(report, ONE)),
                 Row("14", f"{what}, 256 rows", "ONNX Runtime", _faster(report, "onnxruntime", 256), goal=1,
                     at_least=True, detail=_detail(report, 256))]
    return rows


GOALS = {"forests": forests, "small-models": small_models}
