#!/usr/bin/env python3
"""One of each family as scikit-learn 0.20 to 1.1 kept it: all of 0.24, of others what they keep otherwise."""

import numpy as np
import pandas as pd
from sklearn import preprocessing as pp
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, ExtraTreesRegressor,
                              GradientBoostingClassifier, GradientBoostingRegressor, IsolationForest,
                              RandomForestClassifier, VotingClassifier)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fixtures import RELEASE, classes, numbers, probes, targets, write

raw = np.round(numbers(36), 4)
x = np.round(raw / [1, 10, 0.02, 1] - [0, 10, -25, 2], 4)
rows, raw_rows = probes(x, 8), probes(raw, 8)
two, three = classes(x), classes(x, 3)
y = targets(x)
words = np.array(["no", "yes"])[two]
names = np.array(["ant", "bee", "cat"])[three]


DIFFERENT = {
    (0, 20): {"columns-mixed", "gradient-boosting", "gradient-boosting-regressor-lad", "gradient-boosting-three",
              "grid-search", "lda", "linear-svc", "logistic-regression-multinomial", "mlp-classifier", "neighbors",
              "pipeline", "polynomial-features", "select-k-best", "svc-probability"},
    (0, 22): {"columns-mixed", "hist-boosting-three", "isolation-forest", "neighbors", "svc"},
    (1, 0): {"columns-slice", "decision-tree", "gradient-boosting", "gradient-boosting-regressor-lad",
             "hist-boosting-categories", "k-bins", "sgd-classifier-log"},
}


def make(name, estimator, y=None, x=x, rows=rows):
    if name in DIFFERENT.get(RELEASE, {name}):
        write(name, estimator.fit(x, y), rows, older=True)


make("linear-regression", LinearRegression(), y)
make("elastic-net", ElasticNet(alpha=0.05), y)
make("logistic-regression", LogisticRegression(solver="lbfgs"), words)
make("logistic-regression-multinomial", LogisticRegression(solver="lbfgs", multi_class="multinomial"), names)
make("logistic-regression-ovr", LogisticRegression(solver="liblinear", multi_class="ovr"), names)
make("sgd-classifier-log", SGDClassifier(loss="log", max_iter=50, tol=1e-3, random_state=0), names)
make("linear-svc", LinearSVC(random_state=0), names)
make("lda", LinearDiscriminantAnalysis(), names)
make("mlp-classifier", MLPClassifier((4,), max_iter=50, random_state=0), names)

make("decision-tree", DecisionTreeClassifier(max_depth=3, random_state=0), words)
make("random-forest", RandomForestClassifier(4, max_depth=3, random_state=0), names)
make("extra-trees-regressor", ExtraTreesRegressor(4, max_depth=3, random_state=0), y)
make("gradient-boosting", GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=0), words)
make("gradient-boosting-three", GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=0), names)
make("gradient-boosting-regressor", GradientBoostingRegressor(n_estimators=4, max_depth=2, random_state=0), y)
make("gradient-boosting-regressor-lad",
     GradientBoostingRegressor(n_estimators=4, max_depth=2, loss="lad", random_state=0), y)
make("ada-boost", AdaBoostClassifier(n_estimators=4, random_state=0), names)
make("ada-boost-regressor", AdaBoostRegressor(DecisionTreeRegressor(max_depth=2), n_estimators=4, random_state=0), y)
make("bagging", BaggingClassifier(DecisionTreeClassifier(max_depth=2), 3, max_features=0.6, random_state=0), words)
if RELEASE >= (0, 22):
    make("isolation-forest", IsolationForest(n_estimators=4, max_samples=16, random_state=0))
make("voting", VotingClassifier([("a", LogisticRegression(solver="lbfgs", multi_class="auto")), ("b", GaussianNB())],
                                voting="soft"), names)

make("svc", SVC(gamma="scale"), names)
make("svc-probability", SVC(gamma="scale", probability=True, random_state=0), words)
make("svr", SVR(gamma="scale"), y)
make("neighbors", KNeighborsClassifier(3, weights="distance"), names)
make("gaussian-nb", GaussianNB(), names)
make("multinomial-nb", MultinomialNB(), names, np.abs(np.round(x)), np.abs(np.round(rows)))
make("calibrated", CalibratedClassifierCV(LinearSVC(random_state=0), cv=3), names)
make("one-vs-rest", OneVsRestClassifier(LogisticRegression(solver="lbfgs")), names)

