"""Writes NAME.expected.json beside a model: inputs, and the answers that its own framework gave to them.

The scripts of xgboost, lightgbm, catboost, boosters and sklearn use it, on Python 3.6 and numpy 1.17 too;
tests/support/classical.py reads the files.
"""

import json
import math
import pathlib

import numpy as np

DTYPES = {"b": "BOOL", "i": "INT64", "u": "INT64", "f": "FP64", "O": "BYTES", "U": "BYTES", "S": "BYTES"}
NUMPY = {"FP32": np.float32, "FP64": np.float64, "INT64": np.int64}


def number(value, digits=None):
    """A numpy number as JSON holds it: null is NaN; of float32 the shortest decimal."""
    if not isinstance(value, np.floating):
        return int(value)
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(str(value) if digits is None else "{:.{}g}".format(value, digits))


def tensor(values, dtype=None, digits=None):
    """`values` as `dtype`, or as what they are; numbers are FP64 or INT64 then."""
    values = np.asarray(values)
    dtype = dtype or DTYPES[values.dtype.kind]
    if dtype == "BYTES":
        data = [str(each) for each in values.ravel()]
    elif dtype == "BOOL":
        data = [bool(each) for each in values.ravel()]
    else:
        data = [number(each, digits) for each in values.astype(NUMPY[dtype]).ravel()]
    return {"dtype": dtype, "shape": list(values.shape), "data": data}


def columns(table, dtype):
    """A tensor [n, 1] for each column of a table of pandas: words as they are, "" for missing ones; numbers as `dtype`."""
    found = {}
    for name in table:
        values = np.asarray(table[name].astype(object))[:, None]
        if any(isinstance(each, str) for each in values.ravel()):
            found[name] = tensor(np.where(table[[name]].isna(), "", values), "BYTES")
        else:
            found[name] = tensor(values.astype(float), dtype)
    return found


def write(model, framework, inputs, outputs, terms=None):
    """Of the model file `model`, answered by the module `framework`; inputs and outputs are tensors by name.

    `terms`: by output, for each element the sum of the absolute terms that it is the sum of; needed where they cancel.
    """
    expected = {
        "framework": {"sklearn": "scikit-learn"}.get(framework.__name__, framework.__name__),
        "version": framework.__version__,
        "inputs": inputs,
        "outputs": outputs,
        "tolerance": 1e-6,
    }
    for name, sums in (terms or {}).items():
        expected.setdefault("terms", {})[name] = [number(np.float64(each), 4) for each in np.ravel(sums)]
    path = pathlib.Path(model).with_suffix(".expected.json")
    path.write_text(json.dumps(expected, separators=(",", ":")) + "\n", encoding="utf-8")
