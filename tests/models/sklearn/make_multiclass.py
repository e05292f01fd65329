#!/usr/bin/env python3
"""Estimators of two classes made into others: calibrated, one against the rest, for several targets or labels."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import LabelBinarizer
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

# Several targets with classes of their own; several labels, each of which a row has or has not.
targets_of_text = np.stack([words, names], axis=1)
counts = np.stack([two, three * 10], axis=1)
labels = np.stack([two, three == 1, three > 0], axis=1).astype(int)
for name, y in [("text", targets_of_text), ("counts", counts), ("labels", labels)]:
    make(f"several-tree-{name}", DecisionTreeClassifier(max_depth=3, random_state=0), y)
    make(f"several-neighbors-{name}", KNeighborsClassifier(4, weights="distance"), y, older=name != "counts")
    make(f"several-classifiers-{name}", MultiOutputClassifier(LogisticRegression()), y, older=name != "counts")
make("several-forest", RandomForestClassifier(4, max_depth=3, random_state=0), targets_of_text)
make("several-classifiers-decisions", MultiOutputClassifier(LinearSVC(random_state=0)), counts, older=False)
make("labels-one-vs-rest", OneVsRestClassifier(LogisticRegression()), labels)
make("labels-one-vs-rest-decisions", OneVsRestClassifier(SVC(kernel="linear")), labels)
make("labels-one-vs-rest-two", OneVsRestClassifier(LogisticRegression()), labels[:, :2])
make("labels-perceptron", MLPClassifier((5,), max_iter=40, random_state=0), labels)
make("labels-ridge", RidgeClassifier(), labels, older=False)
write("labels-binarizer", LabelBinarizer(neg_label=-1).fit(labels), labels[:8])
for order in [None, [2, 0, 1]]:
    name = "classifier-chain" + ("-ordered" if order else "")
    make(name, ClassifierChain(LogisticRegression(), order=order), labels, older=bool(order))
make("classifier-chain-decisions", ClassifierChain(LinearSVC(random_state=0)), labels, older=False)
if RELEASE >= (1, 5):
    make("classifier-chain-probabilities", ClassifierChain(LogisticRegression(), chain_method="predict_proba"), labels)
