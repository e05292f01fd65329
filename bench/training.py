"""`bench/run train`: every estimator of `slipway train` beside scikit-learn's, and boosting beside LightGBM's.

Both sides have two threads, learn from the same rows of the same file, and are judged by the same rows, the last quarter;
rounds alternate, each with a seed of its own on both sides: times are medians, scores means over the rounds. Time is that of
preprocessing and fitting, without reading files. Wanted is at most the time of scikit-learn's and 1.5 times LightGBM's, and a score that is not
lower by more than 0.005, or by one row where there are few; the exit code is 1 when a comparison misses that. Python finds scikit-learn and
LightGBM (tests/classical/requirements.txt) in this interpreter.

  bench/run train                                    the data sets that come with scikit-learn, and 100,000 × 50
  bench/run train --data digits,class-1m --kinds boosting,logistic --rounds 3
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

THREADS = 2
HELD_OUT = 0.25
KERNEL_ROWS = 20_000  # beyond, quadratic estimators are not compared
TIMES_WANTED = {"LightGBM": 1.5}  # of the rival's time; of the others 1
LOSS_ALLOWED = 0.005  # of score
# Trees on both sides instead of 100, where every row becomes a leaf and one tree takes half a minute.
FEWER_TREES = {("regression-1m", "forest"): 20, ("regression-1m", "extra-trees"): 20}


def _bundled(name):
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(return_X_y=True)


def _made(task, rows, columns):
    from sklearn import datasets

    if task == "classification":
        return datasets.make_classification(
            rows, columns, n_informative=columns // 2, n_classes=2, flip_y=0.05, class_sep=0.8, random_state=1
        )
    return datasets.make_regression(rows, columns, n_informative=columns // 2, noise=20, random_state=1)


DATA = {
    "iris": ("classification", lambda: _bundled("iris")),
    "wine": ("classification", lambda: _bundled("wine")),
    "breast_cancer": ("classification", lambda: _bundled("breast_cancer")),
    "digits": ("classification", lambda: _bundled("digits")),
    "diabetes": ("regression", lambda: _bundled("diabetes")),
    "class-20k": ("classification", lambda: _made("classification", 20_000, 20)),
    "regression-20k": ("regression", lambda: _made("regression", 20_000, 20)),
    "class-100k": ("classification", lambda: _made("classification", 100_000, 50)),
    "regression-100k": ("regression", lambda: _made("regression", 100_000, 50)),
    "class-1m": ("classification", lambda: _made("classification", 1_000_000, 20)),
    "regression-1m": ("regression", lambda: _made("regression", 1_000_000, 20)),
}
DEFAULT_DATA = "iris,wine,breast_cancer,digits,diabetes,class-100k,regression-100k"


def _scaled(estimator):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), estimator)


def rivals():
    """{kind: {task: [(name, make, most rows)]}}: what does the same, with the same settings."""
    from lightgbm import LGBMClassifier, LGBMRegressor
    from sklearn import ensemble, linear_model, naive_bayes, neighbors, neural_network, svm, tree

    def of(classifier, regressor, rows=None, scaled=False):
        wrap = _scaled if scaled else lambda estimator: estimator
        by_task = {}
        for task, make in (("classification", classifier), ("regression", regressor)):
            if make is not None:
                by_task[task] = [(type(make()).__name__, lambda make=make: wrap(make()), rows)]
        return by_task

    found = {
        "linear": of(None, linear_model.LinearRegression),
        "ridge": of(None, linear_model.Ridge, scaled=True),
        "lasso": of(None, linear_model.Lasso, scaled=True),
        "elastic-net": of(None, linear_model.ElasticNet, scaled=True),
        "logistic": of(linear_model.LogisticRegression, None, scaled=True),
        "sgd": of(
            lambda: linear_model.SGDClassifier(loss="log_loss", n_jobs=THREADS), linear_model.SGDRegressor, scaled=True
        ),
        "linear-svm": of(svm.LinearSVC, svm.LinearSVR, scaled=True),
        "svm": of(svm.SVC, svm.SVR, rows=KERNEL_ROWS, scaled=True),
        "neighbors": of(
            lambda: neighbors.KNeighborsClassifier(n_jobs=THREADS),
            lambda: neighbors.KNeighborsRegressor(n_jobs=THREADS),
            rows=KERNEL_ROWS,
            scaled=True,
        ),
        "naive-bayes": of(naive_bayes.GaussianNB, None),
        "network": of(neural_network.MLPClassifier, neural_network.MLPRegressor, scaled=True),
        "tree": of(tree.DecisionTreeClassifier, tree.DecisionTreeRegressor),
        "forest": of(
            lambda: ensemble.RandomForestClassifier(n_jobs=THREADS),
            lambda: ensemble.RandomForestRegressor(n_jobs=THREADS),
        ),
        "extra-trees": of(
            lambda: ensemble.ExtraTreesClassifier(n_jobs=THREADS),
            lambda: ensemble.ExtraTreesRegressor(n_jobs=THREADS),
        ),
        "boosting": of(
            lambda: ensemble.HistGradientBoostingClassifier(early_stopping=False),
            lambda: ensemble.HistGradientBoostingRegressor(early_stopping=False),
        ),
    }
    light = {"n_jobs": THREADS, "verbose": -1}
    found["boosting"]["classification"].append(("LightGBM", lambda: LGBMClassifier(**light), None))
    found["boosting"]["regression"].append(("LightGBM", lambda: LGBMRegressor(**light), None))
    return found


class Rows:
    """A data set, shuffled by `draw`, in memory and as a file whose column `row` says the order."""

    def __init__(self, name, folder, draw=0):
        import numpy

        self.name = name
        self.task, load = DATA[name]
        x, y = load()
        order = numpy.random.RandomState(draw).permutation(len(y))
        x, y = x[order].astype("float64"), y[order]
        # As `--time row` does: the latest rows are held out.
        train = len(y) - math.ceil(len(y) * HELD_OUT)
        self.train, self.test = (x[:train], y[:train]), (x[train:], y[train:])
        self.file = folder / f"{name}-{draw}.csv"
        header = ",".join([f"x{i}" for i in range(x.shape[1])] + ["y", "row"])
        table = numpy.column_stack([x, y, numpy.arange(len(y))])
        numpy.savetxt(self.file, table, fmt="%.17g", delimiter=",", header=header, comments="")

    def __len__(self):
        return len(self.train[1])


def run_slipway(program, rows, kind, seed, out):
    command = [program, "train", rows.file, "--target", "y", "--task", rows.task, "--model", kind, "-o", out]
    command += ["--time", "row", "--test-share", HELD_OUT, "--threads", THREADS, "--seed", seed, "--json"]
    if (rows.name, kind) in FEWER_TREES:
        command += ["--param", f"trees={FEWER_TREES[rows.name, kind]}"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    told = json.loads(done.stdout)
    score = told["scores"]["accuracy" if rows.task == "classification" else "r2"]
    return told["seconds"]["preprocess"] + told["seconds"]["fit"], score


def run_rival(make, rows, seed):
    estimator = make()
    estimator.set_params(**{name: seed for name in estimator.get_params() if name.endswith("random_state")})
    start = time.perf_counter()
    estimator.fit(*rows.train)
    return time.perf_counter() - start, estimator.score(*rows.test)


def kinds_of(program):
    """{name: tasks} of the estimators that the program has."""
    printed = subprocess.run([program, "training-reference"], capture_output=True, text=True, check=True).stdout
    found = {}
    for section in printed.split("\n### ")[1:]:
        name, summary, *_ = section.splitlines()
        found[name] = summary.rsplit("*", 2)[1]
    return found


def missed(line):
    """What a comparison misses: "", "time", "score" or both."""
    late = line["ratio"] > line["ratio_wanted"]
    worse = line["score"] < line["rival_score"] - line["loss_allowed"] - 1e-9
    return " and ".join(word for word, is_missed in (("time", late), ("score", worse)) if is_missed)


def summary(table, failures):
    """The last line: counts, and what missed."""
    lines = [f"{line['data']} {line['kind']} beside {line['rival']} ({missed(line)})" for line in table if missed(line)]
    counts = f"{len(table)} comparisons, {len(lines)} miss what is wanted, {len(failures)} failed"
    return ": ".join([counts, *filter(None, ["; ".join(lines + failures)])])


def with_as_many_trees(make, rows, kind):
    if (rows.name, kind) not in FEWER_TREES:
        return make
    return lambda: make().set_params(n_estimators=FEWER_TREES[rows.name, kind])


def compare(program, rows, kind, rivals, rounds, folder):
    """Rows of the table: one a rival."""
    own, theirs = [], {name: [] for name, _, _ in rivals}
    for turn in range(rounds):
        own.append(run_slipway(program, rows, kind, turn, folder / f"{rows.name}-{kind}-{turn}.slipway"))
        for name, make, most in rivals:
            if most is None or len(rows) <= most:
                theirs[name].append(run_rival(with_as_many_trees(make, rows, kind), rows, turn))
    table = []
    for name, runs in theirs.items():
        if not runs:
            continue
        seconds, score = statistics.median(s for s, _ in own), statistics.mean(s for _, s in own)
        rival_seconds, rival_score = statistics.median(s for s, _ in runs), statistics.mean(s for _, s in runs)
        table.append(
            {
                "data": rows.name,
                "kind": kind,
                "seconds": seconds,
                "score": score,
                "rival": name,
                "rival_seconds": rival_seconds,
                "rival_score": rival_score,
                "ratio": seconds / rival_seconds,
                "ratio_wanted": TIMES_WANTED.get(name, 1.0),
                "loss_allowed": max(LOSS_ALLOWED, 1 / len(rows.test[1]) if rows.task == "classification" else 0),
            }
        )
    return table


def main(words):
    parser = argparse.ArgumentParser(prog="bench/run train", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build" / "release")
    parser.add_argument("--data", default=DEFAULT_DATA, help="comma-separated: " + ", ".join(DATA))
    parser.add_argument("--kinds", default="", help="comma-separated; all that there are unless said")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path, help="write the rows there as well")
    args = parser.parse_args(words)
    unknown = [name for name in args.data.split(",") if name not in DATA]
    if unknown:
        parser.error(f"unknown data {', '.join(unknown)}: expected {', '.join(DATA)}")
    os.environ.update(OMP_NUM_THREADS=str(THREADS), OPENBLAS_NUM_THREADS=str(THREADS))
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:THREADS]))
    program = args.build / "slipway"
    kinds, all_rivals, table, failures = kinds_of(program), rivals(), [], []
    wanted = [kind for kind in args.kinds.split(",") if kind] or sorted(kinds)
    print("| data | estimator | seconds | score | rival | seconds | score | time ratio | wanted | score difference | wanted | |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.data.split(","):
            rows = Rows(name, pathlib.Path(folder))
            for kind in wanted:
                opponents = all_rivals.get(kind, {}).get(rows.task, [])
                if kind not in kinds or not any(most is None or len(rows) <= most for _, _, most in opponents):
                    continue
                try:
                    lines = compare(program, rows, kind, opponents, args.rounds, pathlib.Path(folder))
                except RuntimeError as error:
                    failures.append(f"{name} {kind}: {error}")
                    print(f"| {name} | {kind} | failed: {error} |")
                    continue
                for line in lines:
                    print(
                        f"| {name} | {kind} | {line['seconds']:.4g} | {line['score']:.4f} | {line['rival']} "
                        f"| {line['rival_seconds']:.4g} | {line['rival_score']:.4f} "
                        f"| {line['ratio']:.2f} | ≤ {line['ratio_wanted']:.2f} "
                        f"| {line['score'] - line['rival_score']:+.4f} | ≥ -{line['loss_allowed']:.4f} "
                        f"| {'FAILED: ' + missed(line) if missed(line) else 'ok'} |",
                        flush=True,
                    )
                table += lines
    if args.json:
        args.json.write_text(json.dumps(table, indent=1))
    print(summary(table, failures))
    return 1 if failures or any(map(missed, table)) else 0
