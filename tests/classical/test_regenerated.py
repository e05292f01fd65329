"""The scripts of the committed models still write them: run with current frameworks, what they write is served and agrees.

The ordinary run takes the quick scripts; the release run takes all.
"""

import concurrent.futures
import os
import re
import subprocess

import pytest

import frameworks
from support.classical import AREAS, FIXTURES, check_outputs, fixtures_of, tensors_of
from support.models import TEST_MODELS
from support.repository import settled
from support.server import Server
from support.tensors import binary_request, outputs_of

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
SCRIPT_S = 300
# They need versions of years ago, or make files that no framework writes.
NOT_RUN = {"make_older", "make_hostile"}
SLOW = {"make_boosters", "make_corners", "make_ensembles", "make_kernels", "make_linear", "make_multiclass",
        "make_preprocessing", "make_text"}
SCRIPTS = [path for area in AREAS for path in sorted((TEST_MODELS / area).glob("make_*.py")) if path.stem not in NOT_RUN]
CHOSEN = [path for path in SCRIPTS if IS_RELEASE or path.stem not in SLOW]
# Written with versions that are not the newest: the name says so.
OLDER = re.compile(r"-\d+\.\d+(\.\d+)*$|-\d+\.\d+(\.\d+)*-")

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))


def run(script, folder):
    """What the script said when it failed; None when it did not."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [frameworks.VENV / "bin" / "python", script, folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SCRIPT_S, check=False)
    return done.stderr if done.returncode else None


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(server, script -> its fixtures by name, or what it said when it failed)"""
    root, repository = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("repository")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = list(pool.map(lambda script: run(script, root / script.stem / script.parent.name), CHOSEN))
    found = {}
    for script, failure in zip(CHOSEN, failures, strict=True):
        found[script] = failure or fixtures_of(root / script.stem)
        for name, fixture in found[script].items() if failure is None else ():
            folder = repository / f"{script.stem}-{name}" / "1"
            folder.mkdir(parents=True)
            (folder / fixture.served_name).write_bytes(fixture.model.read_bytes())
    with Server(repository, wait_ready=False) as server:
        settled(server, len(list(repository.iterdir())))
        yield server, found


@pytest.mark.parametrize("script", CHOSEN, ids=[f"{each.parent.name}-{each.stem}" for each in CHOSEN])
def test_what_a_script_writes_today_is_served_and_agrees(made, script):
    server, found = made
    assert isinstance(found[script], dict), found[script]
    assert found[script], "it wrote no model"
    for name, fixture in found[script].items():
        assert name in FIXTURES, f"{name} is not among the committed models"
        expected = fixture.expected()
        wanted = [{"name": output} for output in expected["outputs"]]
        body, headers = binary_request(tensors_of(expected["inputs"]), outputs=wanted)
        answer = server.post(f"/v2/models/{script.stem}-{name}/infer", body, headers)
        assert answer.status == 200, f"{name}: {answer.text}"
        try:
            check_outputs(expected, outputs_of(answer))
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


@pytest.mark.skipif(not IS_RELEASE, reason="only the release run takes all scripts")
def test_together_the_scripts_write_every_committed_model_of_the_newest_versions(made):
    _, found = made
    written = {name for each in found.values() if isinstance(each, dict) for name in each}
    assert {name for name in FIXTURES if not OLDER.search(name)} - written == set()
