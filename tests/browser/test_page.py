"""The page of a real server in a real browser: page_test.mjs, against models whose names attack it."""

import os
import pathlib
import shutil
import subprocess

import pytest
from support.models import EXAMPLES, TEST_MODELS
from support.server import Server

HERE = pathlib.Path(__file__).resolve().parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

# A folder's name is a model's name: anything but a slash.
CANARIES = [
    '<img src=x onerror="window.canary=true">',
    "'\"><script>window.canary=true;alert(1)<!--",
]


@pytest.fixture(scope="session", autouse=True)
def browser_tools():
    """playwright-core in node_modules, in the version of the lock file; skips when it cannot be had."""
    if not pathlib.Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    if not (HERE / "node_modules" / "playwright-core").exists():
        npm = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE,
                             capture_output=True, text=True, timeout=120)
        if npm.returncode != 0:
            pytest.skip("playwright-core cannot be fetched: " + npm.stderr.strip().splitlines()[-1])


def check_page(server, *texts):
    command = ["node", str(HERE / "page_test.mjs"), f"http://{server.address}"]
    for text in texts:
        command += ["--text", text]
    run = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stdout + run.stderr


def test_page_of_the_examples():
    with Server(EXAMPLES) as server:
        check_page(server)


def test_canaries_in_names_and_errors_are_inert(tmp_path):
    for name in CANARIES:
        good = tmp_path / name / "1"
        good.mkdir(parents=True)
        shutil.copy(TEST_MODELS / "add_sub.onnx", good / "model.onnx")
        broken = tmp_path / name / "2"
        broken.mkdir()
        (broken / "model.onnx").write_bytes(name.encode())
        (tmp_path / name / "config.pbtxt").write_text("version_policy: { all { } }\n", encoding="utf-8")
    refused = tmp_path / "refused"
    (refused / "1").mkdir(parents=True)
    shutil.copy(TEST_MODELS / "add_sub.onnx", refused / "1" / "model.onnx")
    (refused / "config.pbtxt").write_text('platform: "<script>alert(2)<script>"\n', encoding="utf-8")
    with Server(tmp_path) as server:
        check_page(server, *CANARIES, "alert(2)")
