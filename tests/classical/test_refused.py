"""Models as frameworks really write them that have no counterpart are refused by name, with what to do instead."""

import pickle
import shutil
import sys
import types

import pytest

import frameworks
from support.classical import FIXTURES
from support.repository import settled
from support.server import Server

if frameworks.missing is None:
    import numpy as np

    import tables

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))

OWN = (
    "which is not scikit-learn's: of a class or function the file holds the name and the attributes, never the code, so it "
    "runs only where shop is importable. Save the fitted scikit-learn estimators inside it (pickle.dump(model.estimator, "
    "file)), replace own functions by scikit-learn's transformers, or export to ONNX"
)
LINEAR_TREES = "linear trees"


def halved(x):
    return x / 2


def own_function():
    """A function of somebody's own module."""
    shop = types.ModuleType("shop")
    shop.halved, halved.__module__ = halved, "shop"
    sys.modules["shop"] = shop
    return halved


def linear_trees(rows, values):
    import lightgbm

    return lightgbm.LGBMRegressor(n_estimators=3, num_leaves=4, n_jobs=1, verbose=-1, linear_tree=True).fit(rows, values)


def made():
    """file name -> (bytes, what its refusal says)"""
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC

    rows = tables.made("float64", 60, 3)
    labels = (tables.score(rows) > 0).astype(int)
    trees = linear_trees(rows, tables.score(rows))
    kernel = rows @ rows.T
    own = own_function()
    estimators = {
        "cube_root": (FunctionTransformer(np.cbrt), "FunctionTransformer: func: numpy.cbrt has no counterpart"),
        "own_function": (FunctionTransformer(own), f"names shop.halved, {OWN}"),
        "own_in_pipeline": (make_pipeline(FunctionTransformer(own), SVC()), f"names shop.halved, {OWN}"),
        "stratified": (DummyClassifier(strategy="stratified"), 'DummyClassifier: strategy: "stratified" answers at random'),
        "uniform": (DummyClassifier(strategy="uniform"), 'DummyClassifier: strategy: "uniform" answers at random'),
        "own_distance": (KNeighborsClassifier(metric=own), f"names shop.halved, {OWN}"),
    }
    files = {
        "function.pkl": (pickle.dumps(own), f"names shop.halved, {OWN}"),
        "precomputed.pkl": (pickle.dumps(SVC(kernel="precomputed").fit(kernel, labels)), 'SVC: kernel: "precomputed": '),
        "unfitted.pkl": (pickle.dumps(RandomForestClassifier()), "RandomForestClassifier: n_features_in_: missing; "),
        "linear_trees.pkl": (pickle.dumps(trees), LINEAR_TREES),
        "linear_trees.txt": (trees.booster_.model_to_string().encode(), LINEAR_TREES),
    }
    for name, (estimator, refusal) in estimators.items():
        fitted = estimator if name == "own_distance" else estimator.fit(rows, labels)
        files[f"{name}.pkl"] = (pickle.dumps(fitted), refusal)
    return files


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """file name -> (the repository's entry, what it should say)"""
    folder = tmp_path_factory.mktemp("refused")
    files = made()
    for name, (content, _) in files.items():
        version = folder / name.replace(".", "_") / "1"
        version.mkdir(parents=True)
        (version / f"model.{name.split('.')[1]}").write_bytes(content)
    shutil.copy(FIXTURES["sklearn-ridge"].model, folder / "good.pkl")  # with nothing to serve a server ends
    with Server(folder, wait_ready=False) as server:
        states = settled(server, len(files) + 1)
        yield {name: (states[name.replace(".", "_")], refusal) for name, (_, refusal) in files.items()}


NAMES = ("cube_root.pkl", "own_function.pkl", "own_in_pipeline.pkl", "own_distance.pkl", "stratified.pkl", "uniform.pkl",
         "function.pkl", "precomputed.pkl", "unfitted.pkl", "linear_trees.pkl", "linear_trees.txt")


@pytest.mark.parametrize("name", NAMES)
def test_what_has_no_counterpart_is_refused_by_name(refusals, name):
    entry, refusal = refusals[name]
    assert entry["state"] == "UNAVAILABLE", entry
    assert refusal in entry["reason"], entry["reason"]


def test_every_refusal_is_looked_at(refusals):
    assert set(refusals) == set(NAMES)
