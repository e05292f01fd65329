"""Made-up requests against the live server: no 5xx, and every answer is as /openapi.json says."""

import os
import subprocess

import pytest

from described import EVERY_ROUTE, HERE
from support.models import EXAMPLES
from support.server import Server

RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
EXAMPLES_A_ROUTE = 200 if RELEASE else 5
# The ordinary run makes the same requests each time; a release makes new ones.
REPEATABLE = "--generation-database=none" if RELEASE else "--generation-deterministic"
RUN_S = 1800 if RELEASE else 120
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)


def check_answers(judges, server, folder, *options):
    """Runs the tester; its report is the message of the failure."""
    done = subprocess.run(
        [
            *(judges / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run"),
            *(f"{server.url}/openapi.json", "--checks", CHECKS, "--phases", "coverage,fuzzing"),
            *("--max-examples", str(EXAMPLES_A_ROUTE), "--continue-on-failure", "--no-color"),
            *(REPEATABLE, *options),
        ],
        capture_output=True,
        text=True,
        timeout=RUN_S,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert server.is_running()


def test_every_route(judges, server, tmp_path):
    check_answers(judges, server, tmp_path)


@pytest.mark.parametrize("dialect", ["torchserve-management", "sagemaker"])
def test_registering_and_unregistering(judges, by_dialect, dialect, tmp_path):
    check_answers(judges, by_dialect[dialect], tmp_path, "--include-path-regex", "^/models")


def test_loading_and_unloading_by_request(judges, tmp_path):
    args = ["--model-control=explicit", "--load-model=digits", *EVERY_ROUTE]
    with Server(EXAMPLES, args=args) as server:
        check_answers(judges, server, tmp_path, "--include-path-regex", "^/v2/repository/")
