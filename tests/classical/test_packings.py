"""A fitted estimator gives the same answers however it was written: every protocol of pickle, every packing of joblib."""

import io
import pickle

import pytest

import frameworks
from served import serving

if frameworks.missing is None:
    import joblib
    import numpy as np

    import matrix
    import tables
    from support.parity import ask

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))

MODELS = ("forest", "boosting", "columns", "xgboost")
# Words that joblib.dump takes, and the first bytes of what it writes then.
PACKINGS = {
    "zlib": b"\x78",
    "gzip": b"\x1f\x8b",
    "bz2": b"BZh",
    "lzma": b"\x5d\x00",
    "xz": b"\xfd7zXZ",
    "lz4": b"\x04\x22\x4d\x18",
}
FORMS = [*(f"protocol_{i}" for i in range(6)), "joblib", "joblib_protocol_2", *PACKINGS]


def fitted(name):
    """(estimator, rows)"""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    if name == "columns":
        rows = tables.made(tables.MIXED, 200, 3)
        columns = make_column_transformer((OneHotEncoder(), ["tree", "soil"]), (StandardScaler(), ["height", "age"]))
        labels = tables.labels((matrix.MULTI, tables.MIXED), rows)
        return make_pipeline(columns, LogisticRegression()).fit(rows, labels), rows
    rows = tables.made("float64", 200, 3)
    labels = tables.labels((matrix.MULTI, "float64"), rows)
    if name == "forest":
        return RandomForestClassifier(8, random_state=0).fit(rows, labels), rows
    if name == "boosting":
        return HistGradientBoostingRegressor(max_iter=8).fit(rows, tables.score(rows)), rows
    import xgboost

    return xgboost.XGBRegressor(n_estimators=8, max_depth=3, n_jobs=1).fit(rows, tables.score(rows)), rows


def written(model, form):
    if form.startswith("protocol"):
        return pickle.dumps(model, protocol=int(form[-1]))
    file = io.BytesIO()
    options = {"compress": (form, 3)} if form in PACKINGS else {}
    joblib.dump(model, file, protocol=2 if form == "joblib_protocol_2" else None, **options)
    assert file.getvalue().startswith(PACKINGS.get(form, b"\x80")), form
    return file.getvalue()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    plan = {}
    for name in MODELS:
        model, rows = fitted(name)
        expected = matrix.answers_of(model, rows)
        for form in FORMS:
            file_name = "model.joblib" if form.startswith("joblib") or form in PACKINGS else "model.pkl"
            plan[f"{name}-{form}"] = lambda of=(file_name, model, form, rows, expected): matrix.Model(
                of[0], written(of[1], of[2]), *of[3:]
            )
    with serving(tmp_path_factory.mktemp("packings"), plan) as served:
        yield served


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MODELS)
def test_answers_are_the_frameworks_whatever_the_packing(served, name, form):
    found = served.wrong(f"{name}-{form}")
    assert found is None, found
    rows = served.models[f"{name}-{form}"].rows
    first, got = (ask(served.server, f"{name}-{each}", rows) for each in (FORMS[4], form))
    for output, wanted in first.items():
        assert np.array_equal(wanted, got[output]), output
