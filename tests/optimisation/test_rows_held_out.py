"""Rows that a training held out are not learned from by optimise either, and a lineage never says they were not when that
is not known."""

import json
import random

import pytest

WORDS = ["--passes", "prune-network:epochs=1000:share=0.1"]


@pytest.fixture
def twins(tmp_path):
    """Labels at random, ten rows alike in each group: only who has seen a row's twin can tell."""
    draw, lines = random.Random(5), ["x,z,who,label"]
    for group in range(40):
        x, z, label = draw.random(), draw.random(), draw.choice("ab")
        lines += [f"{x},{z},p{group},{label}"] * 10
    path = tmp_path / "twins.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def network(run, twins, tmp_path):
    out = tmp_path / "network"
    words = ["--model", "network", "--param", "hidden=64", "--group", "who", "--test-share", "0.4"]
    done = run("train", twins, "--target", "label", "-o", out, *words, "--json")
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)["rows"]["held_out"]


def lineage_of(path):
    return json.loads((path / "manifest.json").read_text())["lineage"]


def evaluate(run, path, rows):
    done = run("evaluate", path, rows, "--held-out", "--json")
    if done.returncode:
        return done.stderr
    report = json.loads(done.stdout)
    return report["rows"], {each["name"]: each["value"] for each in report["metrics"]}["accuracy"]


@pytest.mark.parametrize("target", [[], ["--target", "label"]], ids=["as-trained", "said-again"])
def test_of_the_same_file_the_rows_held_out_judge(run, network, twins, tmp_path, target):
    path, held_out = network
    done = run("optimise", path, "-o", tmp_path / "out", "--data", twins, *target, *WORDS, "--json")
    assert done.returncode == 0, done.stderr
    rows, accuracy = evaluate(run, tmp_path / "out", twins)
    assert rows == held_out
    assert json.loads(done.stdout)["models"][1]["figures"]["accuracy"]["value"] == accuracy
    # Nobody can know: who had seen twins would come near 1.
    assert accuracy < 0.8
    assert "tuned_sha256" not in lineage_of(tmp_path / "out")


def test_of_another_file_groups_are_kept_apart_and_what_was_held_out_is_not_known_any_more(run, network, twins, tmp_path):
    path, _ = network
    others = tmp_path / "others.csv"
    others.write_text(twins.read_text() + "0.5,0.5,p40,a\n")
    words = ["--data", others, "--target", "label"]
    done = run("optimise", path, "-o", tmp_path / "out", *words, *WORDS, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["models"][1]["figures"]["accuracy"]["value"] < 0.9
    lineage = lineage_of(tmp_path / "out")
    assert "rows" not in lineage and lineage["tuned_sha256"] != lineage["data_sha256"]
    assert "tuned by rows of another file" in evaluate(run, tmp_path / "out", twins)
    # What learns nothing from the rows leaves the rows held out what they were.
    done = run("optimise", path, "-o", tmp_path / "exact", *words)
    assert done.returncode == 0, done.stderr
    assert evaluate(run, tmp_path / "exact", twins) == evaluate(run, path, twins)


def test_a_file_that_does_not_tell_groups_is_refused(run, network, twins, tmp_path):
    path, _ = network
    others = tmp_path / "others.csv"
    others.write_text("\n".join(",".join(line.split(",")[i] for i in (0, 1, 3)) for line in twins.read_text().split()) + "\n")
    done = run("optimise", path, "-o", tmp_path / "out", "--data", others, "--target", "label", *WORDS)
    assert done.returncode == 1 and 'there is no column "who"' in done.stderr
    done = run("optimise", path, "-o", tmp_path / "out", "--data", twins, "--target", "x", *WORDS)
    assert done.returncode == 1 and 'learned from this file to predict "label"' in done.stderr


def test_a_student_learns_from_rows_of_the_training_alone(run, network, twins, tmp_path):
    path, held_out = network
    done = run("optimise", path, "-o", tmp_path / "out", "--distil", "tree", "--data", twins, "--json")
    assert done.returncode == 0, done.stderr
    rows, accuracy = evaluate(run, tmp_path / "out", twins)
    assert rows == held_out
    assert json.loads(done.stdout)["models"][1]["figures"]["accuracy"]["value"] == accuracy