make("kmeans", KMeans(3, n_init=2, random_state=0), None, raw, raw_rows)
make("gaussian-mixture", GaussianMixture(2, random_state=0), None, raw, raw_rows)
make("pca", PCA(2, whiten=True, random_state=0), None, raw, raw_rows)
make("standard-scaler", pp.StandardScaler(), None, raw, raw_rows)
make("robust-scaler", pp.RobustScaler(), None, raw, raw_rows)
make("polynomial-features", pp.PolynomialFeatures(2), None, raw, raw_rows)
make("power-transformer", pp.PowerTransformer(), None, raw, raw_rows)
make("quantile-transformer", pp.QuantileTransformer(n_quantiles=10), None, raw, raw_rows)
make("k-bins", pp.KBinsDiscretizer(3, encode="onehot"), None, raw, raw_rows)
make("select-k-best", SelectKBest(k=2), two)

gaps = raw.copy()
gaps[::4, 0] = np.nan
make("pipeline", make_pipeline(SimpleImputer(strategy="median"), pp.StandardScaler(), PCA(3, random_state=0),
                               RandomForestClassifier(3, max_depth=2, random_state=0)), words, gaps, gaps[:10])
make("feature-union", FeatureUnion([("scaled", pp.MinMaxScaler()), ("pca", PCA(1, random_state=0))]), None, raw, raw_rows)
make("grid-search", GridSearchCV(make_pipeline(pp.StandardScaler(), LogisticRegression(solver="lbfgs")),
                                 {"logisticregression__C": [0.1, 1.0]}, cv=3, iid=False) if RELEASE < (0, 22) else
     GridSearchCV(make_pipeline(pp.StandardScaler(), LogisticRegression()), {"logisticregression__C": [0.1, 1.0]}, cv=3),
     two)

colours = np.array(["red", "green", "blue", "grey"] * 9, dtype=object)
frame = pd.DataFrame({"age": raw[:, 3] * 10, "colour": colours, "score": raw[:, 0]})
prepare = ColumnTransformer([("numbers", pp.StandardScaler(), ["age", "score"]),
                             ("text", pp.OneHotEncoder(handle_unknown="ignore"), ["colour"])])
make("columns-mixed", make_pipeline(prepare, LogisticRegression(solver="lbfgs")), two, frame, frame.head(10))
make("ordinal", pp.OrdinalEncoder(), None, colours[:, None], colours[:6, None])
make("columns-by-position", ColumnTransformer([("scale", pp.StandardScaler(), [0]), ("range", pp.MinMaxScaler(), slice(-2, None))],
                                              remainder="passthrough"), None, raw, raw_rows)
table = pd.DataFrame(raw, columns=["age", "height", "score", "pulse"])
make("columns-slice", ColumnTransformer([("scale", pp.StandardScaler(), slice("height", "score"))]), None, table, table.head(8))

if RELEASE >= (0, 21):
    if RELEASE < (1, 0):
        from sklearn.experimental import enable_hist_gradient_boosting  # noqa: F401
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    holes = x.copy()
    if RELEASE >= (0, 22):
        holes[::5, 0] = np.nan
    small = {"max_iter": 3, "max_leaf_nodes": 4, "min_samples_leaf": 4, "random_state": 0}
    make("hist-boosting", HistGradientBoostingClassifier(**small), words, holes, holes[:12])
    make("hist-boosting-three", HistGradientBoostingClassifier(**small), names, holes, holes[:12])
    make("hist-boosting-regressor", HistGradientBoostingRegressor(**small), y, holes, holes[:12])
if RELEASE >= (0, 24):
    columns = holes.copy()
    columns[:, 1] = np.arange(len(x)) % 7
    strange = columns[:12].copy()
    strange[:4, 1] = 7 + np.arange(4)  # never seen
    make("hist-boosting-categories", HistGradientBoostingClassifier(categorical_features=[1], **small), words, columns,
         strange)
if RELEASE >= (0, 22):
    from sklearn.ensemble import StackingClassifier
    make("stacking", StackingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], cv=3), words)
