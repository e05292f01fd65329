"""What the matrix makes with one setting, here with others: functions, kernels, categories, rankers, random forests of boosters."""

import pickle

import pytest

import frameworks
from served import serving

if frameworks.missing is None:
    import numpy as np

    import boosters
    import matrix
    import tables
    from support.parity import ask

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))

FUNCTIONS = ("log", "log1p", "log2", "log10", "exp", "exp2", "expm1", "sqrt", "square", "abs", "absolute", "fabs", "sign",
             "negative", "reciprocal", "sin", "cos", "tanh", "floor", "ceil", "rint", "deg2rad", "radians", "rad2deg", "degrees")
KERNELS = ("linear", "poly", "rbf", "sigmoid")
RANKERS = {"xgboost": ("json", "ubj", "pkl"), "lightgbm": ("txt", "pkl"), "catboost": ("cbm", "json", "pkl")}
FORESTS = ("XGBRFClassifier", "XGBRFRegressor")


def numbers():
    """Rows of every size and sign, zeros and halves among them."""
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(60, 3)) * 10.0 ** rng.integers(-3, 3, (60, 3))
    return np.concatenate([rows, [[0.0, -0.0, 0.5], [1.5, 2.5, -0.5], [1, -1, np.nan], [1e-300, -1e300, 710.0]]])


def function(name):
    from sklearn.preprocessing import FunctionTransformer

    rows = numbers()
    model = FunctionTransformer(getattr(np, name)).fit(rows)
    with np.errstate(all="ignore"):
        return matrix.Model("model.pkl", pickle.dumps(model), rows, {"transform": model.transform(rows)})


def machine(name, kernel):
    from sklearn import svm

    rows = tables.made("float64", matrix.FITTED_ROWS, 3)
    target = "multi-class" if name == "NuSVC" else "regression"
    values = tables.labels((target, "integer"), rows) if name == "NuSVC" else tables.score(rows)
    model = getattr(svm, name)(kernel=kernel, nu=0.3).fit(rows, values)
    rows = tables.made("float64", matrix.ASKED_ROWS, 4)
    return matrix.Model("model.pkl", pickle.dumps(model), rows, matrix.answers_of(model, rows))


def ranked():
    """Rows, how much each is wanted (0 to 3), and the question that each belongs to."""
    rows = tables.made("missing", matrix.FITTED_ROWS, 3)
    wanted = np.digitize(tables.score(rows), [-1, 0, 1])
    return rows, wanted, np.repeat(np.arange(20), matrix.FITTED_ROWS // 20)


def ranker(framework, form):
    rows, wanted, question = ranked()
    if framework == "xgboost":
        import xgboost

        model = xgboost.XGBRanker(n_estimators=8, max_depth=3, n_jobs=1).fit(rows, wanted, qid=question)
    elif framework == "lightgbm":
        import lightgbm

        model = lightgbm.LGBMRanker(n_estimators=8, num_leaves=7, min_child_samples=5, n_jobs=1, verbose=-1)
        model.fit(rows, wanted, group=np.bincount(question))
    else:
        import catboost

        quiet = {"verbose": False, "allow_writing_files": False, "thread_count": 1}
        model = catboost.CatBoostRanker(iterations=8, depth=3, **quiet).fit(rows, wanted, group_id=question)
    asked = tables.made("missing", matrix.ASKED_ROWS, 4)
    expected = {"predict": np.asarray(model.predict(asked))}
    return matrix.Model(boosters.FILE_NAMES[form], boosters.written(model, framework, form), asked, expected)


def forest(name, form):
    import xgboost

    rows = tables.made("missing", matrix.FITTED_ROWS, 3)
    is_classifier = name == "XGBRFClassifier"
    values = tables.labels(("multi-class", "integer"), rows) if is_classifier else tables.score(rows)
    model = getattr(xgboost, name)(n_estimators=8, max_depth=4, n_jobs=1, random_state=0).fit(rows, values)
    asked = tables.made("missing", matrix.ASKED_ROWS, 4)
    answers = boosters.answers(model, asked)
    return matrix.Model(boosters.FILE_NAMES[form], boosters.written(model, "xgboost", form), asked, answers)


def boosting(name, form):
    """Histogram boosting that splits by category: codes in an array, or categories of pandas; some missing, some never seen."""
    from sklearn import ensemble

    rng = np.random.default_rng(8)

    def made(rows, codes):
        table = tables.made("missing", rows, 3)
        table[:, 1] = np.where(rng.random(rows) < 0.1, np.nan, rng.integers(0, codes, rows))
        return table

    fit_rows, asked = made(600, 12), made(matrix.ASKED_ROWS, 15 if form == "codes" else 12)
    score = tables.score(fit_rows[:, [0]]) + 3 * np.isin(fit_rows[:, 1], [1, 4, 5, 9]) - 2 * np.isin(fit_rows[:, 1], [0, 11])
    target = np.digitize(score, [0, 2]) if name.endswith("Classifier") else score
    categorical = [1]
    if form == "frame":
        fit_rows, asked = (framed(each) for each in (fit_rows, asked))
        categorical = "from_dtype"
    model = getattr(ensemble, name)(max_iter=6, categorical_features=categorical, random_state=0).fit(fit_rows, target)
    assert any(tree.nodes["is_categorical"].any() for trees in model._predictors for tree in trees)
    return matrix.Model("model.pkl", pickle.dumps(model), asked, matrix.answers_of(model, asked))


def framed(rows):
    import pandas as pd

    words = np.array([f"kind {i}" for i in range(12)] + [None], object)
    kinds = words[np.where(np.isnan(rows[:, 1]), 12, rows[:, 1]).astype(int)]
    frame = {"a": rows[:, 0], "kind": pd.Categorical(kinds, words[:12]), "b": rows[:, 2], "c": rows[:, 3]}
    return pd.DataFrame(frame)


BOOSTING = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
PLAN = {
    **{f"{name}-{form}": (boosting, name, form) for name in BOOSTING for form in ("codes", "frame")},
    **{f"function-{name}": (function, name) for name in FUNCTIONS},
    **{f"{name}-{kernel}": (machine, name, kernel) for name in ("NuSVC", "NuSVR") for kernel in KERNELS},
    **{f"ranker-{name}-{form}": (ranker, name, form) for name, forms in RANKERS.items() for form in forms},
    **{f"{name}-{form}": (forest, name, form) for name in FORESTS for form in ("json", "ubj", "pkl")},
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    plan = {name: lambda of=how: of[0](*of[1:]) for name, how in PLAN.items()}
    with serving(tmp_path_factory.mktemp("variants"), plan) as served:
        yield served


@pytest.mark.parametrize("name", PLAN)
def test_variant_answers_as_its_framework(served, name):
    found = served.wrong(name)
    assert found is None, found
    if name.startswith("function-"):  # of numbers of very different sizes each counts by itself
        model = served.models[name]
        got = ask(served.server, name, model.rows)["transform"]
        np.testing.assert_allclose(got, model.expected["transform"], rtol=1e-6, atol=0, equal_nan=True)
