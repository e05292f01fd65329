#!/usr/bin/env python3
"""Decision trees and the forests that average them."""

import numpy as np
from sklearn.ensemble import (ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier,
                              RandomForestRegressor)
from sklearn.tree import (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier,
                          ExtraTreeRegressor)

from fixtures import RELEASE, classes, numbers, targets, thresholds, write

x = numbers()
two, three = classes(x), classes(x, 3)
y, pair = targets(x), targets(x, 2)
words = np.array(["no", "yes"])[two]


def make(name, estimator, y):
    estimator.fit(x, y)
    trees = getattr(estimator, "estimators_", [estimator])
    write(name, estimator, thresholds(trees, x))


make("decision-tree", DecisionTreeClassifier(max_depth=4, random_state=0), words)
make("decision-tree-three", DecisionTreeClassifier(max_depth=4, random_state=0), three)
make("decision-tree-stump", DecisionTreeClassifier(max_depth=1), two)
make("decision-tree-regressor", DecisionTreeRegressor(max_depth=4, random_state=0), y)
make("decision-tree-regressor-two", DecisionTreeRegressor(max_depth=4, random_state=0), pair)
make("extra-tree", ExtraTreeClassifier(max_depth=4, random_state=0), two)
make("extra-tree-regressor", ExtraTreeRegressor(max_depth=4, random_state=0), y)
make("random-forest", RandomForestClassifier(6, max_depth=3, random_state=0), words)
make("random-forest-three", RandomForestClassifier(6, max_depth=3, random_state=0), three)
make("random-forest-regressor", RandomForestRegressor(6, max_depth=3, random_state=0), y)
make("random-forest-regressor-two", RandomForestRegressor(6, max_depth=3, random_state=0), pair)
make("extra-trees", ExtraTreesClassifier(6, max_depth=3, random_state=0), three)
make("extra-trees-regressor", ExtraTreesRegressor(6, max_depth=3, random_state=0), y)

# A tree that is one leaf; labels of one class.
write("decision-tree-leaf", DecisionTreeRegressor().fit(x, np.full(len(x), 2.5)), x[:3])
write("decision-tree-one-class", DecisionTreeClassifier().fit(x, np.full(len(x), 4)), x[:3])

if RELEASE >= (1, 3):
    holes = x.copy()
    holes[::5, 0] = np.nan
    holes[2::7, 3] = np.nan
    write("decision-tree-missing", DecisionTreeClassifier(max_depth=5, random_state=0).fit(holes, three), holes[:30])
if RELEASE >= (1, 4):
    write("random-forest-missing",
          RandomForestClassifier(6, max_depth=4, random_state=0).fit(holes, words), holes[:30])
