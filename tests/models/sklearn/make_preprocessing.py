#!/usr/bin/env python3
"""Transformers, and pipelines, unions and searches that hold them."""

import numpy as np
import pandas as pd
from sklearn import feature_selection as fs
from sklearn import preprocessing as pp
from sklearn.cluster import FeatureAgglomeration
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, MissingIndicator, SimpleImputer
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from fixtures import RELEASE, classes, numbers, probes, targets, write

x = numbers()
two, three = classes(x), classes(x, 3)
y = targets(x)
rows = probes(x)
wide = numbers(columns=8)
wide_rows = probes(wide, 10)
three_wide = classes(wide, 3)

ties = np.round(x, 1)
ties_rows = np.vstack([ties[:12], ties[:4] + 1e-9, ties.min(axis=0), ties.max(axis=0), ties.max(axis=0) + 5])
for name, estimator in {
    "standard-scaler": pp.StandardScaler(),
    "standard-scaler-mean": pp.StandardScaler(with_std=False),
    "min-max-scaler": pp.MinMaxScaler(),
    "min-max-scaler-clip": pp.MinMaxScaler((-1, 2), clip=True),
    "max-abs-scaler": pp.MaxAbsScaler(),
    "robust-scaler": pp.RobustScaler(),
    "normalizer": pp.Normalizer(),
    "normalizer-l1": pp.Normalizer("l1"),
    "normalizer-max": pp.Normalizer("max"),
    "binarizer": pp.Binarizer(threshold=0.5),
    "polynomial-features": pp.PolynomialFeatures(3),
    "polynomial-interactions": pp.PolynomialFeatures((2, 3), interaction_only=True, include_bias=False),
    "power-transformer": pp.PowerTransformer(),
    "function-identity": pp.FunctionTransformer(),
    "function-tanh": pp.FunctionTransformer(np.tanh),
    "pca": PCA(3),
    "pca-whiten": PCA(2, whiten=True, random_state=0),
    "incremental-pca": IncrementalPCA(2),
    "truncated-svd": TruncatedSVD(2, random_state=0),
    "fast-ica": FastICA(2, random_state=0, whiten="unit-variance"),
    "rbf-sampler": RBFSampler(n_components=6, random_state=0),
    "gaussian-projection": GaussianRandomProjection(2, random_state=0),
    "sparse-projection": SparseRandomProjection(3, random_state=0),
    "feature-agglomeration": FeatureAgglomeration(2),
}.items():
    write(name, estimator.fit(x), rows)
write("function-log1p", pp.FunctionTransformer(np.log1p).fit(np.abs(x)), np.abs(rows))
write("power-box-cox", pp.PowerTransformer("box-cox", standardize=False).fit(np.abs(x)), np.abs(probes(np.abs(x))) + 0.1)

for name, estimator in {
    "k-bins-onehot": pp.KBinsDiscretizer(4, encode="onehot", strategy="quantile"),
    "k-bins-ordinal": pp.KBinsDiscretizer([3, 2, 5, 4], encode="ordinal", strategy="uniform"),
    "quantile-uniform": pp.QuantileTransformer(n_quantiles=20),
    "quantile-normal": pp.QuantileTransformer(n_quantiles=20, output_distribution="normal"),
}.items():
    edges = estimator.fit(ties)
    write(name, edges, ties_rows)

for name, estimator in {
    "select-k-best": fs.SelectKBest(k=3),
    "select-percentile": fs.SelectPercentile(fs.mutual_info_classif, percentile=40),
    "select-fpr": fs.SelectFpr(alpha=0.2),
    "select-fdr": fs.SelectFdr(alpha=0.5),
    "select-fwe": fs.SelectFwe(alpha=0.5),
    "generic-select": fs.GenericUnivariateSelect(mode="k_best", param=2),
    "variance-threshold": fs.VarianceThreshold(1.0),
}.items():
    write(name, estimator.fit(wide, two), wide_rows)
