#!/usr/bin/env python3
"""Runs every example of examples/models through ONNX Runtime and compares with its golden outputs."""

import json
import pathlib
import sys

import numpy as np
import onnxruntime

MODELS = pathlib.Path(__file__).resolve().parents[1] / "models"
DTYPES = {"FP32": np.float32, "INT64": np.int64, "BYTES": object}


def array(tensor):
    return np.array(tensor["data"], dtype=DTYPES[tensor["datatype"]]).reshape(tensor["shape"])


def disagreement(golden, result):
    """None, or what is wrong with `result`; for floats also the largest difference as text."""
    expected = array(golden)
    if list(expected.shape) != list(result.shape):
        return f'{golden["name"]}: shape {list(result.shape)}, expected {list(expected.shape)}', 0
    if golden["datatype"] != "FP32":
        return (
            None
            if (expected == result).all()
            else f'{golden["name"]}: {result}, expected {expected}'
        ), 0
    tolerance = golden.get("tolerance", {"absolute": 0, "relative": 0})
    difference = np.abs(result.astype(np.float64) - expected)
    allowed = tolerance["absolute"] + tolerance["relative"] * np.abs(expected)
    if (difference <= allowed).all():
        return None, difference.max()
    return f'{golden["name"]}: differs by {difference.max():.3g}', difference.max()


def main():
    failures = 0
    for manifest in sorted(MODELS.glob("*/*/manifest.json")):
        folder = manifest.parent
        session = onnxruntime.InferenceSession(
            folder / "model.onnx", providers=["CPUExecutionProvider"]
        )
        examples = sorted(folder.glob("examples/*.json"))
        largest = 0
        for path in examples:
            example = json.loads(path.read_text(encoding="utf-8"))
            names = [output["name"] for output in example["outputs"]]
            results = session.run(names, {each["name"]: array(each) for each in example["inputs"]})
            for golden, result in zip(example["outputs"], results, strict=True):
                wrong, difference = disagreement(golden, result)
                largest = max(largest, difference)
                if wrong:
                    failures += 1
                    print(f"{path.relative_to(MODELS)}: {wrong}")
        print(
            f"{folder.relative_to(MODELS)}: {len(examples)} examples, largest difference {largest:.2g}"
        )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
