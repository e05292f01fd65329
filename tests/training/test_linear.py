"""Linear models and naive Bayes from `slipway train` answer as scikit-learn's do on the same rows."""

import subprocess

import frameworks
import pytest
from support.server import slipway_path
from tables import write_csv

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))
if frameworks.missing is None:
    import numpy
    from sklearn import datasets, linear_model, naive_bayes, svm
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

REGRESSIONS = {
    "linear": lambda: linear_model.LinearRegression(),
    "ridge": lambda: linear_model.Ridge(),
    "lasso": lambda: linear_model.Lasso(),
    "elastic-net": lambda: linear_model.ElasticNet(),
    "linear-svm": lambda: svm.LinearSVR(random_state=0, max_iter=10000),
    "sgd": lambda: linear_model.SGDRegressor(random_state=0),
}
CLASSIFICATIONS = {
    "logistic": lambda: linear_model.LogisticRegression(),
    "linear-svm": lambda: svm.LinearSVC(random_state=0),
    "sgd": lambda: linear_model.SGDClassifier(loss="log_loss", random_state=0),
    "naive-bayes": lambda: naive_bayes.GaussianNB(),
}
UNSCALED = ("linear", "naive-bayes")
SETS = ("iris", "wine", "breast_cancer", "digits")


def predict(bundle, rows, folder):
    """The first output's answers."""
    numpy.save(folder / "rows.npy", rows)
    command = [slipway_path(), "predict", bundle, "--input", folder / "rows.npy"]
    command += ["--output", folder / "answers.npy", "--output-name", "predict"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return numpy.load(folder / "answers.npy").ravel()


def train_both(trainer, folder, kind, model, x, y, stratify=None):
    """Answers for a fifth of the rows: ours, scikit-learn's, and what is right."""
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=stratify)
    columns = {f"x{j}": map(repr, map(float, x_train[:, j])) for j in range(x.shape[1])}
    table = write_csv(folder / "rows.csv", {**columns, "y": y_train.tolist()})
    task = "regression" if stratify is None else "classification"
    report = trainer.report(table, "y", folder / "model.slipway", "--model", kind, "--test-share", "0", "--task", task)
    assert report["estimator"] == kind
    theirs = model() if kind in UNSCALED else make_pipeline(StandardScaler(), model())
    theirs.fit(x_train, y_train)
    return predict(folder / "model.slipway", x_test, folder), theirs.predict(x_test), y_test


@pytest.mark.parametrize("kind", REGRESSIONS)
def test_regressions_score_as_scikit_learns(trainer, tmp_path, kind):
    x, y = datasets.load_diabetes(return_X_y=True)
    ours, theirs, right = train_both(trainer, tmp_path, kind, REGRESSIONS[kind], x, y)
    variance = ((right - right.mean()) ** 2).sum()
    assert ((right - ours) ** 2).sum() / variance <= ((right - theirs) ** 2).sum() / variance + 0.005
    if kind not in ("sgd", "linear-svm"):
        numpy.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kind", CLASSIFICATIONS)
def test_classifications_score_as_scikit_learns(trainer, tmp_path, kind, name):
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    ours, theirs, right = train_both(trainer, tmp_path, kind, CLASSIFICATIONS[kind], x, y, stratify=y)
    # half a point, or the one row that is more in so small a set
    allowed = max(0.005, 1 / len(right))
    assert (ours == right).mean() >= (theirs == right).mean() - allowed - 1e-12


def test_columns_of_zeros_and_repeated_columns_do_no_harm(trainer, tmp_path):
    x, y = datasets.load_diabetes(return_X_y=True)
    wide = numpy.hstack([x, x, numpy.zeros((len(x), 2))])
    ours, theirs, _ = train_both(trainer, tmp_path, "linear", REGRESSIONS["linear"], wide, y)
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-8)
