"""The measure of the yield tells apart what loads, what is refused and what cannot count (gallery/measure.py)."""

import subprocess

import pytest

import frameworks
from support.server import ROOT

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))

MEASURE = ROOT / "tests" / "classical" / "gallery" / "measure.py"
EXAMPLE = '''
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV


class Mine(BaseEstimator):
    def fit(self, X, y=None):
        return self

    def predict(self, X):
        return np.zeros(len(X))


x = np.random.default_rng(0).normal(size=(50, 3))
GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2).fit(x, x[:, 0])
DBSCAN().fit(x)
Mine().fit(x)
'''


def test_each_fitted_estimator_is_judged_once(tmp_path):
    gallery = tmp_path / "gallery"
    (gallery / "svm").mkdir(parents=True)
    (gallery / "svm" / "plot_some.py").write_text(EXAMPLE, encoding="utf-8")
    (gallery / "svm" / "plot_data.py").write_text("import urllib.request\nurllib.request.urlopen('http://x')\n")
    command = [frameworks.VENV / "bin" / "python", MEASURE, "--examples", gallery, "--work", tmp_path / "work"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    page = run.stdout.splitlines()
    assert "| sklearn.model_selection.GridSearchCV | 1 |  |  |" in page  # itself
    assert "| sklearn.linear_model.Ridge | 1 |  |  |" in page  # those inside it, once
    assert "| all | 2 of 2 (100.0 %) |" in page
    assert "sklearn.cluster.DBSCAN (1)" in run.stdout.split("## Not counted: no predict side")[1]
    assert "Mine (1)" in run.stdout.split("## Not counted: custom class")[1]
    assert "- needs a download: svm/plot_data" in page
