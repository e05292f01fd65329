"""prune-network with scikit-learn's perceptrons: what stands between the network and the answers is not forgotten."""

import json
import pickle

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def network(**settings):
    return MLPRegressor(hidden_layer_sizes=[20], max_iter=300, random_state=0, **settings)


CASES = {
    "poisson": lambda: network(loss="poisson"),
    "logarithm": lambda: TransformedTargetRegressor(network(), func=np.log, inverse_func=np.exp),
    "scaled": lambda: TransformedTargetRegressor(network(), transformer=StandardScaler()),
}


def prune(run, folder, model, x, y):
    """-> (what the pass did, figures before, figures after)"""
    path, rows = folder / "model.pkl", folder / "rows.npz"
    path.write_bytes(pickle.dumps(model))
    np.savez(rows, x=x, y=y)
    passes = "prune-network:share=0.1"
    done = run("optimise", path, "-o", folder / "out.onnx", "--passes", passes, "--data", rows, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    before, after = ({name: each["value"] for name, each in model["figures"].items()} for model in report["models"])
    return report["passes"][0]["done"], before, after


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_a_network_whose_sums_are_not_the_answers_is_not_made_worse(run, tmp_path, name):
    data = load_diabetes()
    x = StandardScaler().fit_transform(data.data)
    model = CASES[name]().fit(x[::2], data.target[::2])
    _, before, after = prune(run, tmp_path, model, x, data.target)
    assert after["rmse"] < 1.1 * before["rmse"]


@pytest.mark.filterwarnings("ignore")
def test_networks_whose_sums_are_the_answers_are_pruned_still(run, tmp_path):
    data = load_diabetes()
    x = StandardScaler().fit_transform(data.data)
    done, before, after = prune(run, tmp_path, network().fit(x[::2], data.target[::2]), x, data.target)
    assert "weights are left" in done and after["rmse"] < 1.1 * before["rmse"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("two", [True, False])
def test_classes_are_pruned_still(run, tmp_path, two):
    data = load_breast_cancer()
    y = data.target if two else (data.target + 2 * (data.data[:, 0] > 15)).astype(np.int64)
    model = make_pipeline(StandardScaler(), MLPClassifier([20], max_iter=200, random_state=0))
    done, before, after = prune(run, tmp_path, model.fit(data.data[::2], y[::2]), data.data, y)
    assert "weights are left" in done and after["accuracy"] > before["accuracy"] - 0.05
