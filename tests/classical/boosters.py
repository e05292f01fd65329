"""XGBoost, LightGBM and CatBoost in the test matrix: each kind of file that they write."""

import json
import pathlib
import pickle
import tempfile

import numpy as np

import matrix
import tables
from estimators import REGRESSION

FORMS = {"xgboost": ("json", "ubj", "pkl"), "lightgbm": ("txt", "pkl"), "catboost": ("cbm", "json", "pkl")}
NO_WORDS = {("catboost", "pkl")}  # refused by name
FILE_NAMES = {"json": "model.json", "ubj": "model.ubj", "txt": "model.txt", "cbm": "model.cbm", "pkl": "model.pkl"}


def fitted(framework, target, form, table):
    """The model of one place of the matrix."""
    fit_rows, rows = tables.made(table, matrix.FITTED_ROWS, 3), tables.made(table, matrix.ASKED_ROWS, 4)
    values = tables.score(fit_rows) if target == REGRESSION else tables.labels((target, "integer"), fit_rows)
    model = _made(framework, target)
    if table == tables.MIXED:
        fit_rows, rows = (_with_words(framework, tables.with_gaps(each)) for each in (fit_rows, rows))
        model.fit(fit_rows, values, **({"cat_features": ["tree", "soil"]} if framework == "catboost" else {}))
    else:
        model.fit(fit_rows, values)
        rows = tables.borderline(rows, _thresholds(framework, model), matrix.BORDERLINE_ROWS)
    return matrix.Model(FILE_NAMES[form], written(model, framework, form), rows, answers(model, rows))


def _with_words(framework, rows):
    """CatBoost takes words and no missing ones."""
    if framework != "catboost":
        return rows
    return rows.assign(**{name: np.where(rows[name].isna(), "", rows[name].astype(object)) for name in ("tree", "soil")})


def _made(framework, target):
    is_regression = target == REGRESSION
    if framework == "xgboost":
        import xgboost

        cls = xgboost.XGBRegressor if is_regression else xgboost.XGBClassifier
        return cls(n_estimators=12, max_depth=4, n_jobs=1, enable_categorical=True)
    if framework == "lightgbm":
        import lightgbm

        cls = lightgbm.LGBMRegressor if is_regression else lightgbm.LGBMClassifier
        return cls(n_estimators=12, num_leaves=9, n_jobs=1, verbose=-1)
    import catboost

    cls = catboost.CatBoostRegressor if is_regression else catboost.CatBoostClassifier
    return cls(iterations=12, depth=4, thread_count=1, verbose=False, allow_writing_files=False)


def written(model, framework, form):
    if form == "pkl":
        return pickle.dumps(model)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, FILE_NAMES[form])
        if framework == "catboost":
            model.save_model(str(path), format=form)
        else:
            (model if framework == "xgboost" else model.booster_).save_model(str(path))
        return path.read_bytes()


def _thresholds(framework, model):
    if framework == "lightgbm":
        splits = model.booster_.trees_to_dataframe().dropna(subset=["threshold"])
        return [(int(name.split("_")[1]), float(value)) for name, value in zip(splits.split_feature, splits.threshold)]
    if framework == "catboost":
        features = json.loads(written(model, framework, "json"))["features_info"]["float_features"]
        return [(each["flat_feature_index"], border) for each in features for border in each["borders"] or []]
    trees = json.loads(model.get_booster().save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    return [split for tree in trees for split in zip(tree["split_indices"], tree["split_conditions"])]


def answers(model, rows):
    """Shapes as Slipway's: a label a row."""
    found = {"predict": np.asarray(model.predict(rows))}
    if hasattr(model, "predict_proba"):
        found["predict"] = found["predict"].reshape(len(rows))
        found["predict_proba"] = np.asarray(model.predict_proba(rows))
    return found
