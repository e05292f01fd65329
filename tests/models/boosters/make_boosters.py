"""Pickled estimators of XGBoost, LightGBM and CatBoost, alone and in pipelines: xgboost_*.pkl and so on.

    python tests/models/boosters/make_boosters.py [FOLDER]

xgboost 3.2.0, lightgbm 4.7.0, catboost 1.2.10 and scikit-learn 1.9.1 wrote NAME.*; older ones carry their version in the name: xgboost
0.90 and 1.5.2, lightgbm 2.3.1 and 3.3.2, with scikit-learn 0.24.2 and 1.0.2 on Python 3.9.
"""

import pathlib
import pickle
import sys

import lightgbm
import numpy as np
import xgboost
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import framework_answers  # noqa: E402
from framework_answers import tensor  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
NEWEST = {"xgboost": "3.2.0", "lightgbm": "4.7.0", "catboost": "1.2.10"}


def write(framework, name, model, rows, given=None):
    """`given`: the answers, where the model's own methods take something else than rows."""
    answers = given or {"predict": model.predict(rows)}
    if given is None and hasattr(model, "predict_proba"):
        answers["predict_proba"] = model.predict_proba(rows)
    is_newest = framework.__version__ == NEWEST[framework.__name__]
    suffix = "" if is_newest else f"-{framework.__version__}"
    path = FOLDER / f"{framework.__name__}_{name}{suffix}.pkl"
    path.write_bytes(pickle.dumps(model, protocol=4))
    outputs = {key: tensor(value) for key, value in answers.items()}
    inputs = rows if isinstance(rows, dict) else {"input": tensor(rows.reshape(len(rows), -1))}
    framework_answers.write(path, framework, inputs, outputs)


def main_words(x):
    import pandas as pd

    table = pd.DataFrame({"kind": pd.Categorical(np.array(["low", "mid", "high"])[np.arange(len(x)) % 3]), "length": x[:, 0]})
    target = x[:, 3] + (np.arange(len(x)) % 3 == 1)
    rows = table[::6]
    for framework, model in (
        (xgboost, xgboost.XGBRegressor(n_estimators=4, max_depth=3, n_jobs=1, enable_categorical=True)),
        (lightgbm, lightgbm.LGBMRegressor(n_estimators=4, num_leaves=5, n_jobs=1, verbose=-1)),
    ):
        model.fit(table, target)
        write(framework, "words", model, framework_answers.columns(rows, "FP64"), {"predict": model.predict(rows)})


def main_catboost(x, y, words, rows):
    import catboost

    settings = {"iterations": 4, "depth": 3, "thread_count": 1, "verbose": 0, "allow_writing_files": False}
    classifier = catboost.CatBoostClassifier(**settings).fit(x, words)
    answers = {"predict": classifier.predict(rows).ravel(), "predict_proba": classifier.predict_proba(rows)}
    write(catboost, "classifier", classifier, rows, answers)
    pipeline = make_pipeline(StandardScaler(), catboost.CatBoostClassifier(**settings))
    write(catboost, "pipeline", pipeline.fit(x, y == 1), rows)
    write(catboost, "regressor", catboost.CatBoostRegressor(**settings, loss_function="Poisson").fit(x, y), rows)
    plain = catboost.CatBoost({**settings, "loss_function": "Logloss"}).fit(x, (y == 1).astype(int))
    write(catboost, "plain", plain, rows)


def main_sparse(xgb, lgbm):
    """Behind what makes sparse matrices: XGBoost takes their zeros as missing, LightGBM does not."""
    from sklearn.compose import make_column_transformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

    rng = np.random.default_rng(5)
    x = np.column_stack([rng.integers(0, 7, 200), rng.integers(0, 5, 200), rng.normal(size=200).round(1)]).astype(float)
    y = np.isin(x[:, 0], [1, 3, 6]) ^ (x[:, 1] > 2) ^ (x[:, 2] > 0.5)
    rows = np.vstack([x[:20], [[9, 9, 0], [0, 9, 0.5]]])
    encoder = OneHotEncoder(handle_unknown="ignore")
    write(xgboost, "one_hot", make_pipeline(encoder, xgboost.XGBClassifier(**xgb)).fit(x[:, :2], y), rows[:, :2])
    for name, threshold in [("columns_sparse", 0.5), ("columns_dense", 0.1)]:
        columns = make_column_transformer((encoder, [0, 1]), ("passthrough", [2]), sparse_threshold=threshold)
        write(xgboost, name, make_pipeline(columns, xgboost.XGBClassifier(**xgb)).fit(x, y), rows)
    bins = make_pipeline(KBinsDiscretizer(4), xgboost.XGBClassifier(**xgb))
    write(xgboost, "bins", bins.fit(x[:, 2:], y), rows[:, 2:])
    words = np.array(["ash", "beech", "cedar", "elm", "fir", "oak", "yew"])
    texts = np.array([" ".join(words[rng.integers(0, 7, 4)]) for _ in range(200)], dtype=object)
    oaks = np.array(["oak" in text and "ash" not in text for text in texts])
    for framework, model in [(xgboost, xgboost.XGBClassifier(**xgb)), (lightgbm, lightgbm.LGBMClassifier(**lgbm))]:
        write(framework, "texts", make_pipeline(TfidfVectorizer(), model).fit(texts, oaks), np.append(texts[:20], ""))


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
    if xgboost.__version__ == NEWEST["xgboost"]:
        main_sparse(xgb, lgbm)
        main_catboost(x, y, words, rows)
        main_words(x)


if __name__ == "__main__":
    main()
