#!/usr/bin/env python3
"""Support vector machines of libsvm."""

import numpy as np
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from fixtures import classes, numbers, probes, targets, write

x = numbers() / [1, 10, 0.02, 1]
rows = probes(x)
two, three, four = classes(x), classes(x, 3), classes(x, 4)
y = targets(x)
words = np.array(["no", "yes"])[two]
names = np.array(["ant", "bee", "cat"])[three]


def make(name, estimator, y, older=False):
    write(name, estimator.fit(x, y), rows, older=older)


for kernel in ["linear", "poly", "rbf", "sigmoid"]:
    make(f"svc-{kernel}-two", SVC(kernel=kernel, coef0=0.5), words, older=kernel == "rbf")
    make(f"svc-{kernel}-three", SVC(kernel=kernel, coef0=0.5), names, older=kernel == "rbf")
    make(f"svr-{kernel}", SVR(kernel=kernel), y, older=kernel == "rbf")
    make(f"one-class-svm-{kernel}", OneClassSVM(kernel=kernel, nu=0.3), None, older=kernel == "rbf")
make("svc-probability-two", SVC(probability=True, random_state=0), words, older=True)
make("svc-probability-three", SVC(probability=True, random_state=0), names, older=True)
make("svc-probability-four", SVC(probability=True, random_state=0), four)
make("svc-pairs", SVC(decision_function_shape="ovo"), four)
make("svc-break-ties", SVC(break_ties=True, gamma=0.001, C=0.1), four)
make("nu-svc", NuSVC(nu=0.3, probability=True, random_state=0), names, older=True)
make("nu-svr", NuSVR(C=10), y)
