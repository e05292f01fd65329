"""Prints what scikit-learn's perceptrons are after three steps from given parameters: the figures in
src/train/networks/training_test.cc."""

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

ROWS = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 0.5], [2.0, -0.5], [-1.25, -1.5], [0.25, 1.75]])
WEIGHTS = [np.array([[0.5, -0.25, 0.75], [-0.5, 1.0, 0.25]])]
OFFSETS = [np.array([0.1, -0.2, 0.3])]
LAST = {
    1: (np.array([[0.6], [-0.4], [0.2]]), np.array([0.05])),
    3: (np.array([[0.6, -0.4, 0.2], [-0.3, 0.5, 0.1], [0.2, 0.3, -0.7]]), np.array([0.05, -0.05, 0.0])),
}


def steps(model, targets, outputs, weights=None, **fit):
    model.set_params(hidden_layer_sizes=(3,), alpha=0.6, batch_size=6, shuffle=False, learning_rate_init=0.01)
    model.partial_fit(ROWS, targets, **fit)
    last = LAST[outputs]
    model.coefs_ = [WEIGHTS[0].copy(), last[0].copy()]
    model.intercepts_ = [OFFSETS[0].copy(), last[1].copy()]
    parameters = model.coefs_ + model.intercepts_
    if model.solver == "adam":
        model._optimizer = AdamOptimizer(parameters, 0.01)
    else:
        model._optimizer = SGDOptimizer(parameters, 0.01, "constant", 0.9, True)
    for _ in range(3):
        model.partial_fit(ROWS, targets, sample_weight=weights)
    flat = [model.coefs_[0].ravel(), model.intercepts_[0], model.coefs_[1].ravel(), model.intercepts_[1]]
    print(", ".join(f"{value:.6f}" for value in np.concatenate(flat)))


THREE, TWO = [0, 1, 2, 0, 1, 2], [0, 1, 1, 0, 1, 0]
steps(MLPClassifier(activation="relu"), THREE, 3, classes=[0, 1, 2])
steps(MLPClassifier(activation="tanh", solver="sgd"), THREE, 3, classes=[0, 1, 2])
steps(MLPClassifier(activation="logistic"), TWO, 1, [1, 2, 0.5, 1, 0, 3], classes=[0, 1])
steps(MLPRegressor(activation="tanh"), [1.5, -0.5, 2.0, 0.0, -2.0, 1.0], 1)
