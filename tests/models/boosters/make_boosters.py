"""Pickled estimators of XGBoost and LightGBM, alone and in pipelines: xgboost_*.pkl, lightgbm_*.pkl.

    python tests/models/boosters/make_boosters.py        (made with xgboost 3.2.0, lightgbm 4.7.0, scikit-learn 1.9.1)
"""

import json
import pathlib
import pickle

import lightgbm
import numpy as np
import xgboost
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(__file__).parent
DTYPES = {"b": "BOOL", "i": "INT64", "f": "FP64", "U": "BYTES"}


def described(array):
    array = np.asarray(array)
    return {"dtype": DTYPES[array.dtype.kind], "shape": list(array.shape), "data": array.ravel().tolist()}


def write(framework, name, model, rows, given=None):
    """`given`: the answers, where the model's own methods take something else than rows."""
    answers = given or {"predict": model.predict(rows)}
    if given is None and hasattr(model, "predict_proba"):
        answers["predict_proba"] = model.predict_proba(rows)
    expected = {
        "framework": framework.__name__,
        "version": framework.__version__,
        "tolerance": 1e-6,
        "inputs": {"input": described(rows)},
        "outputs": {key: described(value) for key, value in answers.items()},
    }
    path = FOLDER / f"{framework.__name__}_{name}"
    path.with_suffix(".pkl").write_bytes(pickle.dumps(model))
    path.with_suffix(".expected.json").write_text(json.dumps(expected) + "\n", encoding="utf-8")


def main():
    x, y = load_iris(return_X_y=True)
    words = np.array(["setosa", "versicolor", "virginica"])[y]
    rows = x[::6]
    xgb = {"n_estimators": 4, "max_depth": 3, "n_jobs": 1}
    write(xgboost, "classifier", xgboost.XGBClassifier(**xgb).fit(x, y), rows)
    write(xgboost, "regressor", xgboost.XGBRegressor(**xgb, missing=1.0).fit(x, x[:, 3]), rows)
    write(xgboost, "pipeline", make_pipeline(StandardScaler(), xgboost.XGBClassifier(**xgb)).fit(x, y == 1), rows)
    search = GridSearchCV(xgboost.XGBRegressor(**xgb), {"max_depth": [2, 3]}, cv=2)
    write(xgboost, "search", search.fit(x, x[:, 3]), rows)
    booster = xgboost.train({"objective": "count:poisson", "max_depth": 3}, xgboost.DMatrix(x, y), 4)
    write(xgboost, "booster", booster, rows, {"predict": booster.predict(xgboost.DMatrix(rows))})
    lgbm = {"n_estimators": 4, "num_leaves": 5, "n_jobs": 1, "verbose": -1}
    write(lightgbm, "classifier", lightgbm.LGBMClassifier(**lgbm).fit(x, words), rows)
    write(lightgbm, "regressor", lightgbm.LGBMRegressor(**lgbm).fit(x, x[:, 3]), rows)
    pipeline = make_pipeline(StandardScaler(), lightgbm.LGBMClassifier(**lgbm))
    write(lightgbm, "pipeline", pipeline.fit(x, words == "setosa"), rows)


if __name__ == "__main__":
    main()
