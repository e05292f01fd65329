"""A Flask application, MLflow's scoring server and Slipway answer the same requests about the same models."""

import contextlib
import json
import re

import pytest

import side_by_side
from support.server import Server, slipway_path

FLOWERS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
FLOWER_ROWS = [[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8], [5.9, 3.0, 4.2, 1.5], [7, 3, 6, 2]]
PEOPLE = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
PEOPLE_ROWS = [
    [0.038, 0.051, 0.062, 0.022, -0.044, -0.035, -0.043, -0.003, 0.02, -0.018],
    [-0.002, -0.045, -0.051, -0.026, -0.008, -0.019, 0.074, -0.039, -0.068, -0.092],
]
TABLES = {
    "words": (FLOWERS, FLOWER_ROWS),
    "numbers": (FLOWERS, FLOWER_ROWS),
    "prices": (PEOPLE, PEOPLE_ROWS),
}


CELLS = ["mean radius", "mean texture", "mean perimeter", "mean area"]
CELL_ROWS = [[17.99, 10.38, 122.8, 1001.0], [11.4, 20.4, 77.6, 386.1]]
KIND_ROWS = [[5.1, 3.5, 1, False], [6.3, 2.9, 6, True]]
SIGNED = {
    **TABLES,
    "booster": (CELLS, CELL_ROWS),
    "trees": (FLOWERS, FLOWER_ROWS),
    "rounds": (CELLS, CELL_ROWS),
    "kinds": (FLOWERS, KIND_ROWS),
    "pipeline": (FLOWERS, FLOWER_ROWS),
    "boosted": (FLOWERS, FLOWER_ROWS),
    "slope": (FLOWERS, FLOWER_ROWS),
    "graph": (PEOPLE, PEOPLE_ROWS),
}


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    missing = side_by_side.install()
    if missing:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("models")
    side_by_side.make_models(folder)
    return folder


@contextlib.contextmanager
def slipway(models, name):
    with Server(models / f"{name}.onnx") as server:
        yield server.url


def records(names, rows):
    return [dict(zip(names, row)) for row in rows]


AS_FP32 = {"rel": 1e-4, "abs": 1e-5}  # what converted models compute in
CLOSE = {"rel": 1e-6, "abs": 1e-6}
LAST_BITS = {"rel": 1e-14, "abs": 0}  # of a double: libraries differ in their exp, and in the order of sums
LAST_BITS_OF_FP32 = {"rel": 2e-7, "abs": 0}
WITHIN = dict.fromkeys(TABLES, LAST_BITS) | {"booster": LAST_BITS_OF_FP32, "graph": AS_FP32}  # else CLOSE


def check_equal(ours, theirs, within):
    """Equal JSON, but for the floats."""
    assert type(ours) is type(theirs)
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key, value in theirs.items():
            check_equal(ours[key], value, within)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs):
            check_equal(our, their, within)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, **within)
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", TABLES)
def test_a_flask_application_and_slipway_answer_alike(models, name):
    """The same file in both: equal JSON."""
    names, rows = TABLES[name]
    file = models / f"{name}.joblib"
    with side_by_side.flask(file) as theirs, Server(file) as server:
        for body in (
            rows,
            rows[0],
            records(names, rows),
            records(names, rows)[0],
            {"records": records(names, rows)},
        ):
            status, expected = side_by_side.post(theirs + "/predict", body)
            assert status == 200
            for path in ("/predict", f"/models/{name}/predict"):
                assert side_by_side.post(server.url + path, body) == (200, expected)
        if name != "prices":
            _, expected = side_by_side.post(theirs + "/predict?proba=1", rows)
            _, got = side_by_side.post(server.url + "/predict?proba=1", rows)
            check_equal(got, expected, LAST_BITS)
            assert name == "words" or got == expected  # a forest has no exp


@pytest.mark.parametrize("name", TABLES)
def test_mlflows_scoring_server_and_slipway_answer_alike(models, name):
    names, rows = TABLES[name]
    csv = "\n".join([",".join(names), *(",".join(map(repr, row)) for row in rows)]).encode()
    split = {"columns": names, "data": rows}
    with side_by_side.mlflow(models / f"{name}.mlflow") as theirs, slipway(models, name) as ours:
        for body, content_type in (
            ({"dataframe_split": split}, "application/json"),
            ({"dataframe_split": {**split, "index": list(range(len(rows)))}}, "application/json"),
            ({"dataframe_records": records(names, rows)}, "application/json; charset=utf-8"),
            ({"instances": rows}, "application/json"),
            ({"inputs": rows}, "application/json"),
            (csv, "text/csv"),
        ):
            status, expected = side_by_side.post(theirs + "/invocations", body, content_type)
            assert status == 200, body
            status, got = side_by_side.post(ours + "/invocations", body, content_type)
            assert status == 200, body
            check_equal(got, expected, AS_FP32)
        for body, content_type in (
            (rows, "application/json"),
            ({"instances": rows, "inputs": rows}, "application/json"),
            ({"data": rows}, "application/json"),
            (b"{", "application/json"),
            ({"dataframe_records": {}}, "application/json"),
            ({"dataframe_split": {"columns": names}}, "application/json"),
            ({"inputs": rows}, "text/plain"),
            ({"inputs": rows}, "application/json; charset=latin-1"),
            ({"inputs": rows}, "application/json; format=pandas-split"),
        ):
            expected, _ = side_by_side.post(theirs + "/invocations", body, content_type)
            got, _ = side_by_side.post(ours + "/invocations", body, content_type)
            assert got == expected, (body, content_type)


