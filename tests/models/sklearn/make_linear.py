#!/usr/bin/env python3
"""Linear models, discriminants, mixtures, clusters, neural networks and dummies."""

import numpy as np
from sklearn.cluster import AffinityPropagation, Birch, KMeans, MeanShift, MiniBatchKMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.cross_decomposition import PLSCanonical, PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn import linear_model as lm
from sklearn.isotonic import IsotonicRegression
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import LinearSVC, LinearSVR

from fixtures import RELEASE, classes, numbers, probes, targets, write

raw = numbers()
x = (raw - raw.mean(axis=0)) / raw.std(axis=0)
two, three = classes(x), classes(x, 3)
y, pair = targets(x), targets(x, 2)
positive = np.exp(y / 2)
words = np.array(["no", "yes"])[two]
colours = np.array(["blue", "green", "red"])[three]
rows = probes(x)

# Labels of every kind.
write("logistic-regression", lm.LogisticRegression().fit(x, words), rows, protocol=2)
write("logistic-regression-three", lm.LogisticRegression().fit(x, colours), rows)
write("logistic-regression-bool", lm.LogisticRegression().fit(x, two == 1), rows)
write("logistic-regression-l1", lm.LogisticRegression(penalty="l1", solver="liblinear", random_state=0).fit(x, two), rows)
write("logistic-regression-cv", lm.LogisticRegressionCV(Cs=3, cv=3, max_iter=500).fit(x, three + 5), rows)
if RELEASE < (1, 7):
    write("logistic-regression-ovr", lm.LogisticRegression(multi_class="ovr").fit(x, three), rows)
    write("logistic-regression-liblinear", lm.LogisticRegression(solver="liblinear", random_state=0).fit(x, three), rows)
    write("logistic-regression-multinomial-two",
          lm.LogisticRegression(multi_class="multinomial").fit(x, two), rows)
# A decision of exactly 0: both classes are as likely.
even = lm.LogisticRegression(fit_intercept=False).fit(x, two)
even.coef_ = np.array([[1.0, 2.0, 0.5, 0.0]])
write("logistic-regression-even", even,
      np.array([[1.0, -0.5, 0.0, 9.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1e-300, 0.0, 0.0], [0.0, -1e-300, 0, 0]]))

regressors = {
    "linear-regression": lm.LinearRegression(),
    "ridge": lm.Ridge(),
    "ridge-cv": lm.RidgeCV(),
    "lasso": lm.Lasso(alpha=0.05),
    "lasso-cv": lm.LassoCV(cv=3),
    "elastic-net": lm.ElasticNet(alpha=0.05),
    "elastic-net-cv": lm.ElasticNetCV(cv=3),
    "lars": lm.Lars(),
    "lars-cv": lm.LarsCV(cv=3),
    "lasso-lars": lm.LassoLars(alpha=0.01),
    "lasso-lars-cv": lm.LassoLarsCV(cv=3),
    "lasso-lars-ic": lm.LassoLarsIC(),
    "matching-pursuit": lm.OrthogonalMatchingPursuit(n_nonzero_coefs=2),
    "bayesian-ridge": lm.BayesianRidge(),
    "ard": lm.ARDRegression(),
    "huber": lm.HuberRegressor(),
    "theil-sen": lm.TheilSenRegressor(random_state=0, max_subpopulation=100),
    "quantile-regressor": lm.QuantileRegressor(alpha=0.01, solver="highs"),
    "sgd-regressor": lm.SGDRegressor(random_state=0),
    "linear-svr": LinearSVR(random_state=0, max_iter=20000),
    "mlp-regressor": MLPRegressor(hidden_layer_sizes=(5,), activation="tanh", max_iter=300, random_state=0),
}
if RELEASE < (1, 8):
    regressors["passive-aggressive-regressor"] = lm.PassiveAggressiveRegressor(random_state=0)
for name, estimator in regressors.items():
    write(name, estimator.fit(x, y), rows)
for name, estimator in {
    "linear-regression-two": lm.LinearRegression(),
    "multi-task-lasso": lm.MultiTaskLasso(alpha=0.05),
    "multi-task-elastic-net": lm.MultiTaskElasticNet(alpha=0.05),
    "mlp-regressor-two": MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=200, random_state=0),
}.items():
    write(name, estimator.fit(x, pair), rows)
