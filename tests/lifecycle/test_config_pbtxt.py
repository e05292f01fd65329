"""A config.pbtxt written for Triton: what says how fast is passed over by name, what changes answers is refused."""

import subprocess

from serving import index, scale
from support.repository import scaled_model
from support.server import Server, slipway_path

HINTS = """
optimization { priority: PRIORITY_MAX }
parameters { key: "intra_op_thread_count" value { string_value: "2" } }
"""


def write_config(repository, model, text):
    (repository.folder / model / "config.pbtxt").write_text(text, encoding="utf-8")


def test_fields_about_speed_are_named_in_the_log_and_the_model_is_served(repository):
    repository.put("m", 1, scaled_model(2))
    write_config(repository, "m", HINTS)
    with Server(repository) as server:
        assert scale(server) == (1, 2)
        line = server.wait_for_log("fields without effect")
        assert '"m"' in line and "optimization, parameters" in line


def test_fields_that_change_answers_are_refused(repository):
    repository.put("m", 1, scaled_model(2))
    repository.put("sequences", 1, scaled_model(2))
    write_config(repository, "sequences", HINTS + "sequence_batching { }")
    with Server(repository) as server:
        assert scale(server) == (1, 2)
        reasons = [entry["reason"] for (model, _), entry in index(server).items() if model == "sequences"]
        assert len(reasons) == 1 and '"sequence_batching" is not supported yet' in reasons[0]


def test_check_names_the_fields_without_effect(repository):
    repository.put("m", 1, scaled_model(2))
    write_config(repository, "m", HINTS)
    done = subprocess.run(
        [slipway_path(), "serve", repository.folder, "--check"], capture_output=True, text=True, timeout=60, check=True
    )
    assert 'model "m": "optimization" of config.pbtxt has no effect here' in done.stderr
