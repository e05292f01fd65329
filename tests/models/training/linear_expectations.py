#!/usr/bin/env python3
"""Prints what the unit tests of src/train/linear expect, as scikit-learn fits it to the same rows.

The rows are those of src/train/linear/testing/waves.h: feature j of row i is sin(0.7 i (j + 1) + j).
The figures in the tests are from scikit-learn 1.9.1.
"""
import numpy as np
from sklearn import linear_model, naive_bayes, svm


def waves(rows, features):
    i, j = np.arange(rows)[:, None], np.arange(features)[None, :]
    return np.sin(0.7 * i * (j + 1) + j)


def answers(rows):
    i = np.arange(rows)
    x = waves(rows, 3)
    return 4 + 2 * x[:, 0] - x[:, 1] + 0.5 * x[:, 2] + 0.3 * np.cos(1.3 * i)


def classes(rows, count):
    """By the size of the answer's noisier sister: no class can be told for certain."""
    i = np.arange(rows)
    score = answers(rows) + 2 * np.cos(2.9 * i)
    edges = np.quantile(score, np.arange(1, count) / count)
    return np.searchsorted(edges, score)


def weights(rows):
    return (np.arange(rows) % 4).astype(float)


def show(name, *arrays):
    print(name)
    for array in arrays:
        print("   ", ", ".join(f"{v:.12g}" for v in np.ravel(array)))


def main():
    x, y, w = waves(40, 3), answers(40), weights(40)
    exact = dict(tol=1e-14)

    def regression(name, model, x=x, y=y, **fit):
        model.fit(x, y, **fit)
        show(name, model.coef_, model.intercept_)

    def classification(name, model, x, y, **fit):
        model.fit(x, y, **fit)
        show(name, model.coef_, model.intercept_)

    regression("linear", linear_model.LinearRegression())
    regression("linear, no intercept", linear_model.LinearRegression(fit_intercept=False))
    regression("linear, weights", linear_model.LinearRegression(), sample_weight=w)
    regression("linear, collinear", linear_model.LinearRegression(),
               np.column_stack([x, x[:, 0] + x[:, 1]]))
    regression("linear, wide", linear_model.LinearRegression(), waves(4, 6), answers(4))
    regression("ridge", linear_model.Ridge(alpha=2))
    regression("ridge, weights", linear_model.Ridge(alpha=2), sample_weight=w)
    regression("ridge, wide", linear_model.Ridge(alpha=2), waves(4, 6), answers(4))
    regression("lasso", linear_model.Lasso(alpha=0.2, **exact))
    regression("lasso, wide", linear_model.Lasso(alpha=0.2, max_iter=100000, tol=1e-12),
               waves(4, 6), answers(4))
    regression("elastic-net", linear_model.ElasticNet(alpha=0.2, l1_ratio=0.3, **exact))
    regression("elastic-net, weights", linear_model.ElasticNet(alpha=0.2, l1_ratio=0.3, **exact),
               sample_weight=w)

    two, three = classes(40, 2), classes(40, 3)
    tight = dict(tol=1e-12, max_iter=100000, random_state=0)
    classification("logistic, 2", linear_model.LogisticRegression(**tight), x, two)
    classification("logistic, 2, weights", linear_model.LogisticRegression(C=3, **tight), x, two,
                   sample_weight=w)
    classification("logistic, 3", linear_model.LogisticRegression(**tight), x, three)
    classification("logistic, 3, weights", linear_model.LogisticRegression(**tight), x, three,
                   sample_weight=w)
    classification("logistic, l1", linear_model.LogisticRegression(
        l1_ratio=1, solver="saga", **tight), x, two)
    classification("logistic, elastic net", linear_model.LogisticRegression(
        l1_ratio=0.5, solver="saga", **tight), x, two)
    classification("logistic, elastic net, 3", linear_model.LogisticRegression(
        l1_ratio=0.5, solver="saga", **tight), x, three)
    classification("linear-svm, squared hinge", svm.LinearSVC(dual=True, **tight), x, two)
    classification("linear-svm, squared hinge, 3", svm.LinearSVC(dual=True, **tight), x, three)
    classification("linear-svm, hinge", svm.LinearSVC(
        loss="hinge", dual=True, tol=1e-12, max_iter=10000000, random_state=1), x, two)
    classification("linear-svm, squared hinge, weights", svm.LinearSVC(dual=False, **tight), x, two,
                   sample_weight=w)
    regression("linear-svm, squared epsilon", svm.LinearSVR(
        loss="squared_epsilon_insensitive", epsilon=0.1, dual=True, **tight))
    regression("linear-svm, epsilon", svm.LinearSVR(epsilon=0.1, dual=True, **tight))

    model = naive_bayes.GaussianNB().fit(x, three)
    show("naive-bayes, gaussian: probabilities of rows 0, 1 and 2", model.predict_proba(x[:3]))
    model = naive_bayes.GaussianNB().fit(x, three, sample_weight=w)
    show("naive-bayes, gaussian, weights", model.predict_proba(x[:3]))
    model = naive_bayes.BernoulliNB(alpha=0.5, binarize=0.2).fit(x, three)
    show("naive-bayes, bernoulli", model.predict_proba(x[:3]))
    model = naive_bayes.MultinomialNB().fit(x + 1, three)
    show("naive-bayes, multinomial of x + 1", model.predict_proba(x[:3] + 1))
    codes = np.floor(2 * (x + 1)).clip(0, 3).astype(int)
    model = naive_bayes.CategoricalNB(min_categories=4).fit(codes, three)
    show("naive-bayes, categorical of floor(2 (x + 1))", model.predict_proba(codes[:3]))
    print("two:  ", two.tolist())
    print("three:", three.tolist())


if __name__ == "__main__":
    main()
