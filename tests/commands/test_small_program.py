"""The program without ONNX Runtime (preset tabular): one small file that serves tabular models and says what it does not run."""

import pathlib
import subprocess

from support.models import EXAMPLES, TEST_MODELS
from support.server import Server, slipway_path

PROGRAM = pathlib.Path(slipway_path())

FOREST = TEST_MODELS / "sklearn" / "random-forest-three.pkl"
DIGITS = EXAMPLES / "digits" / "1"


def test_it_needs_no_file_of_onnx_runtime(slipway):
    assert "tabular only" in slipway("--version").stdout
    assert "onnxruntime" not in subprocess.check_output(["ldd", PROGRAM], text=True)
    assert b"libonnxruntime" not in PROGRAM.read_bytes()


def test_it_serves_a_forest():
    with Server(FOREST) as server:
        answer = server.get(f"/v2/models/{FOREST.stem}")
        assert answer.status == 200, answer.text


def test_a_model_that_it_does_not_run_is_refused_by_the_operator(slipway):
    done = slipway("inspect", DIGITS)
    assert done.returncode == 1
    assert "this build of Slipway is without ONNX Runtime" in done.stdout
    assert "(Conv): is not an operator of this engine" in done.stdout
