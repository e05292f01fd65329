"""Makes the models of this folder and LightGBM's own answers: python make_lightgbm.py [FOLDER]

Without FOLDER they go beside this script; LightGBM 3.3.5 writes the folder 3.3.5. Rows lie on
thresholds of the trees and one double beside them, hold missing and infinite values, both zeros and
values so small that LightGBM takes them for zero.
"""

import math
import pathlib
import re
import sys

import lightgbm as lgb
import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import framework_answers  # noqa: E402
from framework_answers import tensor  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
OLD = int(lgb.__version__.split(".")[0]) < 4
ROWS = 30
QUIET = {"verbosity": -1, "num_threads": 1, "seed": 1, "deterministic": True}
TREES = {"num_leaves": 7, "learning_rate": 0.5, "min_data_in_leaf": 3, **QUIET}
SMALL = 1.0000000180025095e-35

rng = np.random.default_rng(40)
KNOWN = rng.normal(size=(200, 4)).round(2)
KNOWN[rng.random(KNOWN.shape) < 0.2] = 0
X = KNOWN.copy()
X[rng.random(X.shape) < 0.06] = np.nan
SCORE = KNOWN[:, 0] * KNOWN[:, 1] + KNOWN[:, 2]
CLASS3 = np.digitize(SCORE, [-0.5, 0.5])
CODES = rng.integers(0, 70, size=(200, 1)).astype(float)
X_CATEGORY = np.hstack([CODES, rng.integers(0, 3, size=(200, 1)), X[:, :1]])
CATEGORY_SCORE = np.where(CODES[:, 0] % 7 < 3, 2.0, -1.0) + X_CATEGORY[:, 1] + KNOWN[:, 0]


def thresholds_of(text):
    found = set()
    for block in text.split("Tree=")[1:]:
        line = {key: re.search(rf"^{key}=(.*)$", block, re.M) for key in ("split_feature", "threshold", "decision_type")}
        if line["threshold"] is None:
            continue
        features, values, kinds = (line[k][1].split() for k in ("split_feature", "threshold", "decision_type"))
        found |= {(int(f), float(v)) for f, v, k in zip(features, values, kinds, strict=True) if not int(k) & 1}
    return sorted(found)


