"""POST /predict and POST /models/{m}/predict, as a Flask application around model.predict has them."""

import json

import pytest

from support.checks import check_error
from support.models import EXAMPLES, examples
from support.server import Server

CANCER = EXAMPLES / "breast_cancer"
FEATURES = [
    feature["name"]
    for feature in json.loads((CANCER / "1" / "manifest.json").read_text(encoding="utf-8"))[
        "feature_schema"
    ]["features"]
]


@pytest.fixture(scope="module")
def only():
    """One model, so that no request needs to name it."""
    with Server(CANCER) as server:
        yield server


@pytest.fixture(scope="module")
def several():
    with Server(EXAMPLES, args=["--default-model=breast_cancer@latest"]) as server:
        yield server


def golden(name="four"):
    """Rows and labels of a golden example."""
    example = next(e for m, n, e in examples() if (m, n) == ("breast_cancer", name))
    data = example["inputs"][0]["data"]
    rows = [data[i : i + 30] for i in range(0, len(data), 30)]
    return rows, example["outputs"][0]["data"], example["outputs"][1]["data"]


def test_every_form_of_the_same_rows_has_the_same_answer(only):
    rows, labels, _ = golden()
    records = [dict(zip(FEATURES, row)) for row in rows]
    backwards = [dict(reversed(list(record.items()))) for record in records]
    for body in (
        rows,
        records,
        backwards,
        {"records": records},
        {"data": rows},
        {"instances": rows},
        {"features": rows},
        {"columns": FEATURES, "index": [9] * len(rows), "data": rows},
        {name: [row[i] for row in rows] for i, name in enumerate(FEATURES)},
    ):
        answer = only.post("/predict", body)
        assert (answer.status, answer.json()) == (200, {"prediction": labels})


def test_one_row_is_a_list_of_one(only):
    rows, labels, _ = golden("one")
    for body in (rows[0], dict(zip(FEATURES, rows[0])), {"features": rows[0]}):
        assert only.post("/predict", body).json() == {"prediction": labels}


def test_csv_is_a_table_too(only):
    rows, labels, _ = golden()
    lines = [",".join(map(repr, row)) for row in rows]
    for text in ("\n".join(lines), "\r\n".join([",".join(FEATURES), *lines, ""])):
        answer = only.post("/predict", text.encode(), {"Content-Type": "text/csv"})
        assert answer.json() == {"prediction": labels}


def test_probabilities_stand_beside_when_asked_for(only):
    rows, labels, probabilities = golden()
    answer = only.post("/predict?proba=1", rows).json()
    assert answer["prediction"] == labels
    assert [p for row in answer["probability"] for p in row] == pytest.approx(
        probabilities, abs=1e-6
    )
    assert "probability" not in only.post("/predict?proba=0", rows).json()
    check_error(only.post("/predict?proba=maybe", rows), 400, "proba")


def test_a_model_is_named_by_path_by_query_or_by_default(several):
    rows, labels, _ = golden()
    for path in (
        "/predict",
        "/predict?version=1",
        "/predict?model_name=breast_cancer&version=latest",
        "/models/breast_cancer/predict",
        "/models/breast_cancer/predict?version=1",
    ):
        answer = several.post(path, rows)
        assert (answer.status, answer.json()) == (200, {"prediction": labels}), path
    topic = several.post("/models/topic/predict", ["the goalie made a save in overtime"])
    assert topic.status == 200 and len(topic.json()["prediction"]) == 1
    check_error(several.post("/models/none/predict", rows), 404, "none")
    check_error(several.post("/predict?version=7", rows), 404, "7")


def test_without_a_default_one_of_several_models_must_be_named():
    with Server(EXAMPLES) as server:
        check_error(server.post("/predict", [[1]]), 400, "no model is named and 3 are served", "digits")


def test_what_does_not_fit_is_named(only):
    rows, _, _ = golden("one")
    record = dict(zip(FEATURES, rows[0]))
    lacks = {k: v for k, v in record.items() if k != "mean area"}
    check_error(only.post("/predict", [lacks]), 400, 'missing columns "mean area"')
    check_error(only.post("/predict", {**record, "size": 1}), 400, 'unknown columns "size"')
    check_error(only.post("/predict", [rows[0], rows[0][:-1]]), 400, 'row 1: missing columns "29"')
    check_error(only.post("/predict", [["x"] * 30]), 400, 'row 0, column "0"', "FP32")
    check_error(only.post("/predict", [[1, 2]]), 400, "features", "[-1,30]", "[1,2]")
    check_error(only.post("/predict", b"{"), 400, "JSON, byte")
    check_error(only.get("/predict"), 405)
