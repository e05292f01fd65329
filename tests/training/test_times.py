"""Rows as `slipway train` read them are rows that the model answers, whoever sends them: dates as text among them."""

import csv
import datetime
import gzip
import io
import json
import random
import subprocess

import pytest

from support.server import Server, slipway_path

COLUMNS = ["when", "city", "age", "member", "price"]


def _rows(count):
    draw = random.Random(1)
    rows = []
    for i in range(count):
        when = datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=37 * i % 9000)
        city, age = draw.choice(["Bern", "Ulm", "NA"]), draw.choice(["", str(draw.randint(18, 80))])
        price = 100 + 20 * (city == "Bern") + 30 * (when.weekday() > 4) + float(age or 40) / 2
        rows.append([when.isoformat(), city, age, draw.choice(["true", "false"]), f"{price:.2f}"])
    return rows


def _written(rows, delimiter):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([COLUMNS, *rows])
    return text.getvalue()


@pytest.fixture
def trained(trainer, tmp_path):
    rows = _rows(600)
    (tmp_path / "rows.csv").write_text(_written(rows, ";"))
    report = trainer.report(tmp_path / "rows.csv", "price", tmp_path / "price.slipway", "--model", "boosting")
    assert report["scores"]["r2"] > 0.95, "the day of the week was learned"
    return rows


def _predict(path, model, env, *options):
    command = [slipway_path(), "predict", str(model), "--input", str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["predict"] for line in done.stdout.splitlines()]


def _record(row):
    when, city, age, member, _ = row
    return {
        "when": when,
        "city": None if city == "NA" else city,
        "age": float(age) if age else None,
        "member": member == "true",
    }


def test_the_file_that_was_learned_from_can_be_predicted(trained, trainer, tmp_path):
    expected = _predict(tmp_path / "rows.csv", tmp_path / "price.slipway", trainer.env)
    assert len(expected) == 600
    # The targets are in the file; the model must follow them, not be told them.
    errors = [abs(answer - float(row[-1])) for answer, row in zip(expected, trained, strict=True)]
    assert 0 < sum(errors) / len(errors) < 3
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(_written(trained, ",").encode()))
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(_record(row)) for row in trained))
    for name in ("packed.csv.gz", "rows.jsonl"):
        assert _predict(tmp_path / name, tmp_path / "price.slipway", trainer.env) == expected, name


def test_every_client_may_send_times_as_text(trained, trainer, tmp_path):
    rows = trained[:20]
    (tmp_path / "few.csv").write_text(_written(rows, ","))
    expected = _predict(tmp_path / "few.csv", tmp_path / "price.slipway", trainer.env)
    records = [_record(row) for row in rows]
    columns = {name: [record[name] for record in records] for name in COLUMNS[:-1]}
    with Server(tmp_path / "price.slipway") as server:

        def answer(path, body, key):
            said = server.post(path, body)
            assert said.status == 200, (path, said)
            return said.json()[key]

        assert answer("/predict", {"records": records}, "prediction") == expected
        assert answer("/v1/models/price:predict", {"instances": records}, "predictions") == expected
        assert answer("/invocations", {"dataframe_records": records}, "predictions") == expected
        inputs = [
            {"name": "when", "datatype": "BYTES", "shape": [20, 1], "data": columns["when"]},
            {"name": "city", "datatype": "BYTES", "shape": [20, 1], "data": [city or "" for city in columns["city"]]},
            {"name": "age", "datatype": "FP64", "shape": [20, 1], "data": columns["age"]},
            {"name": "member", "datatype": "BOOL", "shape": [20, 1], "data": columns["member"]},
        ]
        # Tensors of this protocol have no missing numbers in strict JSON: those rows are not compared.
        inputs[2]["data"] = [-1.0 if age is None else age for age in columns["age"]]
        v2 = answer("/v2/models/price/infer", {"inputs": inputs}, "outputs")[0]["data"]
        told = [i for i, age in enumerate(columns["age"]) if age is not None]
        assert [v2[i] for i in told] == [expected[i] for i in told]

        said = server.post("/predict", [{**records[0], "when": "yesterday"}])
        assert said.status == 400
        assert 'expected a time like "2024-02-29T23:59:59Z", got "yesterday"' in said.json()["error"]


def test_the_metadata_tells_which_columns_are_times_and_predict_heeds_it(trained, trainer, tmp_path):
    records = [_record(row) for row in trained[:20]]
    rows, path = [{**record, "city": record["city"] or ""} for record in records], tmp_path / "rows.json"
    path.write_text(json.dumps(rows))
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    expected = _predict(path, tmp_path / "price.slipway", trainer.env)
    with Server(tmp_path / "price.slipway") as server:
        told = server.get("/v2/models/price").json()["inputs"]
        assert {each["name"]: each.get("parameters") for each in told} == {
            "when": {"times": [0]},
            "city": None,
            "age": None,
            "member": None,
        }
        url = f"{server.url}/v2/models/price"
        for name in ("rows.json", "rows.jsonl"):
            for options in ([], ["--protocol", "grpc"]):
                assert _predict(tmp_path / name, url, trainer.env, *options) == expected
        path.write_text(json.dumps([{**rows[0], "when": "yesterday"}]))
        done = subprocess.run([slipway_path(), "predict", url, "--input", path], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and 'expected a time like "2024-02-29T23:59:59Z"' in done.stderr
        # Where no time belongs, text is refused as before.
        swapped = [{**row, "age": row["when"]} for row in rows]
        path.write_text(json.dumps(swapped))
        done = subprocess.run([slipway_path(), "predict", url, "--input", path], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "age" in done.stderr
