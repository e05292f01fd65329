"""Makes the models of this folder and XGBoost's own answers: python make_xgboost.py [FOLDER]

Without FOLDER they go beside this script. Older versions of XGBoost, 0.90, 1.2.1, 1.7.6 and 2.1.4,
write folders of their own, the binary format among them. Rows lie on thresholds of the trees and one
float beside them, hold missing values and both zeros.
"""

import json
import pathlib
import sys

import numpy as np
import xgboost as xgb

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import framework_answers  # noqa: E402
from framework_answers import tensor  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
VERSION = tuple(int(part) for part in xgb.__version__.split(".")[:2])
BINARY = VERSION < (3, 1)
ROWS = 36
TREES = {"max_depth": 3, "eta": 0.5, "seed": 1}

rng = np.random.default_rng(20)
X = rng.normal(size=(160, 4)).round(2).astype(np.float32)
X[rng.random(X.shape) < 0.06] = np.nan
KNOWN = np.nan_to_num(X)
SCORE = (KNOWN[:, 0] * KNOWN[:, 1] + KNOWN[:, 2]).astype(np.float32)
CLASS3 = np.digitize(SCORE, [-0.6, 0.6])
CODES = rng.integers(0, 12, size=(160, 1)).astype(np.float32)
X_CATEGORY = np.hstack([CODES, X[:, :2]])
CATEGORY_SCORE = np.where(np.isin(CODES[:, 0], [1, 4, 5, 9]), 2.0, -1.0) + KNOWN[:, 0]


def splits_of(node):
    found = []
    for key, value in node.items():
        if key == "trees":
            for tree in value:
                kinds = tree.get("split_type") or [0] * len(tree["left_children"])
                for left, feature, at, kind in zip(
                    tree["left_children"], tree["split_indices"], tree["split_conditions"], kinds, strict=True
                ):
                    if left != -1 and not kind:
                        found.append((feature, np.float32(at)))
        elif isinstance(value, dict):
            found += splits_of(value)
    return found


def rows_of(booster, x):
    """Rows of `x`, each with one threshold of the model, the floats beside it, or a special value."""
    rows = x[:ROWS].copy()
    if VERSION < (1, 3):  # writes no JSON to look for thresholds in
        return rows
    specials = [np.float32(v) for v in ("nan", 0.0, -0.0, 1e30, -1e30)]
    wanted = [(f, v) for f in range(x.shape[1]) for v in specials]
    for feature, at in sorted(set(splits_of(json.loads(bytes(booster.save_raw("json"))))))[:8]:
        wanted += [(feature, v) for v in (at, np.nextafter(at, np.float32(-9)), np.nextafter(at, np.float32(9)))]
    extra = x[rng.integers(0, len(x), len(wanted))].copy()
    for row, (feature, value) in zip(extra, wanted, strict=True):
        row[feature] = value
    return np.vstack([rows, extra])


def terms_of(booster, rows, answer):
    """The sum of the absolute values that the rounds and the base add up to `answer`; None where they do not cancel."""
    config = json.loads(booster.save_config())["learner"]
    data = xgb.DMatrix(rows, feature_names=booster.feature_names, feature_types=booster.feature_types)
    if "gblinear" in config["gradient_booster"]["name"] or not np.array_equal(
        answer, booster.predict(data, output_margin=True)
    ):
        return None
    base = np.array(json.loads(config["learner_model_param"]["base_score"]), dtype=float)
    total = np.abs(base) + np.zeros_like(answer)
    for i in range(booster.num_boosted_rounds()):
        total += np.abs(booster.predict(data, iteration_range=(i, i + 1), output_margin=True) - base)
    return {"predict": total} if np.any(total > 10 * np.abs(answer)) else None


def write(name, ending, booster, inputs, outputs, terms=None):
    path = FOLDER / f"{name}.{ending}"
    if ending.startswith("handle."):  # as a pickle holds it
        path = FOLDER / f"{name}.{ending.removeprefix('handle.')}"
        path.write_bytes(bytes(booster.__getstate__()["handle"]))
    elif ending == "bst" and VERSION >= (1, 3):
        path.write_bytes(bytes(booster.save_raw("deprecated")))
    else:
        booster.save_model(str(path))
    answers = {key: tensor(value, dtype) for key, (dtype, value) in outputs.items()}
    named = framework_answers.columns(inputs, "FP32") if hasattr(inputs, "columns") else {"input": tensor(inputs, "FP32")}
    framework_answers.write(path, xgb, named, answers, terms)


