"""What the answers of sklearnserver, xgbserver and lgbserver are compared with: those servers are on no package index,
so here they are as KServe documents them, on its own server, with its own reading of requests. Run as a program inside
the virtual environment that `install` makes:
    kserve_server_programs.py make FOLDER          trains the models, a folder each
    kserve_server_programs.py serve KIND FOLDER    serves the one in FOLDER; further words are the server's
"""

import os
import pathlib
import sys

OBJECTIVES = {
    "logistic": {"objective": "binary:logistic"},
    "raw": {"objective": "binary:logitraw"},
    "hinge": {"objective": "binary:hinge"},
    "softmax": {"objective": "multi:softmax", "num_class": 3},
    "softprob": {"objective": "multi:softprob", "num_class": 3},
    "squares": {"objective": "reg:squarederror"},
    "counts": {"objective": "count:poisson"},
}
LIGHTGBM = {
    "binary": {"objective": "binary"},
    "multiclass": {"objective": "multiclass", "num_class": 3},
    "l2": {"objective": "regression"},
}


def make(folder):
    import joblib
    import lightgbm
    import numpy as np
    import xgboost
    from sklearn.compose import make_column_transformer
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    iris = load_iris(as_frame=True)
    flowers, kinds = iris.data, iris.target
    second = (kinds == 1).astype(int)

    def place(name, file):
        (folder / name).mkdir(parents=True)
        return folder / name / file

    joblib.dump(LogisticRegression(max_iter=500).fit(flowers.values, kinds), place("flowers", "model.joblib"))
    joblib.dump(Ridge().fit(flowers.values, kinds), place("ridge", "model.pkl"))
    mixed = flowers.iloc[:, :2].set_axis(["length", "width"], axis=1)
    mixed["colour"] = np.where(kinds == 0, "blue", "white")
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), remainder="passthrough")
    joblib.dump(make_pipeline(encode, LogisticRegression(max_iter=500)).fit(mixed, kinds), place("mixed", "m.pickle"))
    trees = {"max_depth": 3, "seed": 1}
    for at, (name, objective) in enumerate(OBJECTIVES.items()):
        label = kinds if name in ("softmax", "softprob", "squares", "counts") else second
        booster = xgboost.train({**trees, **objective}, xgboost.DMatrix(flowers.values, label), 5)
        booster.save_model(place(f"xgb-{name}", f"model.{('json', 'ubj')[at % 2]}"))
    noise = np.random.default_rng(1).integers(0, 2, len(flowers))
    train, check = (xgboost.DMatrix(flowers.values[part::2], noise[part::2]) for part in (0, 1))
    stopped = xgboost.train(
        {**trees, "objective": "binary:logistic", "eta": 1.5}, train, 30, [(check, "check")], early_stopping_rounds=4, verbose_eval=False
    )
    assert stopped.best_iteration + 1 < stopped.num_boosted_rounds()
    stopped.save_model(place("xgb-stopped", "model.json"))
    quiet = {"verbose": -1, "seed": 1}
    for name, objective in LIGHTGBM.items():
        label = second if name == "binary" else kinds
        named = flowers if name == "multiclass" else flowers.values
        booster = lightgbm.train({**quiet, **objective}, lightgbm.Dataset(named, label), 5)
        booster.save_model(place(f"lgb-{name}", "model.bst"))


def serve(kind, folder):
    import joblib
    import kserve
    import lightgbm
    import xgboost
    from kserve.utils.utils import get_predict_input, get_predict_response

    (file,) = pathlib.Path(folder).iterdir()

    def predict_sklearn(given):
        model = predict_sklearn.model
        asked = os.environ.get("PREDICT_PROBA", "false").lower() == "true" and hasattr(model, "predict_proba")
        return (model.predict_proba if asked else model.predict)(given)

    if kind == "sklearnserver":
        predict_sklearn.model = joblib.load(file)
        names, predict = None, predict_sklearn
    elif kind == "xgbserver":
        booster = xgboost.Booster(model_file=bytearray(file.read_bytes()))
        names, predict = None, lambda given: booster.predict(xgboost.DMatrix(given))
    else:
        booster = lightgbm.Booster(model_file=file)
        names, predict = booster.feature_name(), booster.predict

    class Model(kserve.Model):
        def __init__(self):
            super().__init__("model")
            self.ready = True

        def predict(self, payload, headers=None):
            try:
                return get_predict_response(payload, predict(get_predict_input(payload, columns=names)), self.name)
            except Exception as e:
                raise kserve.errors.InferenceError(str(e)) from e

    kserve.ModelServer(workers=1).start([Model()])


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(pathlib.Path(sys.argv[2]))
    else:
        serve(sys.argv[2], sys.argv[3])
