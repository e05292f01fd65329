"""What Slipway's engine saves beside the library that made the model: scikit-learn and CatBoost on the same files.

One thread each, on the same core, in turns; processor time; rows rotate; the probabilities are compared first. What the
Python that runs it does not have is named and not measured."""

import importlib.util
import json
import os
import pickle
import statistics
import time
import warnings

import harness
import tabular
from harness import BenchError
from measurement import Row, ratios, run_slipway

BATCHES = (1, 1000)
ROUND_S = 0.2
COMPARED = 100    # rows
TOLERANCE = 1e-5


def _forest():
    from sklearn.ensemble import RandomForestClassifier
    return RandomForestClassifier(100, random_state=1)


def _boosting():
    from sklearn.ensemble import HistGradientBoostingClassifier
    return HistGradientBoostingClassifier(random_state=1)


def _pipeline():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    return make_pipeline(StandardScaler(), LogisticRegression())


def _support_vectors():
    from sklearn.svm import SVC
    return SVC(probability=True, random_state=1)


def _catboost():
    from catboost import CatBoostClassifier
    return CatBoostClassifier(iterations=500, depth=6, verbose=False, allow_writing_files=False, thread_count=1)


LIBRARIES = {"sklearn": "scikit-learn", "catboost": "CatBoost"}
MODELS = {  # what → (package, what makes it)
    "RandomForestClassifier, 100 trees": ("sklearn", _forest),
    "HistGradientBoostingClassifier": ("sklearn", _boosting),
    "StandardScaler and LogisticRegression": ("sklearn", _pipeline),
    "SVC with probabilities": ("sklearn", _support_vectors),
    "CatBoostClassifier, 500 trees of depth 6": ("catboost", _catboost),
}


def scikit_learn(bench):
    """Beside 11 to 14: predict_proba of scikit-learn's and CatBoost's own models, 1 and 1,000 rows a call."""
    rows = []
    for what, (package, make) in MODELS.items():
        if importlib.util.find_spec(package) is None or importlib.util.find_spec("sklearn") is None:
            rows.append(tabular.missing("library", what, LIBRARIES[package]))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that SVC's probabilities will go
            rows += _rows_of(bench, what, package, make)
    return rows


def _rows_of(bench, what, package, make):
    import threadpoolctl
    x, y = tabular.made_data()
    x = x[:tabular.ROWS].astype("float64")
    model = make().fit(x[:1000], y[:1000] > y.mean())
    path = bench.folder / f"{package}.pkl"
    path.write_bytes(pickle.dumps(model))
    _compare(bench, path, model, x)
    theirs, ours = {batch: [] for batch in BATCHES}, {batch: [] for batch in BATCHES}
    with threadpoolctl.threadpool_limits(1):
        for _ in range(bench.rounds):
            report = tabular.evaluate(bench, path, BATCHES, 1)
            for batch in BATCHES:
                ours[batch] += report["slipway"]["row_ns"][str(batch)]
                theirs[batch].append(_row_ns(model, x, batch))
    name = LIBRARIES[package]
    return [Row("library", f"{what}, {_count(batch)}", name, ratios(zip(theirs[batch], ours[batch])),
                detail=f"Slipway {_time(ours[batch])}, {name} {_time(theirs[batch])} a row") for batch in BATCHES]


def _compare(bench, path, model, x):
    rows = path.with_suffix(".json")
    rows.write_text(json.dumps(x[:COMPARED].tolist()))
    told = run_slipway(bench, "predict", path, "--input", rows, "--output-name", "predict_proba")
    answers = [json.loads(line)["predict_proba"] for line in told.splitlines()]
    worst = abs(model.predict_proba(x[:COMPARED]) - answers).max()
    if worst > TOLERANCE:
        raise BenchError(f"{type(model).__name__}: Slipway's probabilities differ by {worst:.2g}")


def _row_ns(model, x, batch):
    """Processor time of a row, on the core where Slipway's is measured."""
    os.sched_setaffinity(0, {harness.SERVER_CORE})
    try:
        model.predict_proba(x[:batch])
        done, begun = 0, time.process_time()
        while time.process_time() - begun < ROUND_S:
            first = done % (len(x) - batch + 1)
            model.predict_proba(x[first:first + batch])
            done += batch
        return (time.process_time() - begun) * 1e9 / done
    finally:
        os.sched_setaffinity(0, {harness.LOAD_CORE})


def _count(batch):
    return "one row" if batch == 1 else f"{batch:,} rows"


def _time(ns):
    return f"{statistics.median(ns) / 1000:.3g} µs"


GOALS = {"scikit-learn": scikit_learn}
