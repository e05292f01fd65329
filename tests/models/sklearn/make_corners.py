#!/usr/bin/env python3
"""Estimators where scikit-learn's answer hangs on a corner of its rules: tiny numbers, one class, no values."""

import numpy as np
from sklearn import preprocessing as pp
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.mixture import BayesianGaussianMixture
from sklearn.multiclass import OneVsOneClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from fixtures import RELEASE, classes, numbers, probes, write

x = numbers()
rows = probes(x)
rng = np.random.default_rng(29)

# Functions that must keep their digits: the scaler makes what is left of them as large as 1.
tiny = rng.random((60, 3)) * np.array([1e-17, 1e-12, 1e-5])
for name in ["log1p", "expm1"]:
    function = make_pipeline(pp.FunctionTransformer(getattr(np, name)), pp.StandardScaler())
    write(f"function-{name}-tiny", function.fit(tiny), tiny[:20])
    edges = np.array([[-40, 3, 0.5], [-0.75, 1e-300, 1], [20, -1e-9, -800], [1.0000001, 0, -1]])
    edges = np.maximum(edges, -0.999) if name == "log1p" else edges
    write(f"function-{name}-edges", pp.FunctionTransformer(getattr(np, name)).fit(edges), edges)
for name, powers in {"log2": 2.0 ** np.arange(-30, 60), "log10": 10.0 ** np.arange(-5, 23)}.items():
    powers = powers.reshape(-1, 2)
    floored = make_pipeline(pp.FunctionTransformer(getattr(np, name)), pp.FunctionTransformer(np.floor))
    write(f"function-{name}-powers", floored.fit(powers), powers)

small = np.array([[1e-16, 0, 0], [1e-17, 2e-17, 0], [1, 2, 3], [2.2e-15, 0, 0], [2.3e-15, 0, 0], [0, 0, 0]])
for norm in ["l1", "l2", "max"]:
    write(f"normalizer-tiny-{norm}", pp.Normalizer(norm).fit(small), small)

power = pp.PowerTransformer(standardize=False).fit(x)
power.lambdas_ = np.array([1e-13, 2 - 1e-10, 1e-6, 0.0])
write("power-transformer-flat", power, rows)
power = pp.PowerTransformer("box-cox", standardize=False).fit(np.abs(x) + 0.1)
power.lambdas_ = np.array([1e-15, 1e-10, -1e-8, 0.0])
write("power-transformer-box-cox-flat", power, np.abs(rows) + 0.1)

write("label-binarizer-one", pp.LabelBinarizer(neg_label=-2).fit([3.0, 3, 3]), np.array([3.0, 3, 4]))
for count in (2, 3):
    y = classes(x, count)
    write(f"one-vs-one-ridge-{count}", OneVsOneClassifier(Ridge()).fit(x, y), np.vstack([rows, x[:30]]))

judge = LogisticRegression().fit(x, classes(x, 3))
judge.coef_ = np.array([[5, 0.1, 1, 1], [0.01, 3, -2, 1], [0, -4, 0, 1.0]])
lowest = SelectFromModel(judge, norm_order=-np.inf, prefit=True, threshold="mean").fit(x)
write("select-from-model-lowest", lowest, rows)

gaps = x.copy()
gaps[:, 2] = np.nan
gaps[::3, 1] = np.nan
write("imputer-constant-empty", SimpleImputer(strategy="constant").fit(gaps), gaps[:12], older=True)
kept = SimpleImputer(strategy="constant", keep_empty_features=True)
write("imputer-constant-empty-kept", kept.fit(gaps), gaps[:12])
write("iterative-imputer-none", IterativeImputer(max_iter=0, add_indicator=True).fit(gaps), gaps[:12])

codes = rng.choice([1.0, 2, 3, 4, 5, 6], p=[0.4, 0.3, 0.1, 0.1, 0.05, 0.05], size=(200, 2))
codes[rng.random(codes.shape) < 0.1] = np.nan
codes[:, 1] = np.nan_to_num(codes[:, 1], nan=1)
unseen = np.vstack([codes[:30], [[7, 1], [np.nan, 9]]])
for name, parameters in {"": {}, "-numbered": {"encoded_missing_value": -5}}.items() if RELEASE >= (1, 3) else []:
    encoder = pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=3, **parameters)
    write(f"ordinal-infrequent-missing{name}", encoder.fit(codes), unseen)

# The first row twice, with either label; asked for are rows that have neither among their neighbors.
y = classes(x)
near = KNeighborsClassifier(3).fit(np.vstack([x, x[:1]]), np.append(y, 1 - y[0]))
untied = ~np.isin(near.kneighbors(x, return_distance=False), [0, 60]).any(axis=1)
write("neighbors-ties", near, x[untied][:12])

for kind in ["tied", "spherical", "diag", "full"]:
    mixture = BayesianGaussianMixture(n_components=2, covariance_type=kind, random_state=0, max_iter=300)
    write(f"bayesian-mixture-{kind}", mixture.fit(x), rows)
