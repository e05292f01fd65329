#!/usr/bin/env python3
"""Nearest neighbors, naive Bayes and weights of counted terms."""

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid

from fixtures import RELEASE, classes, numbers, probes, targets, write

x = numbers() / [1, 10, 0.02, 1]
rows = probes(x)
two, three = classes(x), classes(x, 3)
y, pair = targets(x), targets(x, 2)
words = np.array(["no", "yes"])[two]
names = np.array(["ant", "bee", "cat"])[three]

for name, labels in [("two", words), ("three", names)]:
    for weights in ["uniform", "distance"]:
        write(f"neighbors-{weights}-{name}", KNeighborsClassifier(4, weights=weights).fit(x, labels), rows, older=True)
for metric in ["manhattan", "chebyshev", "minkowski"]:
    write(f"neighbors-regressor-{metric}",
          KNeighborsRegressor(3, metric=metric, p=3, weights="distance").fit(x, y), rows, older=metric == "minkowski")
write("neighbors-regressor-two", KNeighborsRegressor(3).fit(x, pair), rows)

counts = np.abs(np.round(x - x.mean(axis=0)))
small = np.minimum(counts, 3)
for name, labels in [("two", words), ("three", three)]:
    write(f"gaussian-nb-{name}", GaussianNB().fit(x + 100, labels), rows + 100, older=True)
    write(f"multinomial-nb-{name}", MultinomialNB().fit(counts, labels), counts[:15], older=True)
    write(f"complement-nb-{name}", ComplementNB(norm=True).fit(counts, labels), counts[:15])
    write(f"bernoulli-nb-{name}", BernoulliNB(binarize=0.5).fit(x, labels), rows, older=True)
    write(f"categorical-nb-{name}", CategoricalNB().fit(small, labels), small[:15], older=True)

write("tfidf", TfidfTransformer().fit(counts), np.vstack([counts[:10], np.zeros((1, 4))]), older=True)
write("tfidf-sublinear", TfidfTransformer(norm="l1", sublinear_tf=True).fit(counts), counts[:10])
write("tfidf-counts", TfidfTransformer(norm=None, use_idf=False).fit(counts), counts[:10])

write("nearest-centroid", NearestCentroid().fit(x, names), rows, older=True)
write("nearest-centroid-two", NearestCentroid(shrink_threshold=0.2).fit(x, words), rows)
write("nearest-centroid-manhattan", NearestCentroid(metric="manhattan").fit(x, names), rows)
uneven = np.where(y > y.mean() + y.std(), "rare", "common")
write("nearest-centroid-uneven", NearestCentroid().fit(x, uneven), rows)
if RELEASE >= (1, 6):
    write("nearest-centroid-priors", NearestCentroid(priors=[0.1, 0.3, 0.6]).fit(x, names), rows)
