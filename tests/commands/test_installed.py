"""The program runs from wherever it was installed or copied to, with the ONNX Runtime that came with it."""

import pathlib
import shutil
import subprocess

import pytest

from support.models import EXAMPLES
from support.server import Server, slipway_path

BUILD = pathlib.Path(slipway_path()).parent
LIBRARY = "libonnxruntime.so.1"
DIGITS = EXAMPLES / "digits" / "1"


pytestmark = pytest.mark.skipif(not (BUILD / LIBRARY).exists(), reason="built with a system-wide ONNX Runtime")


@pytest.fixture
def installed(tmp_path):
    """A folder with bin/slipway that was moved after the installation."""
    subprocess.run(
        ["cmake", "--install", BUILD, "--prefix", tmp_path / "before"], check=True, capture_output=True, timeout=60
    )
    return (tmp_path / "before").rename(tmp_path / "after")


def library_of(pid):
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    (path,) = {line.split(maxsplit=5)[5] for line in maps.splitlines() if LIBRARY in line}
    return pathlib.Path(path)


def test_a_moved_installation_serves_with_its_own_library(installed, monkeypatch):
    monkeypatch.setenv("SLIPWAY", str(installed / "bin" / "slipway"))
    with Server(DIGITS) as server:
        assert library_of(server.pid) == installed / "lib" / LIBRARY
    assert (installed / "share" / "doc" / "slipway" / "LICENSE").exists()


def test_a_program_beside_its_library_runs(slipway, tmp_path, installed):
    for file in ["bin/slipway", f"lib/{LIBRARY}"]:
        shutil.copy(installed / file, tmp_path)
    shutil.rmtree(installed)
    done = slipway("inspect", DIGITS, "--verify", program=tmp_path / "slipway")
    assert done.returncode == 0, done.stderr
    assert "reproduced" in done.stdout


def test_the_run_path_names_no_folder_of_the_builder_and_not_the_current_one():
    dynamic = subprocess.run(["readelf", "-d", slipway_path()], capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in dynamic.splitlines() if "RUNPATH" in line or "RPATH" in line]
    folders = line[line.index("[") + 1 : line.rindex("]")].split(":")
    assert all(folder.startswith("$ORIGIN") for folder in folders), folders