def rows_of(text, x):
    """Rows of `x`, each with one threshold of the model, the doubles beside it, or a special value."""
    specials = [math.nan, 0.0, -0.0, SMALL, -SMALL, math.inf, -math.inf, -0.5, 0.5]
    wanted = [(feature, value) for feature in range(x.shape[1]) for value in specials]
    thresholds = thresholds_of(text)
    for feature, at in thresholds[:: 1 + len(thresholds) // 10]:
        wanted += [(feature, value) for value in (at, np.nextafter(at, -1e300), np.nextafter(at, 1e300))]
    extra = x[rng.integers(0, len(x), len(wanted))].copy()
    for row, (feature, value) in zip(extra, wanted, strict=True):
        row[feature] = value
    return np.vstack([x[:ROWS], extra])


def write(name, booster, rows, outputs):
    booster.save_model(FOLDER / f"{name}.txt")
    answers = {key: tensor(value, dtype) for key, (dtype, value) in outputs.items()}
    inputs = framework_answers.columns(rows, "FP64") if hasattr(rows, "columns") else {"input": tensor(rows, "FP64")}
    framework_answers.write(FOLDER / f"{name}.txt", lgb, inputs, answers)


def score(name, params, label, x=X, rounds=3, **dataset):
    """A Booster whose answer is a number or several."""
    data = lgb.Dataset(x, label=label, params={"verbosity": -1}, free_raw_data=False, **dataset)
    booster = lgb.train({**TREES, **params}, data, rounds)
    rows = rows_of(booster.model_to_string(), np.asarray(x, dtype=float))
    write(name, booster, rows, {"predict": ("FP64", booster.predict(rows))})


def classes(name, params, label, x=X, **fit):
    settings = {**TREES, "random_state": 1, "n_jobs": 1, "n_estimators": 3, **params}
    model = lgb.LGBMClassifier(**{k: v for k, v in settings.items() if k not in ("seed", "num_threads")})
    model.fit(x, label, **fit)
    rows = rows_of(model.booster_.model_to_string(), x)
    outputs = {"predict": ("INT64", model.predict(rows)), "predict_proba": ("FP64", model.predict_proba(rows))}
    write(name, model.booster_, rows, outputs)


def objectives():
    positive = np.exp(SCORE / 2)
    unit = 1 / (1 + np.exp(-SCORE))
    for objective, label in [
        ("regression", SCORE),
        ("regression_l1", SCORE),
        ("huber", SCORE),
        ("fair", SCORE),
        ("poisson", np.round(positive)),
        ("quantile", SCORE),
        ("mape", positive),
        ("gamma", positive),
        ("tweedie", positive),
        ("cross_entropy", unit),
        ("cross_entropy_lambda", unit),
    ]:
        score(objective, {"objective": objective}, label)
    score("regression_sqrt", {"objective": "regression", "reg_sqrt": True}, SCORE)
    for objective in ("lambdarank", "rank_xendcg"):
        score(objective, {"objective": objective}, CLASS3, group=[50] * 4)

    def squares(predictions, data):
        return predictions - data.get_label(), np.ones_like(predictions)

    score("custom", {"objective": squares}, SCORE)
    classes("binary", {}, SCORE > 0)
    classes("binary_sigmoid", {"sigmoid": 0.5}, SCORE > 0)
    classes("multiclass", {}, CLASS3)
    classes("multiclassova", {"objective": "multiclassova", "sigmoid": 2.0}, CLASS3)


def kinds():
    squares = {"objective": "regression"}
    bagging = {"bagging_freq": 1, "bagging_fraction": 0.7}
    score("forest", {**squares, "boosting": "rf", **bagging}, SCORE, rounds=4)
    classes("forest_multiclass", {"boosting_type": "rf", "subsample": 0.7, "subsample_freq": 1}, CLASS3)
    score("dart", {**squares, "boosting": "dart", "drop_rate": 0.5}, SCORE, rounds=6)
    score("single_leaf", {**squares, "min_data_in_leaf": 190}, SCORE)
    score("zero_is_missing", {**squares, "zero_as_missing": True}, SCORE)
    score("zero_is_missing_large", {**squares, "zero_as_missing": True}, np.where(KNOWN[:, 3] == 0, 5, KNOWN[:, 3]))
    score("missing_is_zero", squares, SCORE, x=KNOWN)
    score("missing_not_used", {**squares, "use_missing": False}, SCORE)
    sets = {**squares, "min_data_per_group": 5, "cat_smooth": 1, "max_cat_to_onehot": 4}
    score("categories", sets, CATEGORY_SCORE, x=X_CATEGORY, categorical_feature=[0, 1])
    score("feature_names", squares, SCORE, feature_name=["width", "height", "größe", "a_b"])
    table = pd.DataFrame({"size": X[:, 0], "colour": pd.Categorical(np.array(["red", "green", "blue"])[CLASS3])})
    data = lgb.Dataset(table, label=CATEGORY_SCORE, params={"verbosity": -1})
    booster = lgb.train({**TREES, **squares, "min_data_per_group": 5, "cat_smooth": 1}, data, 3)
    asked = table[:ROWS].copy()
    asked["colour"] = asked["colour"].cat.add_categories("pink")
    asked.loc[3, "colour"] = None
    asked.loc[4, "colour"] = "pink"  # never seen
    write("pandas_categories", booster, asked, {"predict": ("FP64", booster.predict(asked))})
    table["store"] = pd.Categorical(CODES[:, 0] % 5 * 10)
    data = lgb.Dataset(table, label=CATEGORY_SCORE, params={"verbosity": -1})
    booster = lgb.train({**TREES, **squares, "min_data_per_group": 5, "cat_smooth": 1}, data, 3)
    write("pandas_words_and_numbers", booster, table[:ROWS], {"predict": ("FP64", booster.predict(table[:ROWS]))})
    numbers = table[["size", "store"]]
    data = lgb.Dataset(numbers, label=CATEGORY_SCORE, params={"verbosity": -1})
    booster = lgb.train({**TREES, **squares, "min_data_per_group": 5, "cat_smooth": 1}, data, 3)
    coded = numbers.assign(store=numbers["store"].cat.codes).to_numpy(dtype=float)
    write("pandas_numbers", booster, coded[:ROWS], {"predict": ("FP64", booster.predict(numbers[:ROWS]))})


def older():
    score("regression", {"objective": "regression"}, SCORE)
    score("zero_is_missing", {"objective": "regression", "zero_as_missing": True}, SCORE)
    sets = {"objective": "regression", "min_data_per_group": 5, "cat_smooth": 1, "max_cat_to_onehot": 4}
    score("categories", sets, CATEGORY_SCORE, x=X_CATEGORY, categorical_feature=[0, 1])
    classes("binary", {}, SCORE > 0)
    classes("multiclass", {}, CLASS3)


FOLDER.mkdir(parents=True, exist_ok=True)
if OLD:
    older()
else:
    objectives()
    kinds()
