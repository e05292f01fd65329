#!/usr/bin/env python3
"""Boosting, bagging, isolation forests; votes and stacks of other estimators."""

import numpy as np
from sklearn.ensemble import (AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, BaggingRegressor,
                              GradientBoostingClassifier, GradientBoostingRegressor,
                              HistGradientBoostingClassifier, HistGradientBoostingRegressor, IsolationForest,
                              RandomForestClassifier, StackingClassifier, StackingRegressor, VotingClassifier,
                              VotingRegressor)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fixtures import RELEASE, classes, numbers, probes, targets, write

x = numbers() / [1, 10, 0.02, 1]
rows = probes(x)
two, three = classes(x), classes(x, 3)
y, pair = targets(x), targets(x, 2)
words = np.array(["no", "yes"])[two]
names = np.array(["ant", "bee", "cat"])[three]


def make(name, estimator, y, older=True):
    write(name, estimator.fit(x, y), rows, older=older)


make("gradient-boosting", GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0), words)
make("gradient-boosting-three", GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=0), names)
make("gradient-boosting-exponential",
     GradientBoostingClassifier(n_estimators=5, max_depth=2, loss="exponential", random_state=0), two)
make("gradient-boosting-zero", GradientBoostingClassifier(n_estimators=4, max_depth=2, init="zero", random_state=0),
     three, older=False)
make("gradient-boosting-init",
     GradientBoostingClassifier(n_estimators=4, max_depth=2, init=GaussianNB(), random_state=0), words)
for loss in ["squared_error", "absolute_error", "huber", "quantile"]:
    make(f"gradient-boosting-regressor-{loss.replace('_', '-')}",
         GradientBoostingRegressor(n_estimators=5, max_depth=2, loss=loss, random_state=0), y,
         older=loss == "huber")

holes = x.copy()
holes[::5, 0] = np.nan
holes[2::7, 3] = np.nan
categories = holes.copy()
categories[:, 1] = np.arange(len(x)) % 7
categories[::11, 1] = np.nan
strange = categories[:30].copy()
strange[:10, 1] = 7 + np.arange(10)  # never seen
small = {"max_iter": 3, "max_leaf_nodes": 4, "min_samples_leaf": 4, "random_state": 0}
for name, labels in [("hist-boosting", words), ("hist-boosting-three", names)]:
    write(name, HistGradientBoostingClassifier(**small).fit(holes, labels), holes[:30], older=True)
    write(f"{name}-categories",
          HistGradientBoostingClassifier(categorical_features=[1], **small).fit(categories, labels), strange,
          older=True)
few = holes.copy()  # splits by category want ten rows of each
few[:, 1] = np.arange(len(x)) % 4
few[::11, 1] = np.nan
members = np.where(np.isin(few[:, 1], [1, 2]), "in", "out")
asked = few[:30].copy()
asked[::3, 1] += 4  # never seen
write("hist-boosting-members",
      HistGradientBoostingClassifier(categorical_features=[1], **small).fit(few, members), asked)
for loss in ["squared_error", "absolute_error", "poisson", "quantile"] + ["gamma"] * (RELEASE >= (1, 3)):
    options = {"quantile": 0.3} if loss == "quantile" else {}
    write(f"hist-boosting-regressor-{loss.replace('_', '-')}",
          HistGradientBoostingRegressor(loss=loss, **small, **options).fit(holes, np.abs(y) + 0.1), holes[:20])

stump = {"max_depth": 1, "random_state": 0}
make("ada-boost", AdaBoostClassifier(DecisionTreeClassifier(**stump), n_estimators=6, random_state=0), words)
make("ada-boost-three", AdaBoostClassifier(DecisionTreeClassifier(**stump), n_estimators=6, random_state=0), names)
make("ada-boost-logistic", AdaBoostClassifier(LogisticRegression(), n_estimators=3, random_state=0), names)
if RELEASE < (1, 6):
    make("ada-boost-samme", AdaBoostClassifier(n_estimators=6, algorithm="SAMME", random_state=0), names)
make("ada-boost-regressor",
     AdaBoostRegressor(DecisionTreeRegressor(max_depth=2), n_estimators=6, random_state=0), y)
make("ada-boost-regressor-linear", AdaBoostRegressor(LinearRegression(), n_estimators=4, random_state=0), y,
     older=False)

make("bagging", BaggingClassifier(DecisionTreeClassifier(max_depth=3), 5, max_features=0.6, random_state=0), words)
make("bagging-few-rows", BaggingClassifier(DecisionTreeClassifier(), 5, max_samples=4, random_state=1), names)
make("bagging-linear", BaggingClassifier(LogisticRegression(), 4, max_samples=6, max_features=0.6, random_state=1),
     names)
make("bagging-votes", BaggingClassifier(LinearSVC(), 4, random_state=1), names, older=False)
make("bagging-regressor", BaggingRegressor(DecisionTreeRegressor(max_depth=3), 5, max_features=0.6, random_state=0), y)
make("bagging-regressor-two", BaggingRegressor(DecisionTreeRegressor(max_depth=2), 3, random_state=0), pair,
     older=False)

make("isolation-forest", IsolationForest(n_estimators=5, max_samples=16, random_state=0), None)
make("isolation-forest-features",
     IsolationForest(n_estimators=5, max_samples=16, max_features=0.5, contamination=0.1, random_state=0), None)

parts = [("a", LogisticRegression()), ("b", GaussianNB()),
         ("c", RandomForestClassifier(4, max_depth=2, random_state=0))]
make("voting-hard", VotingClassifier(parts), names)
make("voting-soft", VotingClassifier([("x", "drop")] + parts, voting="soft", weights=[9, 1, 2, 3]), names)
make("voting-regressor", VotingRegressor(
    [("a", LinearRegression()), ("b", DecisionTreeRegressor(max_depth=2))], weights=[1, 2]), y)
make("stacking", StackingClassifier(parts, cv=3), words)
make("stacking-passthrough", StackingClassifier(parts + [("d", LinearSVC(random_state=0)), ("e", "drop")], cv=3,
                                                passthrough=True, final_estimator=GaussianNB()), names)
make("stacking-labels", StackingClassifier(parts, cv=3, stack_method="predict"), names, older=False)
make("stacking-regressor", StackingRegressor(
    [("a", LinearRegression()), ("b", DecisionTreeRegressor(max_depth=2))], cv=3), y)
