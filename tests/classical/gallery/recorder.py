"""Runs one example of a gallery and records the estimators that it fits.

    python recorder.py EXAMPLE.py FOLDER

Each distinct fitted estimator (class, parameters, number of columns) becomes FOLDER/NNNN.pkl, as a user would have
pickled it, and FOLDER/NNNN.record: a pickled dict with what it was fitted on and what it answers (`Record`).
Estimators fitted inside another one are recorded once a class. Plots are not shown and downloads fail.
Runs with the frameworks alone: nothing else of the repository is imported.
"""

import functools
import os
import pathlib
import pickle
import runpy
import sys
import types
import urllib.request
import warnings

FIT_METHODS = ("fit", "fit_predict", "fit_transform")
ANSWERS = ("predict", "predict_proba", "decision_function", "transform")
DATA_ARGUMENTS = ("X", "raw_documents", "y")
MAX_ROWS = 1000
MAX_ELEMENTS = 200_000  # of a wide table: fewer rows of it
MAX_OF_A_CLASS = 20  # parameter sweeps fit hundreds


class DownloadsDisabled(RuntimeError):
    """The example needs data from the network."""


def _refuse_download(*arguments, **options):
    raise DownloadsDisabled("downloads are disabled")


urllib.request.urlopen = urllib.request.urlretrieve = _refuse_download  # before scikit-learn imports their names

import joblib  # noqa: E402
import matplotlib  # noqa: E402
import numpy as np  # noqa: E402
import scipy.sparse  # noqa: E402
from sklearn.base import BaseEstimator  # noqa: E402
from sklearn.utils import all_estimators  # noqa: E402


