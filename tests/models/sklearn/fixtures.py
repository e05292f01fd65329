"""Writes a fitted scikit-learn estimator as NAME.pkl, and beside it inputs with its own answers.

Runs on scikit-learn 0.20 and later. Files made by another version than the newest carry it in their
name: ridge-1.2.pkl.
"""

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.base import is_classifier, is_regressor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import framework_answers  # noqa: E402
from framework_answers import tensor  # noqa: E402

NEWEST = (1, 9)
RELEASE = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent

# Of older versions, what is in wide use or is kept otherwise than now.
OLDER = {
    "columns-by-position", "columns-mixed", "columns-selected", "decision-tree", "decision-tree-regressor",
    "elastic-net", "extra-trees", "feature-union", "gaussian-mixture-full", "grid-search", "k-bins-onehot", "kmeans",
    "lasso", "lda-three", "linear-regression", "linear-svc", "logistic-regression", "logistic-regression-liblinear",
    "logistic-regression-multinomial-two", "logistic-regression-ovr", "logistic-regression-three", "mlp-classifier",
    "one-hot", "one-hot-drop", "one-hot-infrequent", "ordinal", "ordinal-missing", "passive-aggressive-classifier",
    "pca-whiten", "pipeline", "pipeline-forest", "pipeline-frame", "polynomial-features", "power-transformer", "qda",
    "quantile-normal", "random-forest", "random-forest-regressor", "random-forest-three", "ridge", "ridge-classifier",
    "robust-scaler", "select-k-best", "sgd-classifier-log-three", "simple-imputer-indicator", "standard-scaler",
    "tweedie-log",
}

warnings.filterwarnings("ignore")


def numbers(rows=60, columns=4, seed=7):
    """Columns of different scales, means and signs."""
    rng = np.random.default_rng(seed)
    scale = np.array([1.0, 30.0, 0.02, 4.0] * columns)[:columns]
    shift = np.array([0.0, 100.0, -0.5, 2.0] * columns)[:columns]
    return rng.normal(size=(rows, columns)) * scale + shift


def classes(x, count=2, seed=3):
    """Labels that depend on all columns, with noise."""
    rng = np.random.default_rng(seed)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    score = z @ rng.normal(size=x.shape[1]) + 0.5 * z[:, 0] * z[:, 1] + rng.normal(size=len(x)) * 0.5
    return np.searchsorted(np.quantile(score, np.arange(1, count) / count), score)


def targets(x, count=1, seed=5):
    rng = np.random.default_rng(seed)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    y = z @ rng.normal(size=(x.shape[1], count)) + rng.normal(size=(len(x), count)) * 0.3 + 1
    return y[:, 0] if count == 1 else y


def probes(x, rows=14, seed=11):
    """Rows to predict: some that were trained on, zeros, and some far away."""
    rng = np.random.default_rng(seed)
    some = x[rng.permutation(len(x))[: rows - 4]]
    far = x[:3] + np.array([[8.0], [-8.0], [3.0]]) * x.std(axis=0)
    return np.vstack([some, np.zeros((1, x.shape[1])), far])


def thresholds(trees, x):
    """Rows that lie on the thresholds of trees and on the float32 numbers around them."""
    rows = []
    for tree in trees:
        for feature, threshold in zip(tree.tree_.feature, tree.tree_.threshold):
            if feature < 0 or len(rows) >= 18:
                continue
            near = np.float32(threshold)
            values = [threshold, float(near), float(np.nextafter(near, np.float32(np.inf)))]
            for value in values:
                row = x[len(rows) % len(x)].copy()
                row[feature] = value
                rows.append(row)
    return np.vstack([probes(x, 6), np.array(rows)])


def inputs_of(x):
    if isinstance(x, pd.DataFrame):
        text = [not pd.api.types.is_numeric_dtype(x[name]) for name in x]
        if any(text):
            return {name: tensor(x[[name]].to_numpy(dtype=object if is_text else float))
                    for name, is_text in zip(x, text)}
        x = x.to_numpy(dtype=float)
    x = np.asarray(x)
    if x.dtype.kind not in "OUS":
        x = x.astype(float)
    return {"input": tensor(x.reshape(len(x), -1))}


def dense(values):
    """Sparse matrices filled up; those of whole numbers (counts of terms) are answered as FP64."""
    return np.asarray(values.todense(), dtype=float) if hasattr(values, "todense") else np.asarray(values)


def by_target(name, answers):
    """Of several targets: predict_proba_0, predict_proba_1, …"""
    return {f"{name}_{i}": answer for i, answer in enumerate(answers)}


def answers(estimator, x, without=()):
    outputs = {}
    if is_classifier(estimator):
        outputs["predict"] = estimator.predict(x)
        for name in ["predict_proba", "decision_function"]:
            if len(outputs) == 1 and hasattr(estimator, name) and name not in without:
                answer = getattr(estimator, name)(x)
                outputs |= by_target(name, answer) if isinstance(answer, list) else {name: answer}
        return outputs
    if is_regressor(estimator):
        return {"predict": estimator.predict(x)}
    if hasattr(estimator, "predict"):
        outputs["predict"] = estimator.predict(x).astype(np.int64)
        if hasattr(estimator, "predict_proba"):
            outputs["predict_proba"] = estimator.predict_proba(x)
        elif hasattr(estimator, "decision_function"):
            outputs["decision_function"] = estimator.decision_function(x)
    if hasattr(estimator, "transform"):
        outputs["transform"] = dense(estimator.transform(x))
    return outputs


def write(name, estimator, x, protocol=4, older=False, without=(), terms=None):
    """NAME.pkl and NAME.expected.json; x is what is predicted. Of older versions only OLDER, or what says so.
    `without`: methods that a classifier has and that cannot be asked; `terms`: see framework_answers.write."""
    if RELEASE != NEWEST:
        if name not in OLDER and not older:
            return
        name += "-{}.{}".format(*RELEASE)
    (FOLDER / f"{name}.pkl").write_bytes(pickle.dumps(estimator, protocol=protocol))
    outputs = {key: tensor(value, digits=12) for key, value in answers(estimator, x, without).items()}
    framework_answers.write(FOLDER / f"{name}.pkl", sklearn, inputs_of(x), outputs, terms)
