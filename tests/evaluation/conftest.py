"""Models of scikit-learn, fitted and saved here, with rows that they have not seen."""

import importlib.util
import json
import pathlib
import pickle
import subprocess

import pytest
from support.server import slipway_path

HERE = pathlib.Path(__file__).resolve().parent


def _frameworks():
    spec = importlib.util.spec_from_file_location("frameworks", HERE.parent / "classical" / "frameworks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Case:
    """A fitted model, its file, and a file of rows with their answers."""

    def __init__(self, folder, name, model, features, target):
        self.model, self.features, self.target = model, features, target
        self.path = folder / f"{name}.pkl"
        self.rows = folder / f"{name}.csv"
        self.path.write_bytes(pickle.dumps(model))
        lines = [",".join([*(f"x{i}" for i in range(features.shape[1])), "answer"])]
        lines += [",".join([*map(repr, row.tolist()), str(answer)]) for row, answer in zip(features, target)]
        self.rows.write_text("\n".join(lines) + "\n", encoding="utf-8")


def evaluate(*arguments, code=0):
    """Runs `slipway evaluate`; its exit code is checked."""
    run = subprocess.run(
        [slipway_path(), "evaluate", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == code, run.stdout + run.stderr
    return run


def report(*arguments, code=0):
    return json.loads(evaluate(*arguments, "--json", code=code).stdout)


@pytest.fixture(scope="session")
def cases(tmp_path_factory):
    missing = _frameworks().missing
    if missing:
        pytest.skip(missing)
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folder = tmp_path_factory.mktemp("evaluation")
    models = {
        "cancer": (load_breast_cancer, make_pipeline(StandardScaler(), LogisticRegression())),
        "iris": (load_iris, RandomForestClassifier(10, random_state=0)),
        "diabetes": (load_diabetes, GradientBoostingRegressor(n_estimators=20, random_state=0)),
    }
    made = {}
    for name, (load, model) in models.items():
        features, target = load(return_X_y=True)
        model.fit(features[1::2], target[1::2])
        made[name] = Case(folder, name, model, features[::2], target[::2])
    return made