write("linear-regression-column", lm.LinearRegression().fit(x, y[:, None]), rows)
for name, estimator in {
    "poisson-regressor": lm.PoissonRegressor(),
    "gamma-regressor": lm.GammaRegressor(),
    "tweedie-log": lm.TweedieRegressor(power=1.5),
    "tweedie-identity": lm.TweedieRegressor(power=0),
}.items():
    write(name, estimator.fit(x, positive), rows)

classifiers = {
    "ridge-classifier": lm.RidgeClassifier(),
    "ridge-classifier-cv": lm.RidgeClassifierCV(),
    "sgd-classifier": lm.SGDClassifier(random_state=0),
    "sgd-classifier-log": lm.SGDClassifier(loss="log_loss", random_state=0),
    "sgd-classifier-huber": lm.SGDClassifier(loss="modified_huber", random_state=0),
    "perceptron": lm.Perceptron(random_state=0),
    "linear-svc": LinearSVC(random_state=0),
    "mlp-classifier": MLPClassifier(hidden_layer_sizes=(5,), max_iter=200, random_state=0),
    "lda": LinearDiscriminantAnalysis(),
    "qda": QuadraticDiscriminantAnalysis(),
}
if RELEASE < (1, 8):
    classifiers["passive-aggressive-classifier"] = lm.PassiveAggressiveClassifier(random_state=0)
for name, estimator in classifiers.items():
    write(name, estimator.fit(x, words), rows)
    write(name + "-three", estimator.fit(x, three), rows)
if RELEASE >= (1, 3):  # before, a dummy did not keep the number of its columns
    write("dummy-classifier", DummyClassifier().fit(x, words), rows)
    write("dummy-constant", DummyClassifier(strategy="constant", constant="yes").fit(x, words), rows)
    write("dummy-most-frequent", DummyClassifier(strategy="most_frequent").fit(x, two == 1), rows)
    write("dummy-regressor", DummyRegressor().fit(x, y), rows)
    write("dummy-regressor-two", DummyRegressor(strategy="median").fit(x, pair), rows)
write("lda-eigen", LinearDiscriminantAnalysis(solver="eigen").fit(x, three), rows)
write("mlp-classifier-logistic",
      MLPClassifier(hidden_layer_sizes=(4, 4), activation="logistic", max_iter=100, random_state=0).fit(x, three), rows)

write("sgd-one-class", lm.SGDOneClassSVM(random_state=0).fit(x), rows)
write("kmeans", KMeans(3, n_init=2, random_state=0).fit(raw), probes(raw))
write("mini-batch-kmeans", MiniBatchKMeans(4, n_init=2, random_state=0).fit(x), rows)
for kind in ("full", "tied", "diag", "spherical"):
    write(f"gaussian-mixture-{kind}",
          GaussianMixture(3, covariance_type=kind, random_state=0).fit(raw), probes(raw))
write("bayesian-mixture", BayesianGaussianMixture(n_components=3, random_state=0).fit(x), rows)
write("bayesian-mixture-dirichlet",
      BayesianGaussianMixture(n_components=3, covariance_type="diag", random_state=0,
                              weight_concentration_prior_type="dirichlet_distribution").fit(x), rows)
write("mean-shift", MeanShift(bandwidth=2.5).fit(x), rows)
write("affinity-propagation", AffinityPropagation(random_state=0).fit(x[:16]), rows)
birch = Birch(n_clusters=3, threshold=1.0).fit(x)
lengths = np.linalg.norm(rows, axis=1)[:, None] + np.linalg.norm(birch.subcluster_centers_, axis=1)
write("birch", birch, rows, terms={"transform": lengths})
write("elliptic-envelope", EllipticEnvelope(random_state=0).fit(x), rows)
write("ransac", lm.RANSACRegressor(random_state=0).fit(x, y), rows)
write("isotonic", IsotonicRegression(out_of_bounds="clip").fit(x[:, 0], y), np.append(x[:12, 0], [-9.0, 9.0]))
write("isotonic-nan", IsotonicRegression().fit(x[:, 0], y), np.append(x[:12, 0], [-9.0, 9.0]))
if RELEASE >= (1, 3):
    write("pls", PLSRegression(n_components=2).fit(raw, y), probes(raw))
    write("pls-canonical", PLSCanonical(n_components=2).fit(raw, pair), probes(raw))
