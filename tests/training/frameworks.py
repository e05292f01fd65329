"""scikit-learn and LightGBM, as tests/classical installs them.

Where they cannot be installed, `missing` says why, and the tests that need them are skipped by name.
"""

import sys

from support import packages
from support.models import ROOT

VENV = packages.BUILD / "venv-classical"

missing = packages.install(VENV, ROOT / "tests" / "classical" / "requirements.txt")
if missing is None:
    sys.path.insert(0, packages.folder_of(VENV))
