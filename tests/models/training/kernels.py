"""Prints what scikit-learn's support vector machines and nearest neighbours say of a few rows: the figures
in src/train/kernels/*_test.cc and src/pipeline/trained_kernels_test.cc."""

import warnings

import numpy as np
from sklearn.calibration import _sigmoid_calibration
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

warnings.simplefilter("ignore")
ROWS = np.array(
    [[0.5, -1.0], [1.5, 0.25], [-0.75, 0.5], [2.0, -0.5], [-1.25, -1.5], [0.25, 1.75], [0.5, -1.0], [1.0, 1.0]]
)
CLASSES = [0, 1, 2, 0, 1, 2, 0, 1]
VALUES = [1.5, -0.5, 2.0, 0.0, -2.0, 1.0, 1.25, 0.5]
WEIGHTS = [1, 2, 0.5, 1, 3, 1, 0, 1]


def show(name, values):
    print(f"{name}:", ", ".join(f"{value:.5f}" for value in np.ravel(values)))


for kernel in ("linear", "poly", "rbf", "sigmoid"):
    options = {"kernel": kernel, "gamma": 0.5, "coef0": 0.25, "C": 2, "tol": 1e-9}
    classes = SVC(decision_function_shape="ovo", **options).fit(ROWS, CLASSES, WEIGHTS)
    if kernel != "sigmoid":  # not convex: which optimum is found depends on rounding
        show(f"SVC {kernel}", classes.decision_function(ROWS)[:4])
    show(f"SVR {kernel}", SVR(epsilon=0.2, **options).fit(ROWS, VALUES, WEIGHTS).predict(ROWS))
DECISIONS = np.array([-2.0, -1.5, -0.5, 0.25, -0.25, 0.5, 1.0, 3.0])
show("sigmoid", _sigmoid_calibration(DECISIONS, np.array([0, 0, 0, 0, 1, 1, 1, 1])))

QUERIES = np.array([[0.4, -0.9], [1.2, 0.6], [-1.0, -1.0], [0.5, -1.0]])
for name, model in (
    ("neighbors", KNeighborsClassifier(3)),
    ("neighbors by distance", KNeighborsClassifier(4, weights="distance", p=1)),
    ("svm", SVC(gamma=0.5, C=2, tol=1e-9)),
):
    classifier = make_pipeline(StandardScaler(), model).fit(ROWS, CLASSES)
    show(name, classifier.predict(QUERIES) if name == "svm" else classifier.predict_proba(QUERIES))
for name, model in (
    ("mean of neighbors", KNeighborsRegressor(3, weights="distance")),
    ("svm of values", SVR(kernel="poly", gamma=0.5, coef0=0.25, C=2, epsilon=0.2, tol=1e-9)),
):
    show(name, make_pipeline(StandardScaler(), model).fit(ROWS, VALUES).predict(QUERIES))
