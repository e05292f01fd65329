"""Parquet files of today's writers: read like CSV of the same tables, and trained on to the same models."""

import os
import pathlib
import random
import subprocess

import pytest

from support import packages
from support.models import ROOT
from support.server import slipway_path

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = ROOT / "tests" / "data" / "parquet" / "make_parquet.py"
VENV = packages.BUILD / "venv-parquet"
READER = pathlib.Path(slipway_path()).parent / "slipway_tests"

missing = packages.install(VENV, HERE / "requirements.txt")
needs_writers = pytest.mark.skipif(missing is not None, reason=f"pyarrow, pandas, polars, duckdb: {missing}")


def python(script, *words):
    done = subprocess.run(
        [VENV / "bin" / "python", *(["-c", script] if isinstance(script, str) else [script]), *map(str, words)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def slipway(tmp_path, *words):
    env = {name: text for name, text in os.environ.items() if not name.startswith("SLIPWAY")}
    env["SLIPWAY_DATA"] = str(tmp_path / "data")
    return subprocess.run(
        [slipway_path(), *map(str, words)], env=env, capture_output=True, text=True, timeout=120, check=False
    )


@needs_writers
@pytest.mark.skipif(not READER.exists(), reason=f"{READER} is not built")
def test_todays_writers_with_every_codec_encoding_and_page_version(tmp_path):
    python(SCRIPT, tmp_path, "--all")
    assert len(list(tmp_path.glob("*.parquet"))) > 200
    done = subprocess.run(
        [READER, "--gtest_filter=ParquetTest.HoldsWhatCsvOfTheSameTableSays"],
        env={**os.environ, "SLIPWAY_PARQUET_FILES": str(tmp_path)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert "1 test ran" in done.stdout or "[  PASSED  ] 1 test" in done.stdout


MODEL = """
import sys
import pandas
frame = pandas.read_csv(sys.argv[1], parse_dates=["since"])
frame["city"] = frame["city"].astype("category")
frame.to_parquet(sys.argv[2], index=False, row_group_size=64)
"""


def orders(path, rows=300):
    draw = random.Random(4)
    lines = ["age,city,since,vip,bought"]
    for row in range(rows):
        age, city = "" if row % 10 == 0 else f"{draw.gauss(40, 12):.2f}", draw.choice(["Bonn", "Köln", "Rome"])
        since = f"20{draw.randrange(10, 26)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02} 10:30:00"
        lines.append(f"{age},{city},{since},{draw.random() < 0.3},{'yes' if float(age or 0) > 40 or city == 'Rome' else 'no'}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@needs_writers
def test_csv_and_parquet_of_the_same_rows_give_the_same_model(tmp_path):
    models, scores = {}, {}
    data = {"csv": orders(tmp_path / "orders.csv"), "parquet": tmp_path / "orders.parquet"}
    python(MODEL, data["csv"], data["parquet"])
    for kind, path in data.items():
        bundle = tmp_path / f"{kind}-orders"
        done = slipway(tmp_path, "train", path, "--target", "bought", "--model", "forest", "-o", bundle)
        assert done.returncode == 0, done.stderr
        models[kind] = (bundle / "model.onnx").read_bytes()
        done = slipway(tmp_path, "evaluate", bundle, path, "--target", "bought", "--json")
        assert done.returncode == 0, done.stderr
        scores[kind] = done.stdout
    assert models["csv"] == models["parquet"]


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_what_is_not_read_is_named(tmp_path, command):
    path = SCRIPT.parent / "refused.list.parquet"
    model = [] if command == "train" else [ROOT / "examples" / "models" / "digits"]
    done = slipway(tmp_path, command, *model, path, "--target", "x", *(["-o", tmp_path / "x"] if not model else []))
    assert done.returncode != 0
    assert 'column "tags" is nested (a list, struct or map)' in done.stderr


def test_predict_says_what_it_reads(tmp_path):
    path = SCRIPT.parent / "types.plain-none-1.parquet"
    done = slipway(tmp_path, "predict", ROOT / "examples" / "models" / "digits", "--input", path)
    assert done.returncode != 0
    assert ".json, .jsonl, .csv or .npy" in done.stderr


