"""A file that kills the runtime is a refused model for the commands too: one sentence, exit code 1."""

import pytest

from support.onnx_data import deadly_model


@pytest.fixture
def deadly(tmp_path):
    path = tmp_path / "deadly.onnx"
    path.write_bytes(deadly_model())
    return path


def test_inspect_says_that_nothing_runs_it(slipway, deadly):
    done = slipway("inspect", deadly)
    assert done.returncode == 1
    assert "nothing here" in done.stdout and "died of signal" in done.stdout


@pytest.mark.parametrize("command", ["predict", "bench"])
def test_commands_that_run_it_refuse_it(slipway, deadly, tmp_path, command):
    rows = tmp_path / "rows.json"
    rows.write_text('{"inputs": []}', encoding="utf-8")
    done = slipway(command, deadly, "--input", rows)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and str(deadly) in done.stderr
    assert "died of signal" in done.stderr
