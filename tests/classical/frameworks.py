"""scikit-learn, XGBoost, LightGBM and CatBoost, installed from the Python package index into build/venv-classical.

Where they cannot be installed, `missing` says why, and the tests that need them are skipped by name.
"""

import pathlib
import sys

from support import packages

HERE = pathlib.Path(__file__).resolve().parent
VENV = packages.BUILD / "venv-classical"

missing = packages.install(VENV, HERE / "requirements.txt")
if missing is None:
    sys.path.insert(0, packages.folder_of(VENV))
