"""A framework's own answers against a served import of the same model. Needs numpy.

Answers are dicts by method: {"predict": array, "predict_proba": array, …}, as Slipway names its outputs.
"""

import numpy as np

from support.tensors import binary_request, outputs_of

TOLERANCE = 1e-6
DTYPES = {"FP64": np.float64, "FP32": np.float32, "INT64": np.int64, "BOOL": np.bool_, "INT32": np.int32}


def ask(server, model, x, outputs=None, narrow=False):
    """Sends the rows x (array, DataFrame, sparse matrix, list of texts) to a model. @return name -> array.

    AssertionError with what the server said when it does not answer; `outputs` is all when None; `narrow` sends
    numbers in the smallest type that holds all of them exactly, instead of the signature's.
    """
    signature = server.get(f"/v2/models/{model}").json()
    wanted = [{"name": each["name"]} for each in signature["outputs"] if not outputs or each["name"] in outputs]
    tensors = tensors_of(signature["inputs"], x)
    body, headers = binary_request([_narrow(each) for each in tensors] if narrow else tensors, outputs=wanted)
    response = server.post(f"/v2/models/{model}/infer", body, headers)
    assert response.status == 200, response.text
    return {name: array_of(tensor) for name, tensor in outputs_of(response).items()}


def array_of(tensor):
    flat = tensor["data"] if tensor["datatype"] == "BYTES" else np.frombuffer(tensor["raw"], DTYPES[tensor["datatype"]])
    return np.asarray(flat, object if tensor["datatype"] == "BYTES" else None).reshape(tensor["shape"])


def tensors_of(inputs, x):
    """x as the tensors of a signature: one of all columns, or one a column."""
    if len(inputs) == 1 and inputs[0]["shape"][-1] == _width(x):
        return [_tensor(inputs[0], _dense(x))]
    if hasattr(x, "columns"):
        columns = {str(name): x[name].to_numpy() for name in x.columns}
        return [_tensor(each, columns[each["name"]]) for each in inputs]
    columns = _dense(x)
    columns = columns.reshape(len(columns), -1).T
    assert len(columns) == len(inputs), f"{len(inputs)} inputs for {len(columns)} columns"
    return [_tensor(each, column) for each, column in zip(inputs, columns)]


def _width(x):
    shape = np.shape(x)
    return shape[1] if len(shape) > 1 else 1


def _dense(x):
    if hasattr(x, "toarray"):
        return x.toarray()
    return x.to_numpy() if hasattr(x, "to_numpy") else np.asarray(x, object if isinstance(x, list) else None)


def _tensor(spec, values):
    shape = [len(values), *spec["shape"][1:]]
    if spec["datatype"] == "BYTES":
        texts = ["" if each is None or each != each else str(each) for each in values.ravel()]
        return {"name": spec["name"], "datatype": "BYTES", "shape": shape, "data": texts}
    raw = np.ascontiguousarray(values, DTYPES[spec["datatype"]])
    return {"name": spec["name"], "datatype": spec["datatype"], "shape": shape, "raw": raw.tobytes()}


def _narrow(tensor):
    """The same numbers as BOOL, INT64 or FP32, the first of them that holds all."""
    values = np.frombuffer(tensor.get("raw", b""), DTYPES.get(tensor["datatype"], np.uint8))
    for datatype in ("BOOL", "INT64", "FP32") if tensor["datatype"].startswith("FP") else ():
        with np.errstate(invalid="ignore", over="ignore"):
            narrow = values.astype(DTYPES[datatype])
        if np.array_equal(narrow.astype(values.dtype), values, equal_nan=True):
            return {**tensor, "datatype": datatype, "raw": narrow.tobytes()}
    return tensor


def difference(expected, got):
    """The first way in which `got` is not what the framework answered; None when it agrees.

    |a - b| <= 1e-6 * max(|a|, S). The sum S of absolute terms is not known from outside: the largest |a| of the
    output's column stands for it. Probabilities: 1e-6. Labels: equal, except where the framework's own margin
    between two is below that bound.
    """
    expected = _by_target(expected)
    main = next((name for name in ("predict", "transform") if name in expected), None)
    if main and main not in got:
        return f"{main} is not among the outputs {sorted(got)}"
    for name, b in got.items():
        if name not in expected:
            return f"{name} is an output that the framework has not"
        a = np.asarray(expected[name])
        if a.shape != b.shape:
            return f"{name}: expected shape {list(a.shape)}, got {list(b.shape)}"
        wrong = _wrong_numbers(name, a, b) if _is_real(a) and _is_real(b) else _wrong_labels(a, b, expected)
        if wrong.any():
            at = tuple(int(each) for each in np.argwhere(wrong)[0])
            return f"{name}{list(at)}: expected {a[at]!r}, got {b[at]!r}; {int(wrong.sum())} of {wrong.size} differ"
    return None


def _by_target(expected):
    """Answers that are lists, an array for each of several targets, under the names of outputs: predict_proba_0, …"""
    flat = {}
    for name, answer in expected.items():
        is_list = isinstance(answer, list) and answer and np.ndim(answer[0]) > 0
        flat |= {f"{name}_{i}": each for i, each in enumerate(answer)} if is_list else {name: answer}
    return flat


def _is_real(array):
    return array.dtype.kind == "f"


def _wrong_numbers(name, a, b):
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(a)
        scale = 1.0 if name.startswith("predict_proba") else _largest(np.where(finite, np.abs(a), 0))
        near = np.abs(a - b) <= TOLERANCE * scale
    return ~np.where(finite, near, (a == b) | (np.isnan(a) & np.isnan(b)))


def _largest(absolute):
    return absolute.max(axis=0, keepdims=True) if absolute.size else 1.0


def _wrong_labels(a, b, expected):
    if b.dtype == object:
        a = np.array([_text(each) for each in a.ravel()], object).reshape(a.shape)
    return (a != b) & ~np.broadcast_to(_is_tie(expected, len(a))[(...,) + (None,) * (a.ndim - 1)], a.shape)


def _text(label):
    return "" if label is None or label != label else str(label)


def _is_tie(expected, rows):
    """Of each row: whether the framework's margin between its two best labels is below the tolerance."""
    scores = expected.get("predict_proba", expected.get("decision_function"))
    if scores is None or isinstance(scores, list) or len(scores) != rows:
        return np.zeros(rows, bool)
    scores = np.asarray(scores, float)
    if scores.ndim == 1:
        scores = np.stack([-scores / 2, scores / 2], axis=1)
    best = np.sort(scores, axis=1)[:, -2:]
    scale = 1.0 if "predict_proba" in expected else np.abs(scores).max()
    return best[:, -1] - best[:, 0] <= TOLERANCE * scale