write("rfe", fs.RFE(LogisticRegression(), n_features_to_select=3).fit(wide, two), wide_rows)
write("select-from-model", fs.SelectFromModel(LogisticRegression(max_iter=500)).fit(wide, three_wide), wide_rows)
write("select-from-forest",
      fs.SelectFromModel(RandomForestClassifier(5, max_depth=3, random_state=0), threshold="0.8*median", max_features=5).fit(wide, two),
      wide_rows)
write("select-from-lasso", fs.SelectFromModel(Lasso(0.2)).fit(wide, y), wide_rows)

# Categories of text, numbers and truth values.
colours = np.array(["red", "green", "blue", "red", "grey"] * 6, dtype=object)
sizes = np.array(["S", "M", "L"] * 10, dtype=object)
text = np.column_stack([colours, sizes])
unknown = np.vstack([text[:8], [["pink", "M"]], [["red", "XXL"]]]).astype(object)
codes = np.column_stack([np.arange(30) % 4, np.arange(30) % 3 * 10]).astype(float)
write("one-hot", pp.OneHotEncoder(handle_unknown="ignore").fit(text), unknown)
write("one-hot-numbers", pp.OneHotEncoder(handle_unknown="ignore").fit(codes),
      np.vstack([codes[:8], [[9, 10]]]))
write("one-hot-drop", pp.OneHotEncoder(drop="first").fit(text), text[:10])
write("one-hot-binary", pp.OneHotEncoder(drop="if_binary").fit(np.column_stack([colours == "red", codes[:, 0]])),
      np.column_stack([colours == "red", codes[:, 0]])[:10])
write("one-hot-infrequent",
      pp.OneHotEncoder(min_frequency=7, handle_unknown="infrequent_if_exist").fit(text), unknown)
write("ordinal", pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(text), unknown)
holes = codes.copy()
holes[::6, 0] = np.nan
write("ordinal-missing", pp.OrdinalEncoder(encoded_missing_value=-5).fit(holes), holes[:10])
write("label-encoder", pp.LabelEncoder().fit(colours), colours[:6])
write("label-encoder-numbers", pp.LabelEncoder().fit(codes[:, 1]), codes[:6, 1])
write("label-binarizer", pp.LabelBinarizer().fit(colours), colours[:6])
write("label-binarizer-two", pp.LabelBinarizer(neg_label=-1).fit(sizes[sizes != "L"]), sizes[sizes != "L"][:6])

if RELEASE >= (1, 3):
    write("target-encoder", pp.TargetEncoder().fit(text, y[:30]), unknown)
    write("target-encoder-three", pp.TargetEncoder().fit(text, np.arange(30) % 3), unknown)

gaps = x.copy()
gaps[::4, 0] = np.nan
gaps[1::5, 2] = np.nan
marked = np.where(np.isnan(gaps), -1, gaps)
write("simple-imputer", SimpleImputer().fit(gaps), gaps[:20])
write("simple-imputer-indicator", SimpleImputer(strategy="median", add_indicator=True).fit(gaps), gaps[:20])
write("iterative-imputer", IterativeImputer(max_iter=3, random_state=0).fit(gaps), gaps[:20])
write("simple-imputer-number", SimpleImputer(missing_values=-1, strategy="most_frequent").fit(marked), marked[:20])
write("simple-imputer-text", SimpleImputer(missing_values="", strategy="constant", fill_value="none").fit(
    np.array([["a", ""], ["b", "c"]], dtype=object)), np.array([["a", ""], ["", "c"]], dtype=object))
write("missing-indicator", MissingIndicator().fit(gaps), gaps[:10])
write("missing-indicator-all", MissingIndicator(features="all").fit(gaps), gaps[:10])

# Compositions.
write("pipeline", make_pipeline(pp.StandardScaler(), LogisticRegression()).fit(x, three), rows)
write("pipeline-forest",
      make_pipeline(SimpleImputer(), "passthrough", RandomForestClassifier(4, max_depth=3, random_state=0)).fit(gaps, two), gaps[:20])
