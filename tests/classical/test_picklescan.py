"""The files that the scanner picklescan is tested with are refused by what they would call, and nothing happens.

They are on no package index: SLIPWAY_PICKLESCAN names the folder `tests` of a checkout of mmaitre314/picklescan. Python never
loads one of them.
"""

import os
import pathlib
import re
import subprocess

import pytest

from support.classical import FIXTURES
from support.repository import settled
from support.server import Server, slipway_path

FOLDER = os.environ.get("SLIPWAY_PICKLESCAN")
FILES = sorted(path for path in pathlib.Path(FOLDER).glob("data*/*") if path.suffix != ".py") if FOLDER else []
HARMLESS = {"benign0_v0.pkl", "benign0_v3.pkl", "benign0_v4.pkl"}

pytestmark = pytest.mark.skipif(not FILES, reason="SLIPWAY_PICKLESCAN names no folder with picklescan's files")


def name_of(path):
    return re.sub(r"\W", "_", f"{path.parent.name}-{path.name}")


@pytest.fixture(scope="module")
def reasons(tmp_path_factory):
    """path -> why the server does not serve it, called model.pkl."""
    folder = tmp_path_factory.mktemp("picklescan")
    for path in FILES:
        version = folder / name_of(path) / "1"
        version.mkdir(parents=True)
        (version / "model.pkl").write_bytes(path.read_bytes())
    (folder / "good.pkl").write_bytes(FIXTURES["sklearn-ridge"].model.read_bytes())
    with Server(folder, wait_ready=False) as server:
        states = settled(server, len(FILES) + 1)
        assert states["good"]["state"] == "READY"
        yield {path: states[name_of(path)] for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=[name_of(each) for each in FILES])
def test_a_file_of_the_scanner_is_refused_and_scanned(reasons, path):
    entry = reasons[path]
    assert entry["state"] == "UNAVAILABLE" and entry["reason"], entry
    done = subprocess.run([slipway_path(), "inspect", path, "--pickle"], capture_output=True, text=True, timeout=30, check=False)
    if path.name in HARMLESS:
        assert done.returncode == 0, done.stdout
        return
    assert done.returncode == 1, done.stdout
    refused = re.findall(r"^  REFUSED (\S+) at byte (\d+)", done.stdout, re.MULTILINE)
    if done.stdout:  # read to its end
        assert f"byte {refused[0][1]}: names {refused[0][0]}" in entry["reason"], entry["reason"]
