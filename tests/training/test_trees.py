"""Tree ensembles answer rows they have not seen as well as scikit-learn's, fitted on the same rows."""

import csv
import subprocess

import frameworks
import pytest
from support.server import slipway_path
from tables import write_csv

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))

POINTS = 0.005
MODELS = {
    "boosting": ("HistGradientBoosting", {"max_iter": 100, "early_stopping": False}),
    "forest": ("RandomForest", {"n_estimators": 300}),
    "extra-trees": ("ExtraTrees", {"n_estimators": 300}),
    "tree": ("DecisionTree", {"min_samples_leaf": 20}),
}
OURS = {
    "boosting": [],
    "forest": ["--param", "trees=300"],
    "extra-trees": ["--param", "trees=300"],
    "tree": ["--param", "min_samples_leaf=20"],
}


def rows_of(task):
    """Training and test rows of a generator of scikit-learn: (x, y, x of tests, y of tests)."""
    from sklearn import datasets

    if task == "regression":
        x, y = datasets.make_friedman1(n_samples=6000, n_features=8, noise=0.5, random_state=0)
    else:
        classes = {"binary": 2, "multiclass": 4}[task]
        x, y = datasets.make_classification(
            n_samples=6000, n_features=12, n_informative=8, n_classes=classes, random_state=0
        )
    return x[:3000], y[:3000], x[3000:], y[3000:]


def scores_of_framework(kind, task, x, y, x_test, y_test):
    """One for each of three seeds: what chance is worth."""
    from sklearn import ensemble, tree
    from threadpoolctl import threadpool_limits

    name, parameters = MODELS[kind]
    name += "Regressor" if task == "regression" else "Classifier"
    make = getattr(tree if kind == "tree" else ensemble, name)
    with threadpool_limits(1):  # threads that wait by spinning starve each other on a busy machine
        return [make(random_state=seed, **parameters).fit(x, y).score(x_test, y_test) for seed in range(3)]


def columns_of(x, y=None):
    columns = {f"x{i}": x[:, i].tolist() for i in range(x.shape[1])}
    return columns if y is None else columns | {"y": y.tolist()}


def answers(model, rows, out):
    words = [slipway_path(), "predict", model, "--input", rows, "--output", out]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    with open(out, encoding="utf-8") as file:
        return [float(row["predict"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("kind", sorted(MODELS))
def test_unseen_rows_are_answered_as_well_as_by_scikit_learn(trainer, tmp_path, kind, task):
    from sklearn import metrics

    x, y, x_test, y_test = rows_of(task)
    rows = write_csv(tmp_path / "rows.csv", columns_of(x, y))
    unseen = write_csv(tmp_path / "unseen.csv", columns_of(x_test))
    model = tmp_path / "model.slipway"
    kind_of_answer = "regression" if task == "regression" else "classification"
    trainer.report(rows, "y", model, "--model", kind, "--test-share", "0", "--task", kind_of_answer, *OURS[kind])
    score = metrics.r2_score if task == "regression" else metrics.accuracy_score
    ours = score(y_test, answers(model, unseen, tmp_path / "answers.csv"))
    assert ours >= min(scores_of_framework(kind, task, x, y, x_test, y_test)) - POINTS