def rows_of(x):
    """At most MAX_ROWS rows of x, evenly spaced; a list stays a list."""
    count = x.shape[0] if hasattr(x, "shape") else len(x)
    width = x.shape[1] if getattr(x, "ndim", 1) > 1 else 1
    limit = max(20, min(MAX_ROWS, MAX_ELEMENTS // max(1, width)))
    if count <= limit:
        return x
    chosen = np.linspace(0, count - 1, limit).astype(int)
    if hasattr(x, "iloc"):
        return x.iloc[chosen]
    if scipy.sparse.issparse(x):
        return x.tocsr()[chosen]
    return x[chosen] if isinstance(x, np.ndarray) else [x[each] for each in chosen]


def _perturbed_column(column, rng):
    values = rng.permutation(column)
    if values.dtype.kind != "f" or np.all(values == np.round(values)):
        return values  # categories and counts stay what they are
    return values + rng.normal(scale=1e-2 * (np.std(values) or 1.0), size=values.shape)


def perturbed_rows(x):
    """Rows near those of x without missing values: columns shuffled on their own, fractions moved. None of text."""
    rng = np.random.default_rng(0)
    if hasattr(x, "iloc") and getattr(x, "ndim", 1) == 2:
        complete = x.dropna()
        if not len(complete):
            return None
        moved = complete.copy()
        for name in complete.columns:
            if complete[name].dtype.kind in "fiub":
                moved[name] = _perturbed_column(complete[name].to_numpy(), rng)
            else:
                moved[name] = complete[name].iloc[rng.permutation(len(complete))].array
        return moved
    if not isinstance(x, np.ndarray) or x.ndim != 2 or x.dtype.kind not in "fiu":
        return None
    complete = x[~np.isnan(x).any(axis=1)] if x.dtype.kind == "f" else x
    if not len(complete):
        return None
    return np.column_stack([_perturbed_column(column, rng) for column in complete.T])


def plain(answer):
    """An answer as arrays: dense, without names of columns."""
    if isinstance(answer, list) and answer and isinstance(answer[0], np.ndarray):
        return [plain(each) for each in answer]
    if scipy.sparse.issparse(answer):
        return answer.toarray()
    return np.asarray(answer)


def answers_of(estimator, x):
    """What each method of `estimator` that can be asked says to x."""
    answers = {}
    for name in ANSWERS:
        method = getattr(estimator, name, None)
        if method is None:
            continue
        answers[name] = plain(method(x))
    return answers


class Recorder:
    """Watches the fits of all estimators. Inner fits run in the same thread: joblib is told to."""

    def __init__(self, folder):
        self._folder = folder
        self._fitting = []
        self._fitted = []  # of the outermost fit in progress: a framework cleans up after its inner fits at the end
        self._seen = set()
        self._of_a_class = {}

    def watch(self, cls):
        """Watches a class and what it inherits: most fits are written in abstract bases."""
        for base in cls.__mro__:
            for name in FIT_METHODS:
                method = vars(base).get(name)
                if isinstance(method, types.FunctionType) and not hasattr(method, "is_recorded"):
                    setattr(base, name, self._recorded(method))
                elif hasattr(method, "fn") and not hasattr(method.fn, "is_recorded"):
                    method.fn = self._recorded(method.fn)  # sklearn.utils.metaestimators.available_if

    def _recorded(self, method):
        @functools.wraps(method)
        def fit(estimator, *arguments, **options):
            if any(each is estimator for each in self._fitting):
                return method(estimator, *arguments, **options)
            self._fitting.append(estimator)
            try:
                result = method(estimator, *arguments, **options)
            except BaseException:
                self._fitted.clear()
                raise
            finally:
                self._fitting.pop()
            x = next(iter([*arguments, *(options[name] for name in DATA_ARGUMENTS if name in options)]), None)
            if x is not None and self._is_new(estimator):
                self._fitted.append((estimator, x, bool(self._fitting)))
            if not self._fitting:
                self._record_fitted()
            return result

        fit.is_recorded = True
        return fit

    def _record_fitted(self):
        fitted, self._fitted = self._fitted, []
        for estimator, x, inner in fitted:
            self._record(estimator, x, inner)

    def _is_new(self, estimator):
        cls = type(estimator)
        inner = bool(self._fitting)
        columns = getattr(estimator, "n_features_in_", None)
        key = (cls, inner) if inner else (cls, repr(estimator.get_params(deep=False)), columns)
        if key in self._seen or self._of_a_class.get(cls, 0) >= MAX_OF_A_CLASS:
            return False
        self._seen.add(key)
        self._of_a_class[cls] = self._of_a_class.get(cls, 0) + 1
        return True

    def _record(self, estimator, x, inner):
        record = {
            "module": type(estimator).__module__,
            "class": type(estimator).__qualname__,
            "inner": inner,
            "sides": [name for name in ANSWERS if hasattr(estimator, name)],
            "cases": {},
        }
        hidden, self._fitting = self._fitting, [estimator]
        try:
            self._ask(estimator, x, record)
        except Exception as error:  # whatever an example's own code may raise
            record["error"] = f"{type(error).__name__}: {error}"
        finally:
            self._fitting = hidden
        stem = f"{len(list(self._folder.glob('*.record'))):04d}"
        if "pickle" in record:
            (self._folder / f"{stem}.pkl").write_bytes(record.pop("pickle"))
        with open(self._folder / f"{stem}.record", "wb") as file:
            pickle.dump(record, file)

    def _ask(self, estimator, x, record):
        record["pickle"] = pickle.dumps(estimator)
        copy = pickle.loads(record["pickle"])
        rows = rows_of(x)
        record["cases"]["fitted"] = (rows, answers_of(copy, rows))
        moved = perturbed_rows(rows)
        if moved is None:
            return
        try:
            record["cases"]["perturbed"] = (moved, answers_of(copy, moved))
        except ValueError:
            pass  # values that this estimator takes only from where it was fitted


def main():
    example, folder = sys.argv[1:]
    recorder = Recorder(pathlib.Path(folder).resolve())
    matplotlib.use("Agg")
    joblib.parallel_config(backend="sequential")
    warnings.simplefilter("ignore")
    for _, cls in all_estimators():
        recorder.watch(cls)

    inherited = BaseEstimator.__init_subclass__.__func__

    def subclassed(cls, **options):
        inherited(cls, **options)
        recorder.watch(cls)

    BaseEstimator.__init_subclass__ = classmethod(subclassed)
    os.chdir(folder)
    sys.argv = [example]
    sys.path.insert(0, str(pathlib.Path(example).parent))
    runpy.run_path(example, run_name="__main__")


if __name__ == "__main__":
    main()
