"""Models that `slipway train` fits are as good as scikit-learn's on the same rows."""

import functools
import statistics
import sys

import pytest

import frameworks
from support.models import ROOT

if frameworks.missing is None:
    sys.path.insert(0, str(ROOT / "bench"))
    import training

needs_frameworks = pytest.mark.skipif(frameworks.missing is not None, reason=f"scikit-learn: {frameworks.missing}")

# Estimators without a draw agree to rounding of their stopping rules; the others by the mean of several draws.
EXACT = {
    "linear": 1e-6,
    "ridge": 1e-3,
    "lasso": 1e-3,
    "elastic-net": 1e-3,
    "logistic": 0.01,
    "svm": 0.01,
    "naive-bayes": 0.01,
    "neighbors": 1e-9,
}
# Chance is worth a point or two on so few rows: others draw seeds, and which rows judge, so often.
DRAWN = {"network": 3, "forest": 6, "tree": 12}
WITHIN = 0.005  # or one row
PAIRS = [
    ("breast_cancer", "logistic"),
    ("breast_cancer", "svm"),
    ("breast_cancer", "boosting"),
    ("breast_cancer", "naive-bayes"),
    ("digits", "logistic"),
    ("digits", "svm"),
    ("digits", "network"),
    ("digits", "forest"),
    ("digits", "neighbors"),
    ("digits", "tree"),
    ("digits", "boosting"),
    ("diabetes", "boosting"),
    ("diabetes", "linear"),
    ("diabetes", "ridge"),
    ("diabetes", "lasso"),
    ("diabetes", "elastic-net"),
    ("diabetes", "forest"),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """rows(name, draw): a data set of scikit-learn, written once."""
    folder = tmp_path_factory.mktemp("rows")
    return functools.cache(lambda name, draw: training.Rows(name, folder, draw))


@needs_frameworks
@pytest.mark.parametrize(("data", "kind"), PAIRS)
def test_the_score_is_that_of_scikit_learn(trainer, tmp_path, rows, data, kind):
    from threadpoolctl import threadpool_limits

    program = trainer.command("", "", "")[0]
    if kind not in training.kinds_of(program):
        pytest.skip(f"there is no estimator {kind}")
    scores, rivals = [], []
    for draw in range(DRAWN.get(kind, 1)):
        same_rows = rows(data, draw)
        _, make, _ = training.rivals()[kind][same_rows.task][0]
        scores.append(training.run_slipway(program, same_rows, kind, draw, tmp_path / f"{draw}.slipway")[1])
        with threadpool_limits(1):  # threads that wait by spinning take minutes on a busy machine; scores do not change
            rivals.append(training.run_rival(make, same_rows, draw)[1])
    score, rival = statistics.mean(scores), statistics.mean(rivals)
    row = 1 / len(same_rows.test[1]) if same_rows.task == "classification" else 0
    assert score >= rival - EXACT.get(kind, max(WITHIN, row))
    if kind in EXACT:
        assert score <= rival + EXACT[kind]
