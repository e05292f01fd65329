"""slipway demo: the story holds as it is told, whoever runs it."""

import os
import re
import subprocess

from support.server import slipway_path


def test_the_demo_plays_to_its_end(slipway, tmp_path):
    folder = tmp_path / "penguins"
    done = slipway("demo", "--folder", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for command in ("train penguins.csv", "evaluate penguins.slipway", "bundle show penguins.slipway", "serve penguins.slipway", "predict http://"):
        assert f"$ slipway {command}" in done.stdout
    held_out = re.search(r"held out +accuracy +(0\.\d+)", done.stdout)
    assert held_out and float(held_out.group(1)) >= 0.8
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert (folder / "penguins.slipway").stat().st_size > 1000
    shown = done.stdout.split("$ slipway bundle show penguins.slipway", 1)[1]
    for name in ("training.json", "evaluation.json", "evaluation.html"):
        assert f"penguins.slipway.{name}" in shown and (folder / f"penguins.slipway.{name}").exists()


def test_the_strict_gate_says_no_and_names_the_species(slipway, tmp_path):
    folder = tmp_path / "penguins"
    done = slipway("demo", "--folder", folder)
    strict = done.stdout.split("strict.gate", 1)[1].split("4. What was made", 1)[0] + done.stderr
    assert re.search(r"recall\(female\)\[species=\w+\] >= ", strict), strict


def test_the_demo_leaves_nothing_behind_unless_asked(tmp_path):
    done = subprocess.run(
        [slipway_path(), "demo"], env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_written_to(slipway, tmp_path):
    done = slipway("demo", "--folder", tmp_path)
    assert done.returncode == 1
    assert "it is there already" in done.stderr
