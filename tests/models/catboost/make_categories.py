"""Makes the models with categorical features and CatBoost's own answers: python make_categories.py [FOLDER]

Rows hold categories that training had and others, texts of every length that is hashed in its own way, whole numbers as
categories, and floats that lie on borders or are missing. Of whole numbers, clients send the text, as CatBoost hashes it.
"""

import pathlib
import sys

import catboost
import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import framework_answers  # noqa: E402
from framework_answers import tensor  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
TREES = {
    "iterations": 8,
    "depth": 3,
    "learning_rate": 0.5,
    "random_seed": 1,
    "thread_count": 1,
    "verbose": 0,
    "allow_writing_files": False,
    "border_count": 6,
}
WORDS = ["", "a", "Köln", "ninechars", "seventeen letters", "x" * 33, "a city with a long name, " * 4]

rng = np.random.default_rng(7)
COUNT = 400
X = pd.DataFrame(
    {
        "age": rng.normal(40, 12, COUNT).round(1),
        "city": rng.choice(WORDS, COUNT),
        "sex": rng.choice(["f", "m"], COUNT),
        "zip": rng.integers(-3, 12, COUNT),
        "size": rng.normal(size=COUNT).round(2),
    }
)
X.loc[rng.random(COUNT) < 0.1, "size"] = np.nan
CATEGORIES = ["city", "sex", "zip"]
WEIGHT = X.city.map({word: place for place, word in enumerate(WORDS)})
SCORE = WEIGHT % 3 + (X.sex == "m") * (X.zip % 4) + X["size"].fillna(2) + rng.normal(size=COUNT) * 0.3
CLASS3 = np.digitize(SCORE, [1.5, 3.5])


def rows_of(model):
    rows = X.iloc[:40].copy()
    unseen = X.iloc[40:52].copy()
    unseen.loc[unseen.index[:6], "city"] = ["A", "koln", "y" * 20, "z" * 50, "q" * 200, " a"]
    unseen.loc[unseen.index[3:9], "zip"] = [99, -99, 12, 2**40, -(2**40), 1000]
    unseen.loc[unseen.index[5:], "sex"] = "other"
    extra = X.iloc[52:76].copy()
    borders = {X.columns[place]: values for place, values in enumerate(model.get_borders().values())}
    for name in ("age", "size"):
        for row, border in zip(extra.index, np.asarray(borders.get(name, [0.0]), np.float32), strict=False):
            extra.loc[row, name] = np.float64(border)
    extra.loc[extra.index[-3:], "size"] = [np.nan, np.inf, -np.inf]
    return pd.concat([rows, unseen, extra])


def inputs_of(rows, names):
    found = {}
    for name, column in zip(names, X.columns, strict=True):
        values = rows[[column]]
        if column in CATEGORIES:
            found[name] = tensor(values.astype(str).to_numpy(), "BYTES")
        else:
            found[name] = tensor(values.to_numpy(), "FP32")
    return found


def write(name, kind, model, outputs, named=True):
    """`outputs`: of rows, by name (data type, values)."""
    path = FOLDER / f"{name}.{kind}"
    rows = rows_of(model)
    given = rows if named else rows.astype(object).to_numpy()
    pool = catboost.Pool(X if named else X.astype(object).to_numpy(), cat_features=CATEGORIES if named else [1, 2, 3])
    model.save_model(path, format="cbm" if kind == "cbm" else "json", pool=pool if kind == "json" else None)
    answers = {key: tensor(value, dtype) for key, (dtype, value) in outputs(model, given).items()}
    names = X.columns if named else [str(place) for place in range(X.shape[1])]
    framework_answers.write(path, catboost, inputs_of(rows, names), answers)


def score(name, kinds, **params):
    model = catboost.CatBoostRegressor(**{**TREES, **params}).fit(X, SCORE, cat_features=CATEGORIES)
    for kind in kinds:
        ending = "_json" if kind == "json" and len(kinds) > 1 else ""
        write(name + ending, kind, model, lambda m, rows: {"predict": ("FP64", m.predict(rows))})


def classes(name, kind, label, named=True, **params):
    given = X if named else X.astype(object).to_numpy()
    model = catboost.CatBoostClassifier(**{**TREES, **params})
    model.fit(given, label, cat_features=CATEGORIES if named else [1, 2, 3])

    def answers(m, rows):
        label = np.asarray(m.predict(rows)).reshape(len(rows))
        return {"predict": ("INT64", label), "predict_proba": ("FP64", m.predict_proba(rows))}

    write(name, kind, model, answers, named)


one_hot = {"one_hot_max_size": 30}
simple = {"one_hot_max_size": 0, "max_ctr_complexity": 1}
score("categories_one_hot", ["cbm", "json"], **one_hot)
score("categories_one_hot_lossguide", ["cbm"], grow_policy="Lossguide", max_leaves=6, **one_hot)
score("categories_simple", ["cbm", "json"], **simple)
score("categories_counters", ["cbm", "json"], simple_ctr=["Counter", "BinarizedTargetMeanValue"], **simple)
score("categories_combined", ["cbm", "json"], one_hot_max_size=2, depth=5, nan_mode="Max")
score("categories_depthwise", ["cbm"], grow_policy="Depthwise", one_hot_max_size=2)
classes("categories_classes", "cbm", (SCORE > 2.5).astype(int), depth=4)
classes("categories_many_classes", "cbm", CLASS3, simple_ctr=["Borders", "Buckets"], combinations_ctr=["Buckets"])
classes("categories_unnamed", "cbm", (SCORE > 2.5).astype(int), named=False, simple_ctr=["Buckets", "Counter"], depth=4)
