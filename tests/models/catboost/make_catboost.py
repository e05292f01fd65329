"""Makes the models of this folder and CatBoost's own answers: python make_catboost.py [FOLDER]

Rows lie on borders of the tests and one float beside them, hold missing and infinite values. CatBoost
stores the time of training and an identifier, so the models never come out the same byte for byte.
"""

import pathlib
import sys

import catboost
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import framework_answers  # noqa: E402
from framework_answers import tensor  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
ROWS = 30
TREES = {
    "iterations": 4,
    "depth": 3,
    "learning_rate": 0.5,
    "random_seed": 1,
    "thread_count": 1,
    "verbose": 0,
    "allow_writing_files": False,
    "border_count": 12,
}

rng = np.random.default_rng(60)
KNOWN = rng.normal(size=(200, 4)).round(2).astype(np.float32)
X = KNOWN.copy()
X[rng.random(X.shape) < 0.08] = np.nan
X[:, 3] = KNOWN[:, 3]
SCORE = (KNOWN[:, 0] * KNOWN[:, 1] + KNOWN[:, 2]).astype(np.float64)
CLASS3 = np.digitize(SCORE, [-0.5, 0.5])


def rows_of(model, x):
    """Rows of `x`, each with one border of the model, the floats beside it, or a special value."""
    specials = [np.float32(v) for v in ("nan", "inf", "-inf", 0.0, -0.0)]
    wanted = [(feature, value) for feature in range(x.shape[1]) for value in specials]
    for feature, borders in model.get_borders().items():
        for at in np.asarray(borders, dtype=np.float32)[:3]:
            wanted += [(feature, v) for v in (at, np.nextafter(at, np.float32(-9)), np.nextafter(at, np.float32(9)))]
    extra = x[rng.integers(0, len(x), len(wanted))].copy()
    for row, (feature, value) in zip(extra, wanted, strict=True):
        row[feature] = value
    return np.vstack([x[:ROWS], extra])


def write(name, kind, model, rows, outputs):
    model.save_model(FOLDER / f"{name}.{kind}", format="cbm" if kind == "cbm" else "json")
    answers = {key: tensor(value, dtype) for key, (dtype, value) in outputs.items()}
    framework_answers.write(FOLDER / f"{name}.{kind}", catboost, {"input": tensor(rows, "FP32")}, answers)


def score(name, kind, params, label, x=X, **fit):
    model = catboost.CatBoostRegressor(**{**TREES, **params}).fit(x, label, **fit)
    rows = rows_of(model, x)
    write(name, kind, model, rows, {"predict": ("FP64", model.predict(rows))})


def classes(name, kind, params, label, dtype, x=X, threshold=None):
    model = catboost.CatBoostClassifier(**{**TREES, **params}).fit(x, label)
    if threshold is not None:
        model.set_probability_threshold(threshold)
    rows = rows_of(model, x)
    answer = np.asarray(model.predict(rows))
    answer = answer if params.get("loss_function", "").startswith("MultiLog") else answer.reshape(len(rows))
    outputs = {"predict": (dtype, answer), "predict_proba": ("FP64", model.predict_proba(rows))}
    write(name, kind, model, rows, outputs)


positive = np.exp(SCORE / 2)
targets = np.stack([SCORE, KNOWN[:, 3]], axis=1)
score("rmse", "cbm", {}, SCORE)
score("rmse_json", "json", {}, SCORE)
score("nan_max", "cbm", {"nan_mode": "Max"}, SCORE)
score("nan_max_json", "json", {"nan_mode": "Max"}, SCORE)
score("quantile", "json", {"loss_function": "Quantile:alpha=0.9"}, SCORE)
score("poisson", "cbm", {"loss_function": "Poisson"}, np.round(positive))
score("tweedie", "json", {"loss_function": "Tweedie:variance_power=1.5"}, positive)
score("multi_rmse", "cbm", {"loss_function": "MultiRMSE"}, targets)
score("multi_rmse_json", "json", {"loss_function": "MultiRMSE"}, targets)
score("lossguide", "cbm", {"grow_policy": "Lossguide", "max_leaves": 7, "depth": 6}, SCORE)
score("lossguide_json", "json", {"grow_policy": "Lossguide", "max_leaves": 7, "depth": 6}, SCORE)
score("depthwise", "cbm", {"grow_policy": "Depthwise"}, SCORE)
classes("logloss", "cbm", {}, SCORE > 0, "BOOL")
classes("logloss_integers", "json", {}, np.where(SCORE > 0, 7, -3), "INT64")
classes("logloss_texts", "cbm", {}, np.where(SCORE > 0, "yes", "no"), "BYTES")
classes("multiclass", "cbm", {}, np.array(["low", "middle", "high"])[CLASS3], "BYTES")
classes("multiclass_json", "json", {}, CLASS3 * 10, "INT64")
classes("multiclass_numbers", "json", {}, CLASS3 + 0.5, "FP64")
classes("multiclass_lossguide", "cbm", {"grow_policy": "Lossguide", "max_leaves": 5}, CLASS3, "INT64")
classes("multiclass_lossguide_json", "json", {"grow_policy": "Lossguide", "max_leaves": 5}, CLASS3, "INT64")
classes("one_vs_all", "cbm", {"loss_function": "MultiClassOneVsAll"}, CLASS3, "INT64")
many = np.stack([SCORE > 0, KNOWN[:, 3] > 0, CLASS3 > 1], axis=1).astype(int)
classes("multi_logloss", "cbm", {"loss_function": "MultiLogloss"}, many, "INT64")
classes("threshold", "cbm", {}, np.where(SCORE > 0, "yes", "no"), "BYTES", threshold=0.8)
classes("threshold_json", "json", {}, np.where(SCORE > 0, 7, -3), "INT64", threshold=0.125)
named = catboost.Pool(X, SCORE, feature_names=["width", "height", "größe", "a b"])
model = catboost.CatBoostRegressor(**TREES).fit(named)
rows = rows_of(model, X)
write("feature_names", "cbm", model, rows, {"predict": ("FP64", model.predict(rows))})
model = catboost.CatBoostRegressor(**TREES).fit(X, SCORE)
model.set_scale_and_bias(2.5, -1.25)
write("scale_and_bias", "cbm", model, rows, {"predict": ("FP64", model.predict(rows))})
