"""docs/estimators.md is what the table in the code says."""

import subprocess

from support.models import ROOT
from support.server import slipway_path


def test_the_page_is_generated_from_the_code():
    printed = subprocess.run([slipway_path(), "estimator-reference"], capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout == (ROOT / "docs" / "estimators.md").read_text(encoding="utf-8"), (
        "run: slipway estimator-reference > docs/estimators.md"
    )
