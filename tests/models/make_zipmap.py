#!/usr/bin/env python3
"""zipmap_int64.onnx and zipmap_string.onnx: classifiers whose second output is a sequence of maps.

This is what skl2onnx makes of a scikit-learn classifier unless told otherwise. Data: the wine set that
ships with scikit-learn. Beside each model lies a .json example in the form of docs/formats/bundle.md,
its outputs computed by scikit-learn and shaped as the server shapes a ZipMap: probabilities FP32 [-1,3].
"""

import json

import numpy as np
import sklearn
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from builder import FOLDER, OPSET, write


def tensor(name, datatype, array, **rest):
    return {
        "name": name,
        "datatype": datatype,
        "shape": list(array.shape),
        "data": array.ravel().tolist(),
        **rest,
    }


def make(name, classes, label_datatype):
    data = load_wine()
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    classifier.fit(data.data, classes[data.target])
    model = to_onnx(
        classifier,
        initial_types=[("X", FloatTensorType([None, data.data.shape[1]]))],
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    write(name, model)

    rows = data.data[::30].astype(np.float32).astype(np.float64)
    example = {
        "origin": "scikit-learn",
        "framework_version": sklearn.__version__,
        "inputs": [tensor("X", "FP32", rows)],
        "outputs": [
            tensor("output_label", label_datatype, classifier.predict(rows)),
            tensor(
                "output_probability",
                "FP32",
                classifier.predict_proba(rows),
                tolerance={"absolute": 2e-6, "relative": 1e-5},
            ),
        ],
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(example, indent=1) + "\n", encoding="utf-8")


make("zipmap_int64", np.array([0, 1, 2]), "INT64")
make("zipmap_string", np.array(["barolo", "grignolino", "barbera"]), "BYTES")
