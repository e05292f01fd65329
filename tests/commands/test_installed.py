"""The program runs from wherever it was installed or copied to, with the ONNX Runtime that came with it."""

import pathlib
import shutil
import subprocess

import pytest

from support.models import EXAMPLES, TEST_MODELS
from support.server import Server, slipway_path

BUILD = pathlib.Path(slipway_path()).parent
LIBRARY = "libonnxruntime.so.1"
DIGITS = EXAMPLES / "digits" / "1"
NATIVE = TEST_MODELS / "sklearn" / "ada-boost.pkl"


pytestmark = pytest.mark.skipif(not (BUILD / LIBRARY).exists(), reason="built with a system-wide ONNX Runtime")


@pytest.fixture
def installed(tmp_path):
    """A folder with bin/slipway that was moved after the installation."""
    subprocess.run(
        ["cmake", "--install", BUILD, "--prefix", tmp_path / "before"], check=True, capture_output=True, timeout=60
    )
    return (tmp_path / "before").rename(tmp_path / "after")


def libraries_of(pid):
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    return {pathlib.Path(line.split(maxsplit=5)[5]) for line in maps.splitlines() if LIBRARY in line}


def test_a_moved_installation_serves_with_its_own_library(installed, monkeypatch):
    monkeypatch.setenv("SLIPWAY", str(installed / "bin" / "slipway"))
    with Server(DIGITS) as server:
        assert libraries_of(server.pid) == {installed / "lib" / LIBRARY}
    assert (installed / "share" / "doc" / "slipway" / "LICENSE").exists()


def test_a_program_beside_its_library_runs(slipway, tmp_path, installed):
    for file in ["bin/slipway", f"lib/{LIBRARY}"]:
        shutil.copy(installed / file, tmp_path)
    shutil.rmtree(installed)
    done = slipway("inspect", DIGITS, "--verify", program=tmp_path / "slipway")
    assert done.returncode == 0, done.stderr
    assert "reproduced" in done.stdout


def test_the_library_is_not_opened_for_a_native_model():
    with Server(NATIVE) as server:
        assert server.get("/v2/health/ready").status == 200
        assert libraries_of(server.pid) == set()


def test_without_the_library_native_models_are_served_and_others_are_refused(slipway, installed):
    (installed / "lib" / LIBRARY).unlink()
    program = installed / "bin" / "slipway"
    assert "tabular only" in slipway("--version", program=program).stdout
    native = slipway("inspect", NATIVE, program=program)
    assert native.returncode == 0, native.stderr
    other = slipway("inspect", DIGITS, program=program)
    assert other.returncode != 0
    assert "the model needs the engine onnxruntime" in other.stdout + other.stderr
    assert "ONNX Runtime cannot be opened, neither beside the program" in other.stdout + other.stderr


def test_the_program_has_no_run_path():
    dynamic = subprocess.run(["readelf", "-d", slipway_path()], capture_output=True, text=True, check=True).stdout
    assert "NEEDED" in dynamic
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic
