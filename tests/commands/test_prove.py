"""slipway convert --prove: nothing is written unless the model gives the answers that its framework gave."""

import csv
import io
import json
import math
import shutil

import pytest

from support.classical import FIXTURES
from support.models import EXAMPLES
from support.repository import row_model

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


# ---- Models of other frameworks, with the answers that those gave

PROVEN = ["sklearn-logistic-regression", "sklearn-random-forest-three", "sklearn-linear-regression-two", "sklearn-kmeans",
          "sklearn-pipeline-frame", "sklearn-several-tree-text", "boosters-xgboost_words", "skops-columns-mixed",
          "xgboost-multi_softprob", "lightgbm-regression", "catboost-multiclass", "catboost-categories_simple"]


def cells_of(tensor):
    """Its rows, as cells of CSV: missing numbers are empty."""
    width = math.prod(tensor["shape"][1:])
    cells = ["" if each is None else each for each in tensor["data"]]
    return [cells[at : at + width] for at in range(0, len(cells), width)]


def names_of(name, tensor, features=()):
    """The columns that a tensor is in a table."""
    if name == "input" and features:
        return list(features)
    width = math.prod(tensor["shape"][1:])
    return [name] if len(tensor["shape"]) == 1 or (width == 1 and not features) else [f"{name}_{i}" for i in range(width)]


def exam_of(fixture, features):
    """(names, rows, how many of the columns are inputs)"""
    expected = fixture.expected()
    inputs = [(names_of(name, tensor, features), cells_of(tensor)) for name, tensor in expected["inputs"].items()]
    outputs = [(names_of(name, tensor), cells_of(tensor)) for name, tensor in expected["outputs"].items()]
    names = [name for each, _ in inputs + outputs for name in each]
    rows = [sum(cells, []) for cells in zip(*(cells for _, cells in inputs + outputs), strict=True)]
    return names, rows, sum(len(each) for each, _ in inputs)


def changed(rows, column):
    """The rows with another cell: of a label another one, of a number one beyond the bound."""
    cells = [row[column] for row in rows]
    last = cells[-1]
    if isinstance(last, str):
        other = next((each for each in cells if each != last), last + "x")
    elif isinstance(last, bool):
        other = not last
    elif all(isinstance(each, int) for each in cells):
        other = last + 1
    else:
        other = last + 3e-6 * max(abs(each) for each in cells if isinstance(each, float) and math.isfinite(each))
    return [*rows[:-1], [*rows[-1][:column], other, *rows[-1][column + 1 :]]]


@pytest.mark.parametrize("name", PROVEN)
def test_models_of_other_frameworks_are_proven_and_every_column_counts(slipway, tmp_path, name):
    model = shutil.copy(FIXTURES[name].model, tmp_path / FIXTURES[name].served_name)
    features = json.loads(slipway("inspect", model, "--json").stdout).get("features", ())
    names, rows, inputs = exam_of(FIXTURES[name], features)

    def prove(rows, out):
        path = tmp_path / "predictions.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([names, *rows])
        return slipway("convert", model, "-o", tmp_path / out, "--prove", path)

    done = prove(rows, "proven.onnx")
    assert done.returncode == 0, done.stderr
    certificate = json.loads((tmp_path / "proven.onnx.parity.json").read_text())
    assert certificate["holds"] and certificate["data"]["rows"] == len(rows)
    assert [each["name"] for each in certificate["columns"]] == names[inputs:]
    assert all(each["compared"] == len(rows) and each["differing"] == 0 for each in certificate["columns"])
    for column in {inputs, len(names) - 1}:
        done = prove(changed(rows, column), "refused.onnx")
        assert done.returncode == 1 and f"{names[column]}: 1 of {len(rows)} rows differ" in done.stderr, done.stderr
        assert not list(tmp_path.glob("refused*"))


def test_small_numbers_are_judged_by_the_largest_of_their_column(slipway, tmp_path):
    """Answers of 1e-5: a millionth of them is little, a millionth of 1 would be a tenth."""
    model, path = tmp_path / "double.onnx", tmp_path / "predictions.csv"
    model.write_bytes(row_model(2))
    rows = [[i * 2.0**-20, 0, 0, 0, i * 2.0**-19] for i in range(1, 6)]
    largest = rows[-1][-1]

    def prove(share):
        """With the smallest answer off by so much of the largest."""
        moved = [[*rows[0][:-1], rows[0][-1] + share * largest], *rows[1:]]
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["a", "b", "c", "d", "y_0"], *moved])
        return slipway("convert", model, "-o", tmp_path / f"{share}.onnx", "--prove", path)

    near, far = prove(5e-7), prove(2e-6)
    assert near.returncode == 0, near.stderr
    (column,) = json.loads((tmp_path / "5e-07.onnx.parity.json").read_text())["columns"]
    assert column["scale"] == largest and 0 < column["worst_difference"] <= 1e-6 * largest
    assert far.returncode == 1 and "y_0: 1 of 5 rows differ; line 2: expected" in far.stderr
