"""The models of the test matrix: fitted at test time by the frameworks, with rows and the answers they gave.

Every supported scikit-learn estimator × target × table (tables.py), and the boosters. The ordinary run takes two
tables for each estimator and target, in turn, so that every table meets many estimators; the release run takes all.
"""

import dataclasses
import os
import pickle

import numpy as np

import estimators
import tables
from estimators import MULTI, REGRESSION

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
FITTED_ROWS = 200
ASKED_ROWS = 4000 if IS_RELEASE else 200
BORDERLINE_ROWS = 2000 if IS_RELEASE else 150
ANSWERS = ("predict", "predict_proba", "decision_function", "transform")


@dataclasses.dataclass
class Model:
    """A fitted model as a file, rows to ask about, and the framework's answers to them."""

    file_name: str
    content: bytes
    rows: object
    expected: dict


def tables_of(index, estimator):
    """The tables that an estimator is asked about in this run; `index` is its place in the list."""
    if estimator.name in estimators.TAKES_TEXT:
        return ["text"]
    if estimator.name in estimators.TAKES_MISSING_ONLY:
        return ["missing"]
    kinds = [*tables.NUMBERS, tables.MIXED]
    if estimator.name in estimators.TAKES_CATEGORIES:
        kinds = ["integer", "boolean", tables.MIXED]
    kinds = [kind for kind in kinds if kind not in estimators.LEFT_OUT.get(estimator.name, ())]
    return kinds if IS_RELEASE else sorted({kinds[at % len(kinds)] for at in (index, index + 3)})


def fitted(estimator, target, table):
    """The model of one place of the matrix; of a mixed table where scikit-learn's estimator takes no missing values."""
    model = estimator.make(target)
    tags = model.__sklearn_tags__()
    if table == "missing" and not tags.input_tags.allow_nan:
        table = tables.MIXED
    positive = tags.input_tags.positive_only or estimator.name in estimators.TAKES_POSITIVE
    fit_rows, rows = (_rows(estimator, target, table, *of, positive) for of in ((FITTED_ROWS, 3), (ASKED_ROWS, 4)))
    if table == tables.MIXED and estimator.name not in estimators.TAKES_LABELS:
        model, fit_rows, rows = _over_columns(estimator, model, fit_rows, rows)
    model.fit(fit_rows, *_target(estimator, target, table, fit_rows, tags))
    rows = _with_borderline(model, rows)
    return Model("model.pkl", pickle.dumps(model), rows, answers_of(model, rows))


def _with_borderline(model, rows):
    """The rows, and some that lie on the thresholds of the model, wherever its columns are what a request has."""
    if isinstance(rows, np.ndarray) and rows.ndim == 2:
        rows = rows.astype(np.float64) if rows.dtype == np.float32 else rows
        if hasattr(model, "steps"):  # behind a scaler
            return _before(model[:-1], rows, thresholds_of(model[-1]))
        return tables.borderline(rows, thresholds_of(model), BORDERLINE_ROWS)
    if hasattr(rows, "columns") and hasattr(model, "steps"):  # behind the encoding of _over_columns
        place = model[0].get_feature_names_out().tolist().index("passthrough__height")
        return tables.borderline_of_column(rows, "height", [value for column, value in thresholds_of(model[-1])
                                                            if column == place], BORDERLINE_ROWS)
    return rows


def _before(scaler, rows, thresholds):
    """The rows, and such that the scaler turns into rows on the thresholds, up to its rounding."""
    scaled = scaler.transform(rows)
    borderline = tables.borderline(scaled, thresholds, BORDERLINE_ROWS)[len(scaled) :]
    return np.concatenate([rows, scaler.inverse_transform(borderline)]) if len(borderline) else rows


def _rows(estimator, target, table, count, seed, positive):
    if table == "text":
        return tables.texts(count, seed)
    rows = tables.made(table, count, seed, positive)
    if estimator.name in estimators.TAKES_ONE_COLUMN:
        rows = rows[:, :1]
    return tables.labels((MULTI, table), rows) if estimator.name in estimators.TAKES_LABELS else rows


def _over_columns(estimator, model, *of_rows):
    """The estimator behind the encoding of a mixed table's texts; encoders take them themselves."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    if estimator.name in estimators.TAKES_CATEGORIES:
        return model, *(rows[["tree", "soil"]] for rows in of_rows)
    encoder = OneHotEncoder(sparse_output=False, drop="first")  # all of them would be collinear
    columns = make_column_transformer((encoder, ["tree", "soil"]), ("passthrough", ["height", "age", "healthy"]))
    return make_pipeline(columns, model), *of_rows


def _target(estimator, target, table, rows, tags):
    """What follows the rows in fit: nothing, or the target."""
    if table == "text" or estimator.name in estimators.TAKES_LABELS:
        return ()
    if target != REGRESSION:
        labels = tables.labels((target, table), rows) if len(rows.shape) == 2 else rows
        if estimator.name in estimators.TAKES_TEXT_AS_OBJECTS and labels.dtype.kind == "U":
            labels = labels.astype(object)
        if estimator.name == "ClassifierChain":  # of two classes each
            labels = (labels != np.sort(labels)[0]).astype(int)
        several = tags.target_tags.two_d_labels or estimator.name in estimators.TAKES_SEVERAL_TARGETS
        return (np.stack([labels, labels[::-1]], axis=1),) if several else (labels,)
    values = np.abs(tables.score(rows)) + 0.5
    several = estimator.name.startswith("MultiTask") or estimator.name in estimators.TAKES_SEVERAL_TARGETS
    return (np.stack([values, values**2], axis=1),) if several else (values,)


def answers_of(model, rows):
    """What the framework answers, dense and without names of columns, by method."""
    found = {}
    for name in ANSWERS:
        if hasattr(model, name):
            answer = getattr(model, name)(rows)
            if not isinstance(answer, list):
                answer = answer.toarray() if hasattr(answer, "toarray") else np.asarray(answer)
            found[name] = answer
    return found


def thresholds_of(model):
    """(column, value) of every split of scikit-learn's trees and bins, wherever in the model they are."""
    found, pending, seen = [], [model], set()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if hasattr(each, "children_left") and hasattr(each, "threshold"):
            found += zip(each.feature.tolist(), each.threshold.tolist())
        elif isinstance(getattr(each, "nodes", None), np.ndarray):
            inner = each.nodes[each.nodes["is_leaf"] == 0]
            found += zip(inner["feature_idx"].tolist(), inner["num_threshold"].tolist())
        elif hasattr(each, "bin_edges_"):
            found += [(column, edge) for column, edges in enumerate(each.bin_edges_) for edge in edges]
        elif isinstance(each, (list, tuple)) or (isinstance(each, np.ndarray) and each.dtype == object):
            pending += list(np.ravel(each)) if isinstance(each, np.ndarray) else each
        elif hasattr(each, "get_params") or hasattr(each, "nodes"):
            pending += vars(each).values()
    return found