def score(name, ending, params, label, x=X, rounds=3, data=None, **matrix):
    """A Booster whose answer is a number or several."""
    data = data or xgb.DMatrix(x, label=label, **matrix)
    booster = xgb.train({**TREES, **params}, data, rounds)
    rows = rows_of(booster, x)
    answer = booster.predict(xgb.DMatrix(rows, **matrix))
    if params["objective"] == "binary:hinge":
        write(name, ending, booster, rows, {"predict": ("INT64", answer)})
    elif params["objective"] == "binary:logistic":
        probabilities = np.stack([1 - answer, answer], axis=1)
        write(name, ending, booster, rows, {"predict_proba": ("FP32", probabilities)})
    elif params["objective"] == "multi:softprob":
        write(name, ending, booster, rows, {"predict_proba": ("FP32", answer)})
    else:
        terms = None if BINARY else terms_of(booster, rows, answer)
        write(name, ending, booster, rows, {"predict": ("FP32", answer)}, terms)


def classes(name, ending, model, label, x=X, **fit):
    model.fit(x, label, **fit)
    rows = rows_of(model.get_booster(), x)
    outputs = {"predict": ("INT64", model.predict(rows)), "predict_proba": ("FP32", model.predict_proba(rows))}
    write(name, ending, model.get_booster(), rows, outputs)


def classifier(**params):
    return xgb.XGBClassifier(**{"n_estimators": 3, "max_depth": 3, "learning_rate": 0.5, "random_state": 1, **params})


def regressions():
    positive = np.exp(SCORE / 2)
    unit = 1 / (1 + np.exp(-SCORE))
    for objective, label, ending in [
        ("reg:squarederror", SCORE, "json"),
        ("reg:squaredlogerror", positive, "ubj"),
        ("reg:logistic", unit, "json"),
        ("reg:pseudohubererror", SCORE, "ubj"),
        ("reg:absoluteerror", SCORE, "json"),
        ("reg:gamma", positive, "ubj"),
        ("reg:tweedie", positive, "json"),
        ("count:poisson", np.round(positive), "ubj"),
        ("survival:cox", positive, "json"),
        ("binary:logitraw", SCORE > 0, "json"),
        ("binary:hinge", SCORE > 0, "ubj"),
    ]:
        score(objective.replace(":", "_"), ending, {"objective": objective}, label)
    aft = xgb.DMatrix(X, label_lower_bound=positive, label_upper_bound=positive * 1.5)
    score("survival_aft", "ubj", {"objective": "survival:aft"}, None, data=aft)
    for kind in ("pairwise", "ndcg", "map"):
        groups = xgb.DMatrix(X, label=CLASS3 > 1)
        groups.set_group([40] * 4)
        score(f"rank_{kind}", "json", {"objective": f"rank:{kind}"}, None, data=groups)
    quantiles = {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9], "tree_method": "hist"}
    score("reg_quantileerror", "json", quantiles, SCORE)


def boosters():
    squares = {"objective": "reg:squarederror"}
    score("base_score", "json", {**squares, "base_score": 7.25}, SCORE)
    score("feature_names", "json", squares, SCORE, feature_names=["width", "height", "größe", "a b"])
    score("dart", "json", {**squares, "booster": "dart", "rate_drop": 0.5}, SCORE, rounds=6)
    score("gblinear", "json", {**squares, "booster": "gblinear", "updater": "coord_descent"}, SCORE)
    score("single_leaf", "ubj", {**squares, "gamma": 1e9}, SCORE)
    score("no_rounds", "json", {**squares, "base_score": 0.25}, SCORE, rounds=0)
    targets = np.stack([SCORE, KNOWN[:, 3], SCORE * 2], axis=1)
    score("targets", "json", {**squares, "tree_method": "hist"}, targets)
    vectors = {**squares, "tree_method": "hist", "multi_strategy": "multi_output_tree"}
    score("vector_leaves", "json", vectors, targets)
    score("vector_leaves_ubjson", "ubj", vectors, targets)
    score("pickled_handle", "handle.ubj", squares, SCORE)
    forest = {**squares, "num_parallel_tree": 4, "subsample": 0.7, "colsample_bynode": 0.7, "eta": 1}
    score("forest", "ubj", forest, SCORE, rounds=1)
    for name, one_hot in (("categories_one_hot", 100), ("categories_partition", 1)):
        params = {**squares, "tree_method": "hist", "max_cat_to_onehot": one_hot}
        kinds = {"feature_types": ["c", "q", "q"], "enable_categorical": True}
        score(name, "json", params, CATEGORY_SCORE, x=X_CATEGORY, **kinds)