write("pipeline-transformers", make_pipeline(pp.MinMaxScaler(), PCA(2)).fit(x), rows)
write("pipeline-lda", make_pipeline(LinearDiscriminantAnalysis(n_components=2), LogisticRegression()).fit(x, three), rows)
write("pipeline-poly", make_pipeline(pp.PolynomialFeatures(2), pp.StandardScaler(), LinearRegression()).fit(x, y), rows)
write("feature-union",
      FeatureUnion([("scaled", pp.StandardScaler()), ("drop", "drop"), ("pca", PCA(2)), ("same", "passthrough")],
                   transformer_weights={"pca": 2.0}).fit(x), rows)
write("grid-search", GridSearchCV(make_pipeline(pp.StandardScaler(), LogisticRegression()),
                                  {"logisticregression__C": [0.1, 1.0]}, cv=3).fit(x, two), rows)
write("random-search", RandomizedSearchCV(LogisticRegression(max_iter=5000), {"C": [0.1, 1.0, 10.0]}, n_iter=2, cv=3,
                                          random_state=0).fit(x, two), rows)
write("columns-by-position",
      ColumnTransformer([("scale", pp.StandardScaler(), [0, -1]), ("bins", pp.KBinsDiscretizer(3, encode="ordinal"), slice(1, 2)),
                         ("gone", "drop", [2])], remainder="passthrough").fit(wide), wide_rows)

frame = pd.DataFrame(x, columns=["age", "height", "score", "pulse"])
write("pipeline-frame", make_pipeline(pp.StandardScaler(), LogisticRegression()).fit(frame, two), frame.head(10))
mixed = pd.DataFrame({"age": x[:30, 3] * 10, "unused": codes[:, 0], "colour": colours, "size": sizes, "score": x[:30, 0]})
mixed.loc[::7, "age"] = np.nan
encode = pp.OneHotEncoder(handle_unknown="ignore")
mixed_rows = mixed.head(12).drop(columns="unused")
prepare = ColumnTransformer(
    [("numbers", make_pipeline(SimpleImputer(), pp.StandardScaler()), ["age", "score"]),
     ("text", make_pipeline(SimpleImputer(strategy="most_frequent"), encode), ["colour", "size"])])
mixed_model = Pipeline([("prepare", prepare), ("model", LogisticRegression())]).fit(
    mixed.drop(columns="unused"), two[:30])
write("columns-mixed", mixed_model, mixed_rows)
# The columns as pandas' Index, a slice of names, a mask; one name alone.
write("columns-index", ColumnTransformer(
    [("scale", pp.StandardScaler(), frame.columns[:2]), ("range", pp.MinMaxScaler(), slice("score", "pulse")),
     ("bins", pp.KBinsDiscretizer(2, encode="ordinal"), [True, False, False, True])]).fit(frame), frame.head(8))
write("sparse-coefficients", SGDClassifier(random_state=0).fit(x, two).sparsify(), rows)
selected = ColumnTransformer(
    [("numbers", pp.StandardScaler(), make_column_selector(dtype_include="number")),
     ("text", pp.OrdinalEncoder(), make_column_selector(dtype_exclude="number"))])
filled = mixed.drop(columns="unused").fillna(0.0)
write("columns-selected", make_pipeline(selected, RandomForestClassifier(4, max_depth=3, random_state=0)).fit(
    filled, two[:30]), filled.head(12))
# Columns that nothing computes reach the output.
beside = ColumnTransformer([("text", pp.OrdinalEncoder(), ["colour"]), ("kept", "passthrough", ["age", "score"])])
three = filled[["age", "colour", "score"]]
older = three["age"] / three["age"].std() + three["score"] / three["score"].std() > 1
write("columns-kept", make_pipeline(beside, fs.SelectKBest(k=2)).fit(three, older), three.head(8))
