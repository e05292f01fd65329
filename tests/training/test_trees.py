"""Tree ensembles answer rows they have not seen as well as scikit-learn's, fitted on the same rows."""

import csv
import statistics
import subprocess

import frameworks
import pytest
from support.server import slipway_path
from tables import write_csv

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))

POINTS = 0.005
MODELS = {
    "boosting": ("HistGradientBoosting", {"max_iter": 100, "early_stopping": False}),
    "forest": ("RandomForest", {"n_estimators": 100}),
    "extra-trees": ("ExtraTrees", {"n_estimators": 100}),
    "tree": ("DecisionTree", {"min_samples_leaf": 20}),
}
OURS = {
    "boosting": [],
    "forest": ["--param", "trees=100"],
    "extra-trees": ["--param", "trees=100"],
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
    """One for each of three seeds."""
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
    kind_of_answer = "regression" if task == "regression" else "classification"
    score = metrics.r2_score if task == "regression" else metrics.accuracy_score
    ours = []
    for seed in range(3):
        model = tmp_path / f"model{seed}.slipway"
        words = ["--model", kind, "--test-share", "0", "--task", kind_of_answer, "--seed", seed, *OURS[kind]]
        trainer.report(rows, "y", model, *words)
        ours.append(score(y_test, answers(model, unseen, tmp_path / "answers.csv")))
    theirs = scores_of_framework(kind, task, x, y, x_test, y_test)
    assert statistics.mean(ours) >= statistics.mean(theirs) - POINTS


def boosters(task, seed):
    """HistGradientBoosting and LightGBM, set up alike."""
    import lightgbm
    from sklearn import ensemble

    kind = "Regressor" if task == "regression" else "Classifier"
    histogram = getattr(ensemble, f"HistGradientBoosting{kind}")
    light = getattr(lightgbm, f"LGBM{kind}")
    return [
        histogram(early_stopping=False, categorical_features="from_dtype", random_state=seed),
        light(n_jobs=1, verbose=-1, random_state=seed),
    ]


def with_gaps(draw):
    """A tenth of the numbers is missing."""
    from sklearn import datasets

    x, y = datasets.make_friedman1(n_samples=9000, n_features=8, noise=0.5, random_state=draw)
    import numpy

    x[numpy.random.RandomState(draw).uniform(size=x.shape) < 0.1] = numpy.nan
    return "regression", columns_of(x), y


def with_words(draw):
    """Twelve words in no order, each with an effect of its own that numbers change."""
    import numpy

    random = numpy.random.RandomState(draw)
    words = random.randint(0, 12, 9000)
    x = random.normal(size=(9000, 4))
    effect = random.permutation(12)[words] - 5.5
    y = effect * (x[:, 0] > 0) + 2 * x[:, 1] + x[:, 2] * x[:, 3] + random.normal(size=9000)
    return "regression", columns_of(x) | {"word": [f"word {word}" for word in words]}, y


def of_four_classes(draw):
    from sklearn import datasets

    x, y = datasets.make_classification(n_samples=9000, n_features=12, n_informative=8, n_classes=4, random_state=draw)
    return "classification", columns_of(x), y


@pytest.mark.parametrize("rows", [with_gaps, with_words, of_four_classes])
def test_boosting_is_as_good_as_others_with_gaps_words_and_classes(trainer, tmp_path, rows):
    """By the mean of three draws of 3,000 rows to learn from and 6,000 that judge."""
    import pandas
    from sklearn import metrics
    from threadpoolctl import threadpool_limits

    ours, theirs = [], []
    for draw in range(3):
        task, columns, y = rows(draw)
        score = metrics.r2_score if task == "regression" else metrics.accuracy_score
        learned = {name: values[:3000] for name, values in columns.items()}
        unseen = {name: values[3000:] for name, values in columns.items()}
        blank = lambda table: {name: ["" if value != value else value for value in values] for name, values in table.items()}
        data = write_csv(tmp_path / "rows.csv", blank(learned) | {"y": y[:3000].tolist()})
        questions = write_csv(tmp_path / "unseen.csv", blank(unseen))
        model = tmp_path / f"model{draw}.slipway"
        trainer.report(data, "y", model, "--model", "boosting", "--test-share", "0", "--task", task)
        ours.append(score(y[3000:], answers(model, questions, tmp_path / "answers.csv")))
        frames = [pandas.DataFrame(table).apply(lambda c: c.astype("category") if c.name == "word" else c) for table in (learned, unseen)]
        with threadpool_limits(1):
            theirs.append([score(y[3000:], each.fit(frames[0], y[:3000]).predict(frames[1])) for each in boosters(task, draw)])
    for name, scores in zip(("HistGradientBoosting", "LightGBM"), zip(*theirs, strict=True), strict=True):
        assert sum(ours) / 3 >= sum(scores) / 3 - POINTS, name


def test_a_rising_answer_never_falls(trainer, tmp_path):
    import numpy

    random = numpy.random.RandomState(0)
    x = random.uniform(-3, 3, size=(1500, 2))
    y = x[:, 0] + 2 * numpy.sin(3 * x[:, 0]) + x[:, 1] + random.normal(size=1500)
    ramp = columns_of(numpy.column_stack([numpy.linspace(-3, 3, 500), numpy.zeros(500)]))
    rows, questions = write_csv(tmp_path / "rows.csv", columns_of(x, y)), write_csv(tmp_path / "ramp.csv", ramp)
    steepest = {}
    for name, words in {"free": [], "rising": ["--step", "x0=monotone:rising"], "falling": ["--step", "x0=monotone:falling"]}.items():
        model = tmp_path / f"{name}.slipway"
        trainer.report(rows, "y", model, "--model", "boosting", "--test-share", "0", *words)
        steps = numpy.diff(answers(model, questions, tmp_path / "answers.csv"))
        steepest[name] = (steps.min(), steps.max())
    assert steepest["free"][0] < -0.1 and steepest["free"][1] > 0.1
    assert steepest["rising"][0] >= -1e-9 and steepest["rising"][1] > 0.1
    assert steepest["falling"][1] <= 1e-9
