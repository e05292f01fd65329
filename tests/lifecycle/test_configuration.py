"""Checking, reloading and changing the configuration of a running server by signal."""

import json
import signal
import subprocess

import pytest

from support.checks import check_serves
from support.models import EXAMPLES, ROOT, TEST_MODELS
from support.server import Server, slipway_path, wait_until

MODEL = TEST_MODELS / "add_sub.onnx"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "slipway.yaml"
    path.write_text("limits:\n  max_body: 1KiB\n", encoding="utf-8")
    return path


def check(*args):
    return subprocess.run(
        [slipway_path(), "serve", *map(str, args), "--check"],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )


def test_check_shows_values_and_their_origin(file):
    shown = check(EXAMPLES, "--config", file, "--log-level=warn")
    assert shown.returncode == 0, shown
    assert f"{file}:2" in next(line for line in shown.stdout.splitlines() if "max_body" in line)
    assert "--log-level" in next(line for line in shown.stdout.splitlines() if " level:" in line)


def test_what_check_shows_is_a_valid_file(tmp_path):
    shown = check(EXAMPLES, "--max-body=2KiB").stdout
    again = tmp_path / "again.yaml"
    again.write_text(shown, encoding="utf-8")
    reread = check("--config", again)
    assert reread.returncode == 0, reread
    assert "max_body: 2KiB" in reread.stdout


def test_check_refuses_models_outside_the_roots(tmp_path):
    refused = check(MODEL, f"--model-root={tmp_path}")
    assert refused.returncode == 1, refused
    assert "models.roots" in refused.stderr
    assert check(MODEL, f"--model-root={MODEL.parent}").returncode == 0


def test_check_names_what_is_not_there(tmp_path):
    (tmp_path / "m/1").mkdir(parents=True)
    (tmp_path / "m/1/model.onnx").write_bytes(MODEL.read_bytes())
    (tmp_path / "m/aliases.json").write_text('{"gone": 5}', encoding="utf-8")
    (tmp_path / "empty.onnx").touch()
    words = ("--default-model=n", "--alias=m@stable=7", "--versions=m=1", "--versions=m=3", "--answer=p=predict")
    sentences = [
        'models.default_model: there is no model "n"',
        'models.aliases: model "m" has no version 7, which "stable" is to be',
        'models.versions: model "m" has no version 3',
        'models.answers: there is no model "p"',
        'model "m": aliases.json: there is no version 5, which "gone" is to be',
    ]
    refused = check(tmp_path, *words)
    assert refused.returncode == 1, refused
    for sentence in [*sentences, 'model "empty": its file has no bytes']:
        assert sentence in refused.stderr
    (tmp_path / "empty.onnx").unlink()
    told = check(tmp_path, *words, "--model-control=poll")
    assert told.returncode == 0, told
    for sentence in sentences:
        assert sentence in told.stderr


def test_a_server_warns_of_what_is_not_there(tmp_path):
    (tmp_path / "m/1").mkdir(parents=True)
    (tmp_path / "m/1/model.onnx").write_bytes(MODEL.read_bytes())
    (tmp_path / "m/aliases.json").write_text('{"gone": 5, "stable": 1}', encoding="utf-8")
    with Server(tmp_path, args=["--default-model=m@old", "--alias=n@x=1"]) as server:
        server.wait_for_log("models.default_model: model .*m.* has no version .*old")
        server.wait_for_log("models.aliases: there is no model .*n")
        server.wait_for_log("aliases.json names a version that is not there.*m@gone")
        assert "m@stable" not in server.log_text()


@pytest.mark.parametrize(
    "text,words",
    [
        ("limits:\n  max_bod: 1MiB\n", [":2:3", "max_bod", "max_body"]),
        ("limits:\n  max_body: many\n", [":2:13", "many"]),
        ("limits:\n  max_body: 1\n  max_body: 2\n", [":3:", "max_body"]),
        ("limit:\n", ["limits"]),
        ("limits: [", [":1:"]),
    ],
)
def test_check_names_file_line_and_the_right_word(file, text, words):
    file.write_text(text, encoding="utf-8")
    refused = check(EXAMPLES, "--config", file)
    assert refused.returncode == 2
    assert refused.stdout == ""
    for word in [str(file), *words]:
        assert word in refused.stderr


def test_check_of_a_model_that_two_sources_have():
    refused = check(EXAMPLES, EXAMPLES / "digits")
    assert refused.returncode == 1
    assert 'model "digits": more than one source has it' in refused.stderr


def test_check_of_a_model_that_is_not_there():
    refused = check("no/such/model.onnx")
    assert refused.returncode == 1
    assert "no/such/model.onnx" in refused.stderr


def body_limit(server):
    """413's message for a body that is over every limit of these tests."""
    return server.post("/v2/models/add_sub/infer", bytes(3000))


def test_sighup_applies_what_is_live_and_names_what_is_not(file):
    with Server(MODEL, args=["--config", file]) as server:
        assert str(1024) in body_limit(server).error
        file.write_text("limits:\n  max_body: 2KiB\nmodels:\n  queue_size: 7\n", encoding="utf-8")
        server.send_signal(signal.SIGHUP)
        server.wait_for_log('"configuration reloaded"')
        assert "models.queue_size" in server.wait_for_log("needs a restart")
        wait_until(lambda: str(2048) in body_limit(server).error)
        check_serves(server)


def test_sighup_with_a_bad_file_changes_nothing(file):
    with Server(MODEL, args=["--config", file]) as server:
        file.write_text("limits:\n  max_body: 2KiB\n  max_url: much\n", encoding="utf-8")
        server.send_signal(signal.SIGHUP)
        line = json.loads(server.wait_for_log("configuration not reloaded"))
        assert f"{file}:3" in line["error"]
        assert str(1024) in body_limit(server).error
        check_serves(server)


def test_log_level_by_signal():
    with Server(MODEL) as server:
        wrong = lambda: server.post("/v2/models/add_sub/infer", b"{}")
        refusals = lambda: sum("request refused" in line for line in server.log)
        wrong()
        server.send_signal(signal.SIGUSR1)
        server.wait_for_log("log level changed")
        wrong()
        server.wait_for_log("request refused")
        assert refusals() == 1
        server.send_signal(signal.SIGUSR2)
        wait_until(lambda: sum("log level changed" in line for line in server.log) == 2)
        wrong()
        check_serves(server)
    assert refusals() == 1
