#!/usr/bin/env python3
"""Kernel machines, Gaussian processes, splines, and what answers as an estimator inside it does."""

import numpy as np
from sklearn.cluster import BisectingKMeans
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import FactorAnalysis, KernelPCA
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process import kernels as gk
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KernelCenterer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC

from fixtures import RELEASE, classes, numbers, probes, targets, write

x = numbers(40) / [1, 10, 0.02, 1]
rows = probes(x)
two, three = classes(x), classes(x, 3)
y, pair = targets(x), targets(x, 2)
words = np.array(["no", "yes"])[two]
names = np.array(["ant", "bee", "cat"])[three]


def make(name, estimator, answer=None, older=False, asked=rows, **options):
    write(name, estimator.fit(x, answer), asked, older=older, **options)


def process(name, estimator, answer, **options):
    """Of few rows: a process keeps the square of their number."""
    write(f"gaussian-process-{name}", estimator.fit(x[:14], answer[:14]), rows, **options)


for kernel in ["rbf", "poly", "sigmoid", "cosine", "laplacian", "linear"]:
    make(f"nystroem-{kernel}", Nystroem(kernel=kernel, n_components=6, random_state=0), older=kernel == "rbf")
make("nystroem-parameters", Nystroem(kernel="polynomial", gamma=0.05, coef0=0.5, degree=2, n_components=5, random_state=0))
make("nystroem-kernel-params", Nystroem(kernel="rbf", kernel_params={"gamma": 0.2}, n_components=5, random_state=0))
make("kernel-ridge-rbf", KernelRidge(kernel="rbf", gamma=0.1, alpha=0.01), y, older=True)
make("kernel-ridge-linear-two", KernelRidge(), pair)
make("kernel-ridge-poly", KernelRidge(kernel="poly", degree=2, coef0=2), y)
make("kernel-ridge-process", KernelRidge(kernel=1.5 * gk.ExpSineSquared(2.0, 5.0), alpha=0.1), y, older=True)
for kernel in ["rbf", "linear", "cosine"]:
    make(f"kernel-pca-{kernel}", KernelPCA(2, kernel=kernel), older=kernel == "rbf")
write("kernel-centerer", KernelCenterer().fit(x[:8] @ x[:8].T), rows @ x[:8].T)

partly = np.where(np.arange(len(x)) % 3 == 0, three, -1)
make("label-propagation", LabelPropagation(gamma=0.3), partly)
make("label-spreading", LabelSpreading(gamma=0.5), partly, older=True)
make("label-spreading-neighbors", LabelSpreading(kernel="knn", n_neighbors=4), partly)
make("self-training", SelfTrainingClassifier(LogisticRegression()), partly, older=True)
make("self-training-svc", SelfTrainingClassifier(SVC(probability=True, random_state=0)), np.where(partly < 0, -1, two))

scales = [1.0, 2.0, 0.5, 3.0]
processes = {
    "default": None,
    "rbf": gk.ConstantKernel(2.0) * gk.RBF(2.0) + gk.WhiteKernel(0.1),
    "scales": gk.RBF(scales) + gk.WhiteKernel(),
    "matern-half": gk.Matern(2.0, nu=0.5) + gk.WhiteKernel(),
    "matern-three-halves": gk.Matern(scales, nu=1.5) + gk.WhiteKernel(),
    "matern-five-halves": 1.5 * gk.Matern(2.0, nu=2.5) + gk.WhiteKernel(),
    "matern-infinity": gk.Matern(2.0, nu=np.inf) + gk.WhiteKernel(),
    "rational-quadratic": gk.RationalQuadratic(2.0, 0.7) + gk.WhiteKernel(),
    "periodic": gk.RBF(3.0) * gk.ExpSineSquared(1.5, 6.0) + gk.WhiteKernel(),
    "dot-product": gk.DotProduct(1.2) ** 2 + gk.WhiteKernel(),
    "constant": gk.ConstantKernel(2.0) + gk.ConstantKernel(0.5) ** 2 + gk.WhiteKernel(),
}
for name, kernel in processes.items():
    process(name, GaussianProcessRegressor(kernel, optimizer=None, alpha=1e-3, random_state=0), y, older=name in ("rbf", "periodic"))
process("fitted", GaussianProcessRegressor(gk.RBF() + gk.WhiteKernel(), normalize_y=True, random_state=0), y, older=True)
# Near each other: alpha_ is large, and every digit of the kernel counts.
near = np.linspace(0, 1, 12)[:, None]
write("gaussian-process-near", GaussianProcessRegressor(3.7 * gk.RBF(0.6), alpha=1e-9, optimizer=None, random_state=0).fit(near, np.sin(9 * near[:, 0])),
      np.linspace(0.03, 1.2, 10)[:, None])
