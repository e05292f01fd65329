#!/usr/bin/env python3
"""Estimators of two classes made into others: calibrated, one against the rest, for several targets."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fixtures import RELEASE, classes, numbers, probes, targets, write

x = numbers() / [1, 10, 0.02, 1]
rows = probes(x)
two, three = classes(x), classes(x, 3)
three_targets = targets(x, 3)
words = np.array(["no", "yes"])[two]
names = np.array(["ant", "bee", "cat"])[three]


def make(name, estimator, y, older=True):
    write(name, estimator.fit(x, y), rows, older=older)


for method in ["sigmoid", "isotonic"] + ["temperature"] * (RELEASE >= (1, 8)):
    for name, y in [("two", words), ("three", names)]:
        make(f"calibrated-{method}-{name}", CalibratedClassifierCV(LinearSVC(random_state=0), method=method, cv=3), y)
make("calibrated-probabilities", CalibratedClassifierCV(GaussianNB(), cv=3), names)
make("calibrated-together", CalibratedClassifierCV(SVC(), cv=3, ensemble=False), words, older=False)

for name, y in [("two", words), ("three", names)]:
    make(f"one-vs-rest-{name}", OneVsRestClassifier(LogisticRegression()), y)
    make(f"one-vs-one-{name}", OneVsOneClassifier(LogisticRegression()), y)
make("one-vs-rest-decisions", OneVsRestClassifier(LinearSVC(random_state=0)), names, older=False)
make("one-vs-rest-ties", OneVsRestClassifier(DecisionTreeClassifier(max_depth=1)), names)
make("one-vs-rest-regressor", OneVsRestClassifier(LinearRegression()), names, older=False)
make("one-vs-one-bayes", OneVsOneClassifier(GaussianNB()), names, older=False)
make("output-code", OutputCodeClassifier(LogisticRegression(), code_size=2, random_state=0), names)

make("multi-output-regressor", MultiOutputRegressor(DecisionTreeRegressor(max_depth=2)), three_targets)
make("regressor-chain", RegressorChain(LinearRegression(), order=[2, 0, 1]), three_targets)
