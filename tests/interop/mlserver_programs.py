"""What MLServer's answers are compared with: models of its runtimes, and MLServer itself. Run as a program inside
the virtual environment that `install` makes: mlserver_programs.py FOLDER trains the models of a repository."""

import contextlib
import json
import pathlib
import subprocess
import sys
import urllib.request

IMPLEMENTATIONS = {
    "sklearn": "mlserver_sklearn.SKLearnModel",
    "xgboost": "mlserver_xgboost.XGBoostModel",
    "lightgbm": "mlserver_lightgbm.LightGBMModel",
    "catboost": "mlserver_catboost.CatboostModel",
}


def make(folder):
    import catboost
    import joblib
    import lightgbm
    import numpy as np
    import xgboost
    from sklearn.compose import make_column_transformer
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    iris, cancer, diabetes = load_iris(as_frame=True), load_breast_cancer(), load_diabetes()
    flowers = iris.target.map(dict(enumerate(iris.target_names)))
    cells, malignant = cancer.data[:, :4], cancer.target

    def place(name, runtime, file):
        (folder / name).mkdir(parents=True)
        parameters = {"uri": f"./{file}", "version": "v0.1.0"}
        settings = {"name": name, "implementation": IMPLEMENTATIONS[runtime], "parameters": parameters}
        (folder / name / "model-settings.json").write_text(json.dumps(settings), encoding="utf-8")
        return folder / name / file

    numbers = LogisticRegression(max_iter=500).fit(iris.data.values, iris.target)
    joblib.dump(numbers, place("numbers", "sklearn", "model.joblib"))
    named = make_pipeline(StandardScaler(), LogisticRegression()).fit(iris.data, flowers)
    joblib.dump(named, place("named", "sklearn", "model.joblib"))
    mixed = iris.data.iloc[:, :2].set_axis(["length", "width"], axis=1)
    mixed["colour"] = np.where(iris.target == 0, "blue", "white")
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), remainder="passthrough")
    words = make_pipeline(encode, LogisticRegression(max_iter=500)).fit(mixed, flowers)
    joblib.dump(words, place("words", "sklearn", "model.joblib"))
    cat = catboost.CatBoostClassifier(iterations=5, depth=3, verbose=False, allow_writing_files=False)
    cat.fit(iris.data.values, iris.target).save_model(place("cat", "catboost", "model.cbm"))
    prices = LinearRegression().fit(diabetes.data, diabetes.target)
    joblib.dump(prices, place("prices", "sklearn", "model.joblib"))
    trees = xgboost.XGBClassifier(n_estimators=5).fit(iris.data.values, iris.target)
    trees.save_model(place("trees", "xgboost", "model.json"))
    second = xgboost.XGBClassifier(n_estimators=5).fit(cells, malignant)
    second.save_model(place("second", "xgboost", "model.ubj"))
    slope = xgboost.XGBRegressor(n_estimators=5).fit(diabetes.data, diabetes.target)
    slope.save_model(place("slope", "xgboost", "model.json"))
    quiet = {"verbose": -1}
    rounds = lightgbm.train({"objective": "binary", **quiet}, lightgbm.Dataset(cells, malignant), 5)
    rounds.save_model(place("rounds", "lightgbm", "model.bst"))
    classes = {"objective": "multiclass", "num_class": 3, **quiet}
    many = lightgbm.train(classes, lightgbm.Dataset(iris.data.values, iris.target), 5)
    many.save_model(place("many", "lightgbm", "model.bst"))


@contextlib.contextmanager
def mlserver(venv, folder, ports, wait_until):
    """MLServer with the models of `folder`. Yields its address."""
    settings = {
        "host": "127.0.0.1",
        "http_port": ports[0],
        "grpc_port": ports[1],
        "metrics_port": ports[2],
        "parallel_workers": 0,
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    process = subprocess.Popen(
        [venv / "bin" / "mlserver", "start", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{ports[0]}"

    def is_ready():
        assert process.poll() is None, f"mlserver ended with {process.returncode}"
        try:
            urllib.request.urlopen(f"{url}/v2/health/ready", timeout=2).close()
        except OSError:
            return False
        return True

    try:
        wait_until(is_ready, 120, "mlserver")
        yield url
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]))
