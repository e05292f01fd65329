"""slipway convert --prove: nothing is written unless the model gives the answers that its framework gave."""

import csv
import io
import json

import pytest

from support.classical import FIXTURES
from support.models import EXAMPLES

MODEL = EXAMPLES / "breast_cancer" / "1"


def rows_of(example):
    tensor = example["inputs"][0]
    width = tensor["shape"][1]
    return [tensor["data"][at : at + width] for at in range(0, len(tensor["data"]), width)]


@pytest.fixture
def exam(tmp_path):
    """Writes inputs and scikit-learn's own answers as CSV; `change(rows)` may alter them first."""
    features = [each["name"] for each in json.loads((MODEL / "manifest.json").read_text())["feature_schema"]["features"]]
    example = json.loads(next((MODEL / "examples").glob("*.json")).read_text())
    labels, probabilities = (tensor["data"] for tensor in example["outputs"])

    def write(change=lambda rows: None):
        rows = [
            [*values, labels[i], probabilities[2 * i], probabilities[2 * i + 1]]
            for i, values in enumerate(rows_of(example))
        ]
        table = [[*features, "label", "probabilities_0", "probabilities_1"], *rows]
        change(table)
        text = io.StringIO()
        csv.writer(text).writerows(table)
        path = tmp_path / "predictions.csv"
        path.write_text(text.getvalue())
        return path

    return write


def test_answers_that_agree_are_certified(slipway, exam, tmp_path):
    out = tmp_path / "proven.tar"
    done = slipway("convert", MODEL, "-o", out, "--prove", exam())
    assert done.returncode == 0, done.stderr
    certificate = json.loads((tmp_path / "proven.tar.parity.json").read_text())
    assert certificate["holds"] and certificate["model"] in done.stdout
    assert certificate["source"]["framework"] == "scikit-learn"
    assert certificate["data"]["rows"] == certificate["columns"][0]["compared"] > 0
    assert [each["differing"] for each in certificate["columns"]] == [0, 0, 0]
    assert max(each["worst_difference"] for each in certificate["columns"]) <= certificate["tolerance"]
    assert certificate["engine"].startswith("tabular ") and "+" not in certificate["engine"]
    assert "\nlabel: " in done.stdout and ", all equal\n" in done.stdout


@pytest.mark.parametrize("cell", ["", "nan", "NaN"])
def test_a_missing_answer_agrees_with_nan_alone(slipway, tmp_path, cell):
    table = FIXTURES["sklearn-logistic-regression"]
    path = tmp_path / "missing.csv"
    path.write_text(f"a,b,c,d,predict_proba_0\n,1,1,1,{cell}\n")
    done = slipway("convert", table.model, "-o", tmp_path / "missing.onnx", "--prove", path)
    assert done.returncode == 0, done.stderr
    path.write_text(f"a,b,c,d,predict_proba_0\n1,1,1,1,{cell}\n")
    done = slipway("convert", table.model, "-o", tmp_path / "other.onnx", "--prove", path)
    assert done.returncode == 1 and "predict_proba_0: 1 of 1 rows differ" in done.stderr


def wrong_label(table):
    table[1][-3] = "benign" if table[1][-3] == "malignant" else "malignant"


def wrong_number(table):
    table[1][-1] += 1e-5


@pytest.mark.parametrize("change, column", [(wrong_label, "label"), (wrong_number, "probabilities_1")])
def test_an_answer_that_differs_is_named_and_nothing_is_written(slipway, exam, tmp_path, change, column):
    out = tmp_path / "refused.tar"
    done = slipway("convert", MODEL, "-o", out, "--prove", exam(change))
    assert done.returncode == 1
    assert f"{column}: 1 of " in done.stderr and "line 2: expected" in done.stderr
    assert not out.exists() and not (tmp_path / "refused.tar.parity.json").exists()


def test_a_difference_below_the_tolerance_is_told(slipway, exam, tmp_path):
    def shift(table):
        table[1][-1] += 1e-7

    done = slipway("convert", MODEL, "-o", tmp_path / "near.onnx", "--prove", exam(shift))
    assert done.returncode == 0, done.stderr
    worst = json.loads((tmp_path / "near.onnx.parity.json").read_text())["columns"][2]
    assert worst["worst_line"] == 2 and 0 < worst["worst_difference"] < 1e-6


def test_a_file_without_answers_proves_nothing(slipway, exam, tmp_path):
    def drop(table):
        for row in table:
            del row[-3:]

    done = slipway("convert", MODEL, "-o", tmp_path / "x.tar", "--prove", exam(drop))
    assert done.returncode == 1 and 'no column is named like an output of the model ("label"' in done.stderr
