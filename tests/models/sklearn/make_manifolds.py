#!/usr/bin/env python3
"""Embeddings and outliers by the nearest of the rows that were trained on; forests as columns."""

import numpy as np
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.manifold import Isomap, LocallyLinearEmbedding
from sklearn.neighbors import LocalOutlierFactor

from fixtures import numbers, probes, write

x = numbers(30) / [1, 10, 0.02, 1]
rows = probes(x)
# Twelve rows that are one: every neighbor is at distance 0.
equal = np.vstack([x[:12], np.repeat(x[:1], 12, axis=0)])

for name, estimator in {
    "locally-linear": LocallyLinearEmbedding(n_neighbors=5, n_components=2, random_state=0),
    "locally-linear-modified": LocallyLinearEmbedding(n_neighbors=7, n_components=2, method="modified", reg=0.01, random_state=0),
    "isomap": Isomap(n_neighbors=6, n_components=2),
    "isomap-manhattan": Isomap(n_neighbors=8, n_components=3, metric="manhattan"),
    "local-outlier-factor": LocalOutlierFactor(n_neighbors=5, novelty=True),
    "local-outlier-factor-share": LocalOutlierFactor(n_neighbors=4, novelty=True, contamination=0.2, metric="manhattan"),
    "random-trees-embedding": RandomTreesEmbedding(4, max_depth=3, random_state=0),
}.items():
    write(name, estimator.fit(x), rows, older=name in ("locally-linear", "isomap", "local-outlier-factor", "random-trees-embedding"))
write("local-outlier-factor-equal", LocalOutlierFactor(n_neighbors=4, novelty=True).fit(equal), rows)
write("random-trees-embedding-dense", RandomTreesEmbedding(2, max_depth=2, sparse_output=False, random_state=0).fit(x), rows)