def test_mlflows_client_is_told_the_same(models, tmp_path):
    names, rows = TABLES["words"]
    frame = tmp_path / "frame.json"
    frame.write_text(json.dumps({"columns": names, "data": rows}), encoding="utf-8")
    folder = models / "words.mlflow"
    with side_by_side.mlflow(folder) as theirs, Server(folder) as server:
        expected, got = side_by_side.ask_by_mlflows_client(frame, theirs, server.url)
    assert got["predictions"] == expected["predictions"]
    assert "error code 400" in got["refusal"] and "error code 400" in expected["refusal"]
    assert got["version"]


def without_names(answer):
    """Of records of one output, as MLflow answers for ONNX models, the values: docs/protocols/mlflow.md."""
    records = answer["predictions"]
    if not all(isinstance(each, dict) and len(each) == 1 for each in records):
        return answer
    return {"predictions": [value for each in records for value in each.values()]}


def swap(rows, value):
    """The rows with another first cell."""
    return [[value, *row[1:]] for row in rows]


@pytest.mark.parametrize("name", SIGNED)
def test_a_model_of_mlflow_is_served_as_it_was_saved(models, name):
    names, rows = SIGNED[name]
    csv = "\n".join([",".join(names), *(",".join(map(repr, row)) for row in rows)]).encode()
    folder = models / f"{name}.signed"
    other = [*reversed(names), "note"]
    missing = {"dataframe_split": {"columns": names[:-1], "data": [row[:-1] for row in rows]}}
    with side_by_side.mlflow(folder) as theirs, Server(folder) as server:
        for body, content_type in (
            ({"dataframe_split": {"columns": names, "data": rows}}, "application/json"),
            (
                {"dataframe_split": {"columns": other, "data": [[*row[::-1], "x"] for row in rows]}},
                "application/json",
            ),
            ({"dataframe_records": records(["note", *names], swap([[0, *row] for row in rows], "x"))}, "application/json"),
            ({"instances": records(names, rows)}, "application/json"),
            ({"inputs": {key: [row[i] for row in rows] for i, key in enumerate(names)}}, "application/json"),
            ({"dataframe_split": {"columns": names, "data": swap(rows, "5.5")}}, "application/json"),
            ({"dataframe_split": {"columns": names, "data": swap(rows, True)}}, "application/json"),
            (csv, "text/csv"),
        ):
            status, expected = side_by_side.post(theirs + "/invocations", body, content_type)
            assert status == 200, body
            status, got = side_by_side.post(server.url + "/invocations", body, content_type)
            assert status == 200, (body, got)
            check_equal(got, without_names(expected), WITHIN.get(name, CLOSE))
        for body in (
            missing,
            {"instances": rows},
            {"inputs": rows},
            {"dataframe_split": {"data": rows}},
            {"dataframe_split": {"columns": names, "data": swap(rows, "x")}},
        ):
            expected, _ = side_by_side.post(theirs + "/invocations", body)
            got, _ = side_by_side.post(server.url + "/invocations", body)
            assert (got, expected) == (400, 400), body


def test_types_of_columns_are_enforced_as_mlflow_does(models):
    folder = models / "kinds.signed"
    with side_by_side.mlflow(folder) as theirs, Server(folder) as server:
        for row in (
            [5.1, 3.5, 1.9, 1],
            [5.1, "3.5", "4", 0.5],
            [5, 3, True, None],
            [5.1, 3.5, "1.5", True],
            [5.1, 3.5, None, True],
            [5.1, "x", 1, True],
        ):
            body = {"dataframe_split": {"columns": FLOWERS, "data": [row]}}
            status, expected = side_by_side.post(theirs + "/invocations", body)
            got_status, got = side_by_side.post(server.url + "/invocations", body)
            assert got_status == status, (row, got)
            if status == 200:
                check_equal(got, expected, LAST_BITS)


@contextlib.contextmanager
def slipway_as_mlflow(uri, store):
    """Slipway called as `mlflow models serve` is."""
    server = Server(env={"MLFLOW_TRACKING_URI": f"file://{store}"})
    port = server.address.rpartition(":")[2]
    server.command = [slipway_path(), "serve", "--as", "mlflow", "models", "serve", "-m", uri, "-p", port]
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def in_store(models, version):
    """The folder that MLflow put a registered version in."""
    text = (models / "mlruns" / "models" / "wine" / f"version-{version}" / "meta.yaml").read_text(encoding="utf-8")
    return re.search(r"^storage_location: (?:file://)?(.+)$", text, re.MULTILINE)[1]


@pytest.mark.parametrize("uri, version", [("models:/wine@champion", 1), ("models:/wine/latest", 2), ("models:/wine/1", 1)])
def test_a_registered_model_is_served_from_mlflows_store(models, uri, version):
    body = {"dataframe_split": {"columns": FLOWERS, "data": FLOWER_ROWS}}
    with side_by_side.mlflow(in_store(models, version)) as theirs, slipway_as_mlflow(uri, models / "mlruns") as ours:
        status, expected = side_by_side.post(theirs + "/invocations", body)
        assert status == 200
        assert side_by_side.post(ours + "/invocations", body) == (200, expected)


def test_mlflow_saves_estimators_as_skops_files_unless_told(models):
    for name in ("pipeline", "boosted"):
        assert list((models / f"{name}.signed").glob("*.skops")), name
