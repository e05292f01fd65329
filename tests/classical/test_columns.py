"""Columns of tables are found by name wherever names are given; missing, true and false cells are cells everywhere."""

import csv
import io
import json
import shutil
import subprocess

import pytest

from support.classical import FIXTURES
from support.models import TEST_MODELS
from support.server import Server, slipway_path

FRAME = FIXTURES["sklearn-pipeline-frame"]  # one table of four named columns of numbers
MIXED = FIXTURES["sklearn-columns-mixed"]  # two columns of numbers, two of text


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    repository = tmp_path_factory.mktemp("columns")
    for name, fixture in (("frame", FRAME), ("mixed", MIXED)):
        shutil.copy(fixture.model, repository / f"{name}.pkl")
    with Server(repository) as started:
        yield started


@pytest.fixture(scope="module")
def columns(server):
    return server.get("/v2/models/frame").json()["inputs"][0]["parameters"]["columns"]


def test_metadata_says_which_engine_runs_the_model(server):
    assert server.get("/v2/models/frame").json()["platform"] == "slipway_tabular"
    assert server.get("/v2/models/frame/config").json()["backend"] == "tabular"


def rows_of_frame():
    table = FRAME.expected()["inputs"]["input"]
    width = table["shape"][1]
    return [table["data"][at : at + width] for at in range(0, len(table["data"]), width)]


def reordered(columns):
    """Each row by name of column, in another order than the model's."""
    return [dict(reversed(list(zip(columns, row)))) for row in rows_of_frame()]


def as_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


FORMS = {
    "rows.json": json.dumps,
    "columns.json": lambda rows: json.dumps({name: [row[name] for row in rows] for name in rows[0]}),
    "rows.jsonl": lambda rows: "\n".join(map(json.dumps, rows)),
    "rows.csv": as_csv,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_predict_at_a_server_finds_columns_by_name(server, columns, tmp_path, form, protocol):
    path = tmp_path / form
    path.write_text(FORMS[form](reordered(columns)))
    url = f"{protocol}://{server.address}/v2/models/frame"
    done = subprocess.run(
        [slipway_path(), "predict", url, "-i", path, "--output-name", "predict"],
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    answers = [json.loads(line)["predict"] for line in done.stdout.splitlines()]
    assert answers == FRAME.expected()["outputs"]["predict"]["data"]


def test_rows_and_columns_by_name_are_alike_in_v1(server, columns):
    expected = FRAME.expected()["outputs"]["predict"]["data"]
    for key, values in (("instances", reordered(columns)), ("inputs", None)):
        if values is None:
            values = {name: [row[name] for row in reordered(columns)] for name in columns}
        answer = server.post("/v1/models/frame:predict", {key: values})
        assert answer.status == 200, answer.text
        got = answer.json()
        assert got.get("predictions", got.get("outputs")) == expected


@pytest.mark.parametrize("key", ["instances", "inputs"])
def test_cells_may_be_missing_true_or_false(server, columns, key):
    cells = [[0.5, None, True, False]]
    answer = server.post("/v1/models/frame:predict", {key: cells})
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("key", ["instances", "inputs"])
def test_texts_may_be_missing(server, key):
    inputs = MIXED.expected()["inputs"]
    row = {name: tensor["data"][0] for name, tensor in inputs.items()}
    texts = [name for name, tensor in inputs.items() if tensor["dtype"] == "BYTES"]

    def ask(value):
        changed = row | {texts[0]: value}
        body = [changed] if key == "instances" else {name: [cell] for name, cell in changed.items()}
        return server.post("/v1/models/mixed:predict", {key: body})

    assert ask(None).status == 200, ask(None).text
    assert ask(None).body == ask("").body


def digest_of(model):
    done = subprocess.run([slipway_path(), "inspect", model, "--json"], capture_output=True, timeout=60, check=False)
    return json.loads(done.stdout)["digest"]


def test_models_that_differ_in_the_names_of_columns_alone_have_two_digests(tmp_path):
    nameless = (TEST_MODELS / "xgboost" / "2.1.4" / "binary_logistic_json.json").read_text()
    named = nameless.replace('"feature_names":[]', '"feature_names":["a","b","c","d"]')
    assert named != nameless
    models = [tmp_path / "nameless.json", tmp_path / "again.json", tmp_path / "named.json"]
    for path, text in zip(models, (nameless, nameless, named), strict=True):
        path.write_text(text)
    first, again, other = map(digest_of, models)
    assert first == again != other
