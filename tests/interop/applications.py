"""What Slipway is compared with: a Flask application and MLflow's scoring server, each around a scikit-learn
model, and the same models as ONNX. Run as a program inside the virtual environment that `install` makes:

    applications.py make FOLDER             trains the models: NAME.joblib, NAME.onnx, NAME.mlflow/,
                                            NAME.signed/ with MLflow's signature, and MLflow's own store mlruns/
                                            with the model "wine" registered
    applications.py flask MODEL.joblib PORT serves one, as such applications do
    applications.py ask FRAME.json PORT…    MLflow's client asks each server, and prints what it was told
"""

import os
import sys


def make(folder):
    import joblib
    import mlflow.sklearn
    from skl2onnx import to_onnx
    from sklearn.datasets import load_diabetes, load_iris
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    flowers, diabetes = load_iris(as_frame=True), load_diabetes(as_frame=True)
    names = flowers.target.map(dict(enumerate(flowers.target_names)))
    logistic = make_pipeline(StandardScaler(), LogisticRegression())
    models = {
        "words": (logistic.fit(flowers.data, names), flowers.data),
        "numbers": (
            RandomForestClassifier(20, random_state=0).fit(flowers.data, flowers.target),
            flowers.data,
        ),
        "prices": (LinearRegression().fit(diabetes.data, diabetes.target), diabetes.data),
    }
    for name, (model, data) in models.items():
        joblib.dump(model, folder / f"{name}.joblib")
        onnx = to_onnx(model, data.to_numpy("float32")[:1])
        (folder / f"{name}.onnx").write_bytes(onnx.SerializeToString())
        mlflow.sklearn.save_model(
            model, folder / f"{name}.mlflow", serialization_format="cloudpickle", pip_requirements=[]
        )
    sign(folder, models)
    register(folder, *models["words"])


def sign(folder, models):
    """Models of MLflow that declare their columns."""
    import lightgbm
    import mlflow.lightgbm
    import mlflow.sklearn
    import mlflow.xgboost
    import xgboost
    from mlflow.models import infer_signature
    from sklearn.datasets import load_breast_cancer, load_iris
    from sklearn.linear_model import LogisticRegression

    def save(flavor, name, model, data, answer, **options):
        signature = infer_signature(data, answer)
        flavor.save_model(model, folder / f"{name}.signed", signature=signature, pip_requirements=[], **options)

    for name, (model, data) in models.items():
        save(mlflow.sklearn, name, model, data, model.predict(data), serialization_format="cloudpickle")
    flowers, cells = load_iris(as_frame=True), load_breast_cancer(as_frame=True)
    data, target = cells.data.iloc[:, :4], cells.target
    booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(data, target), 5)
    save(mlflow.xgboost, "booster", booster, data, booster.predict(xgboost.DMatrix(data)))
    trees = xgboost.XGBClassifier(n_estimators=5).fit(flowers.data, flowers.target)
    save(mlflow.xgboost, "trees", trees, flowers.data, trees.predict(flowers.data))
    rounds = lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(data, target), 5)
    save(mlflow.lightgbm, "rounds", rounds, data, rounds.predict(data))
    typed = flowers.data.astype({"sepal width (cm)": "float32"})
    typed["petal length (cm)"] = typed["petal length (cm)"].round().astype("int64")
    typed["petal width (cm)"] = typed["petal width (cm)"] > 1
    kinds = LogisticRegression(max_iter=500).fit(typed, flowers.target)
    save(mlflow.sklearn, "kinds", kinds, typed, kinds.predict(typed), serialization_format="cloudpickle")
    sign_defaults(folder, models, save)


def sign_defaults(folder, models, save):
    """Saved as MLflow saves when nothing is said of the form; and an ONNX model."""
    import lightgbm
    import mlflow.lightgbm
    import mlflow.onnx
    import mlflow.sklearn
    import mlflow.xgboost
    import onnx
    import xgboost
    from sklearn.datasets import load_iris

    words, flowers = models["words"]
    save(mlflow.sklearn, "pipeline", words, flowers, words.predict(flowers))
    target = load_iris().target
    boosted = lightgbm.LGBMClassifier(n_estimators=5, num_leaves=5, verbose=-1).fit(flowers, target)
    save(mlflow.lightgbm, "boosted", boosted, flowers, boosted.predict(flowers))
    slope = xgboost.XGBRegressor(n_estimators=5, max_depth=3).fit(flowers, target)
    save(mlflow.xgboost, "slope", slope, flowers, slope.predict(flowers))
    prices, people = models["prices"]
    graph = onnx.load(folder / "prices.onnx")
    save(mlflow.onnx, "graph", graph, people.astype("float32"), prices.predict(people).astype("float32"))


def register(folder, model, data):
    """Two versions of "wine" in MLflow's file store; the first is the champion."""
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # else its newest versions want a database
    import mlflow.sklearn
    from mlflow.models import infer_signature

    store = f"file://{folder / 'mlruns'}"
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(store)
    for weight in (1, 0.5):
        with mlflow.start_run():
            model.set_params(logisticregression__C=weight).fit(data, model.predict(data))
            signature = infer_signature(data, model.predict(data))
            mlflow.sklearn.log_model(
                model, name="model", signature=signature, registered_model_name="wine", pip_requirements=[]
            )
    mlflow.MlflowClient().set_registered_model_alias("wine", "champion", "1")


def serve(path, port):
    import flask
    import joblib
    import pandas

    application = flask.Flask(__name__)
    model = joblib.load(path)

    @application.post("/predict")
    def predict():
        rows = flask.request.get_json()
        if isinstance(rows, dict) and "records" in rows:
            rows = rows["records"]
        elif isinstance(rows, dict) or not isinstance(rows[0], (dict, list)):
            rows = [rows]
        data = pandas.DataFrame(rows) if isinstance(rows[0], dict) else rows
        answer = {"prediction": model.predict(data).tolist()}
        if flask.request.args.get("proba"):
            answer["probability"] = model.predict_proba(data).tolist()
        return flask.jsonify(answer)

    application.run(port=port)


def ask(path, ports):
    import json

    import pandas
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    def told(client):
        client.wait_server_ready(timeout=10)
        answers = [client.invoke(data) for data in (frame, frame.to_numpy(), frame.values.tolist())]
        try:
            client.invoke(frame.iloc[:, 1:])
            refusal = None
        except Exception as error:
            refusal = str(error)
        predictions = [each.get_predictions("ndarray").tolist() for each in answers]
        return {"version": client.get_version(), "predictions": predictions, "refusal": refusal}

    frame = pandas.read_json(path, orient="split")
    print(json.dumps([told(ScoringServerClient("127.0.0.1", port)) for port in ports]))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        import pathlib

        make(pathlib.Path(sys.argv[2]))
    elif sys.argv[1] == "ask":
        ask(sys.argv[2], map(int, sys.argv[3:]))
    else:
        serve(sys.argv[2], int(sys.argv[3]))