process("two", GaussianProcessRegressor(gk.RBF(2.0) + gk.WhiteKernel(), normalize_y=True, random_state=0), pair, older=True)
for name, answer in [("two", words), ("three", names)]:
    process(f"classifier-{name}", GaussianProcessClassifier(1.5 * gk.RBF(2.0), random_state=0), answer, older=True)
process("classifier-pairs", GaussianProcessClassifier(2.7 * gk.RBF(2.0), multi_class="one_vs_one", random_state=0), names, without=("predict_proba",))
process("classifier-dot", GaussianProcessClassifier(gk.DotProduct() + gk.WhiteKernel(0.5), optimizer=None, random_state=0), words)

edges = np.vstack([rows, x.min(axis=0), x.max(axis=0), x.min(axis=0) - 1, x.max(axis=0) + 40.5])
for extrapolation in ["constant", "linear", "continue", "periodic"]:
    for degree in [1, 3]:
        spline = SplineTransformer(4, degree, extrapolation=extrapolation).fit(x)
        # Of degree 1 each is 1 less the distance from its knot.
        terms = {"transform": np.ones_like(spline.transform(edges))} if degree == 1 else None
        write(f"spline-{extrapolation}-{degree}", spline, edges, older=degree == 3 or extrapolation == "linear", terms=terms)
make("spline-quantile", SplineTransformer(5, 2, knots="quantile", include_bias=False), asked=edges)
make("spline-steps", SplineTransformer(4, 0, extrapolation="continue"), asked=edges)
make("spline-knots", SplineTransformer(knots=np.linspace(-2, 2, 4)[:, None] ** 3 * [1, 2, 3, 4]), asked=edges)
write("spline-ties", SplineTransformer(6, knots="quantile", extrapolation="linear").fit(np.round(x)), np.round(rows))
write("spline-inside", SplineTransformer(extrapolation="error").fit(x), x[:8])
if RELEASE >= (1, 8):
    gaps = x.copy()
    gaps[::5, 1] = np.nan
    write("spline-missing", SplineTransformer(4, handle_missing="zeros").fit(gaps), gaps[:12])

make("factor-analysis", FactorAnalysis(2, random_state=0), older=True)
make("bisecting-kmeans", BisectingKMeans(5, random_state=0), older=True)
make("neighborhood-components", NeighborhoodComponentsAnalysis(2, random_state=0), two)
unit = MinMaxScaler().fit_transform(x)
write("bernoulli-rbm", BernoulliRBM(3, n_iter=2, random_state=0).fit(unit), unit[:12], older=True)
make("sequential-selector", SequentialFeatureSelector(Ridge(), n_features_to_select=2), y, older=True)
positive = np.abs(y) + 0.5
for name, options in {
    "log": {"func": np.log, "inverse_func": np.exp},
    "log1p": {"func": np.log1p, "inverse_func": np.expm1},
    "standard": {"transformer": StandardScaler()},
    "range": {"transformer": MinMaxScaler((-1, 3))},
    "robust": {"transformer": RobustScaler()},
    "largest": {"transformer": MaxAbsScaler()},
    "power": {"transformer": PowerTransformer()},
    "box-cox": {"transformer": PowerTransformer("box-cox", standardize=False)},
    "none": {},
}.items():
    make(f"transformed-target-{name}", TransformedTargetRegressor(Ridge(), **options), positive, older=name in ("log1p", "standard"))
make("transformed-target-two", TransformedTargetRegressor(Ridge(), transformer=StandardScaler()), pair)
make("transformed-target-yeo-johnson", TransformedTargetRegressor(Ridge(), transformer=PowerTransformer()), y - 1)

if RELEASE >= (1, 6):
    from sklearn.frozen import FrozenEstimator
    from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

    make("frozen", FrozenEstimator(LogisticRegression().fit(x, names)), names)
    make("frozen-scaler", make_pipeline(FrozenEstimator(StandardScaler().fit(x)), LogisticRegression()), words)
    make("fixed-threshold", FixedThresholdClassifier(LogisticRegression(), threshold=0.3), words)
    make("fixed-threshold-first", FixedThresholdClassifier(LogisticRegression(), threshold=0.7, pos_label="no"), words)
    make("fixed-threshold-decision", FixedThresholdClassifier(SVC(), threshold=-0.2, response_method="decision_function"), two)
    make("tuned-threshold", TunedThresholdClassifierCV(LogisticRegression(), random_state=0), words)
    make("tuned-threshold-f1", TunedThresholdClassifierCV(LogisticRegression(), scoring="f1", random_state=0), two)
