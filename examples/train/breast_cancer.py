#!/usr/bin/env python3
"""Trains examples/models/breast_cancer: is a tumour malignant or benign?

Data: the Wisconsin diagnostic breast cancer set that ships with scikit-learn, 569 tumours, 30 numbers
each. Model: standardisation and logistic regression, exported by skl2onnx.
"""

import numpy as np
import sklearn
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bundle import Bundle, Example, Tolerance

OPSET = {"": 18, "ai.onnx.ml": 3}


def main():
    data = load_breast_cancer()
    names = data.target_names[data.target]
    train_x, test_x, train_y, test_y = train_test_split(
        data.data, names, test_size=0.25, stratify=names, random_state=0
    )
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    classifier.fit(train_x, train_y)
    print(
        f"accuracy on {len(test_y)} tumours held out: "
        f"{accuracy_score(test_y, classifier.predict(test_x)):.4f}"
    )

    model = to_onnx(
        classifier,
        initial_types=[("features", FloatTensorType([None, data.data.shape[1]]))],
        options={id(classifier): {"zipmap": False}},
        target_opset=OPSET,
    )
    bundle = Bundle("breast_cancer", model)
    bundle.labels["probabilities"] = [str(name) for name in classifier.classes_]
    bundle.features["features"] = [str(name) for name in data.feature_names]

    # float32 is what the model is asked in, so scikit-learn is asked the same numbers.
    rows = test_x.astype(np.float32)
    for name, rows in {
        "one": rows[:1],
        "another": rows[1:2],
        "four": rows[2:6],
        "sixteen": rows[6:22],
        "close_call": rows[np.argsort(np.abs(classifier.predict_proba(rows)[:, 0] - 0.5))[:2]],
        "mean": rows.mean(axis=0, keepdims=True),
    }.items():
        bundle.add(
            Example(
                name,
                inputs={"features": rows},
                outputs={
                    "label": classifier.predict(rows.astype(np.float64)),
                    "probabilities": classifier.predict_proba(rows.astype(np.float64)),
                },
                origin="scikit-learn",
                version=sklearn.__version__,
            )
        )
    bundle.tolerances["probabilities"] = Tolerance(absolute=2e-6, relative=1e-5)
    bundle.write()


if __name__ == "__main__":
    main()