def tables():
    import pandas as pd

    table = pd.DataFrame({
        "colour": pd.Categorical(np.array(["rot", "grün", "blau"])[CLASS3]),
        "size": X[:, 0],
        "store": pd.Categorical(CODES[:, 0].astype(int) % 4 * 10),
    })
    asked = table[:ROWS].copy()
    asked.loc[3, "colour"] = None
    for ending in ("json", "ubj"):
        model = xgb.XGBRegressor(n_estimators=3, max_depth=3, random_state=1, enable_categorical=True).fit(table, CATEGORY_SCORE)
        suffix = "" if ending == "json" else "_ubjson"
        write(f"words{suffix}", ending, model.get_booster(), asked, {"predict": ("FP32", model.predict(asked))})


def classifiers():
    classes("binary_logistic", "json", classifier(), SCORE > 0)
    classes("binary_logistic_ubjson", "ubj", classifier(base_score=0.3), SCORE > 0)
    classes("multi_softprob", "json", classifier(), CLASS3)
    classes("multi_softprob_ubjson", "ubj", classifier(num_parallel_tree=2, subsample=0.8), CLASS3)
    classes("multi_softmax", "json", classifier(objective="multi:softmax"), CLASS3)
    linear = classifier(booster="gblinear", updater="coord_descent", learning_rate=0.3)
    classes("gblinear_softprob", "json", linear, CLASS3)
    labels = np.stack([SCORE > 0, KNOWN[:, 3] > 0], axis=1).astype(int)
    classes("multi_label", "json", classifier(tree_method="hist"), labels)
    held_out = [(X[100:], CLASS3[100:])]
    stopped = classifier(n_estimators=40, early_stopping_rounds=3, learning_rate=1.0)
    stopped.fit(X[:100], CLASS3[:100], eval_set=held_out, verbose=False)
    rows = rows_of(stopped.get_booster(), X)
    outputs = {"predict": ("INT64", stopped.predict(rows)), "predict_proba": ("FP32", stopped.predict_proba(rows))}
    write("stopped_early", "ubj", stopped.get_booster(), rows, outputs)


def older():
    squares = {"objective": "reg:squarederror"}
    classes("binary_logistic", "bst", classifier(base_score=0.3), SCORE > 0)
    classes("binary_logistic_json", "json", classifier(), SCORE > 0)
    classes("multi_softprob", "bst", classifier(), CLASS3)
    score("count_poisson", "bst", {"objective": "count:poisson"}, np.round(np.exp(SCORE / 2)))
    score("dart", "bst", {**squares, "booster": "dart", "rate_drop": 0.5}, SCORE, rounds=6)
    score("dart_json", "json", {**squares, "booster": "dart", "rate_drop": 0.5}, SCORE, rounds=6)
    score("gblinear", "bst", {**squares, "booster": "gblinear", "updater": "coord_descent"}, SCORE)
    score("targets", "bst", {**squares, "tree_method": "hist"}, np.stack([SCORE, KNOWN[:, 3]], axis=1))
    score("pickled_handle", "handle.ubj", squares, SCORE)
    params = {**squares, "tree_method": "hist", "max_cat_to_onehot": 1}
    kinds = {"feature_types": ["c", "q", "q"], "enable_categorical": True}
    score("categories", "ubj", params, CATEGORY_SCORE, x=X_CATEGORY, **kinds)
    if VERSION >= (2, 0):
        vectors = {**squares, "tree_method": "hist", "multi_strategy": "multi_output_tree"}
        score("vector_leaves", "json", vectors, np.stack([SCORE, KNOWN[:, 3]], axis=1))


def oldest():
    """base_score was stored as a margin before 1.0; pickles held a header of their own until 1.2."""
    for ending in ("bst", "handle.bst"):
        suffix = "_pickled" if ending == "handle.bst" else ""
        score("binary_logistic" + suffix, ending, {"objective": "binary:logistic", "base_score": 0.3}, SCORE > 0)
        multi = {"objective": "multi:softprob", "num_class": 3, "base_score": 0.3}
        score("multi_softprob" + suffix, ending, multi, CLASS3)
        poisson = {"objective": "count:poisson", "base_score": 0.7}
        score("count_poisson" + suffix, ending, poisson, np.round(np.exp(SCORE / 2)))


FOLDER.mkdir(parents=True, exist_ok=True)
if VERSION < (1, 3):
    oldest()
elif BINARY:
    older()
else:
    regressions()
    boosters()
    tables()
    classifiers()
