"""slipway bundle pack, show and diff."""

import json
import shutil

import pytest

from support.models import EXAMPLES

BREAST_CANCER = EXAMPLES / "breast_cancer" / "1"
DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def packed(slipway, tmp_path):
    out = tmp_path / "churn.slipway"
    done = slipway(
        "bundle", "pack", BREAST_CANCER, "-o", out, "--name", "churn", "--licence", "MIT", "--intended-use", "Tests."
    )
    assert done.returncode == 0, done.stderr
    return out


def test_show_tells_what_the_bundle_says(slipway, packed):
    shown = slipway("bundle", "show", packed)
    assert shown.returncode == 0, shown.stderr
    for text in ("name         churn\n", "licence      MIT\n", "intended use Tests.\n", "mean radius", "labels: ", "model.onnx"):
        assert text in shown.stdout
    told = json.loads(slipway("bundle", "show", packed, "--json").stdout)
    assert told["manifest"]["licence"] == "MIT"
    assert told["digest"] in shown.stdout and told["attestations"] == []


def test_show_says_numbers_of_any_type_of_numbers_alone(slipway, tmp_path):
    """The columns of a table, words among them, which take no numbers."""
    rows = tmp_path / "rows.csv"
    rows.write_text("size,soil,kind\n" + "".join(f"{i}.5,{'clay' if i % 3 else 'sand'},{'ab'[i % 2]}\n" for i in range(60)))
    bundle = tmp_path / "kinds.slipway"
    made = slipway("train", rows, "--target", "kind", "--model", "tree", "-o", bundle)
    assert made.returncode == 0, made.stderr
    shown = slipway("bundle", "show", bundle).stdout
    assert "size  FP64 [-1,1], numbers of any type\n" in shown
    assert "soil  BYTES [-1,1]\n" in shown


def test_show_finds_attestations_and_tells_those_of_another_bundle(slipway, packed):
    digest = json.loads(slipway("bundle", "show", packed, "--json").stdout)["digest"]
    beside = packed.parent
    (beside / "churn.slipway.evaluation.json").write_text(json.dumps({"model": digest, "accuracy": 0.9}))
    (beside / "churn.slipway.evaluation.html").write_text("<html>")
    (beside / "churn.slipway.gate.json").write_text(json.dumps({"model": DIGEST}))
    told = json.loads(slipway("bundle", "show", packed, "--json").stdout)
    assert [(each["kind"], each["of_this_bundle"]) for each in told["attestations"]] == [
        ("evaluation", True),
        ("gate", False),
    ]
    assert told["attestations"][0]["page"].endswith("churn.slipway.evaluation.html")
    assert f"of another bundle: {DIGEST}" in slipway("bundle", "show", packed).stdout


def test_show_refuses_a_model_that_is_no_bundle(slipway):
    shown = slipway("bundle", "show", BREAST_CANCER / "model.onnx")
    assert shown.returncode == 1
    assert "is a model and no bundle: slipway inspect tells what it is" in shown.stderr


def test_diff_of_equal_bundles_is_silent(slipway, packed, tmp_path):
    folder = tmp_path / "folder"
    assert slipway("bundle", "pack", packed, "-o", folder).returncode == 0
    same = slipway("bundle", "diff", packed, folder)
    assert (same.returncode, same.stdout, same.stderr) == (0, "", "")
    assert json.loads(slipway("bundle", "diff", packed, folder, "--json").stdout)["equal"] is True


def test_diff_names_what_differs(slipway, packed, tmp_path):
    other = slipway("bundle", "diff", BREAST_CANCER, packed)
    assert other.returncode == 1
    for text in ("licence\n+ MIT\n", "name\n"):
        assert text in other.stdout
    told = json.loads(slipway("bundle", "diff", BREAST_CANCER, packed, "--json").stdout)
    assert {"part": "licence", "name": "", "a": "", "b": "MIT"} in told["differences"]
    assert {each["part"] for each in told["differences"]} == {"name", "licence", "intended use"}


def test_diff_of_other_weights_names_them(slipway):
    weights = slipway("bundle", "diff", EXAMPLES / "digits" / "1", BREAST_CANCER, "--json")
    assert weights.returncode == 1
    assert {"input", "weight", "node", "lineage"} <= {each["part"] for each in json.loads(weights.stdout)["differences"]}


def test_diff_that_cannot_be_told_is_no_difference(slipway, packed, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(BREAST_CANCER, broken)
    (broken / "model.onnx").write_bytes(b"")
    done = slipway("bundle", "diff", packed, broken)
    assert done.returncode == 2 and "model.onnx" in done.stderr


def test_pack_writes_bundles_only(slipway, tmp_path):
    done = slipway("bundle", "pack", BREAST_CANCER, "-o", tmp_path / "x.onnx")
    assert done.returncode == 1 and "is no name for a bundle" in done.stderr


@pytest.mark.parametrize("verb", ["sign", "verify"])
def test_verbs_that_are_not_there_are_named(slipway, verb):
    done = slipway("bundle", verb, "x")
    assert done.returncode == 2
    assert done.stderr == f'slipway: unknown command "bundle {verb}": bundle knows pack, show, diff.\n'
