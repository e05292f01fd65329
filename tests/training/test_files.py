"""Files of rows in every format that slipway train reads, and cells that are told otherwise than usual."""

import gzip
import json
import random
import shutil
import struct
import subprocess
import zipfile

import pytest

from support.server import slipway_path
from tables import write_csv


def _columns(rows=400):
    draw = random.Random(9)
    table = {name: [draw.uniform(-5, 5) for _ in range(rows)] for name in ("x0", "x1", "x2")}
    return table | {"x3": [a - 2 * b + draw.gauss(0, 0.1) for a, b in zip(table["x0"], table["x1"], strict=True)]}


def npy(values, shape):
    """The file that numpy.save writes of doubles."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}d", *values)


def as_jsonl(path, columns):
    rows = zip(*columns.values(), strict=True)
    path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))


def as_npy(path, columns):
    rows = list(zip(*columns.values(), strict=True))
    path.write_bytes(npy([value for row in rows for value in row], (len(rows), len(columns))))


def as_npz(path, columns, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, values in columns.items():
            archive.writestr(f"{name}.npy", npy(values, (len(values),)))


def as_gzip(path, columns):
    plain = write_csv(path.with_name("plain.csv"), columns)
    path.write_bytes(gzip.compress(plain.read_bytes()))


def as_zstd(path, columns):
    if shutil.which("zstd") is None:
        pytest.skip("the program zstd is not installed")
    plain = write_csv(path.with_name("plain.csv"), columns)
    subprocess.run(["zstd", "-q", plain, "-o", path], check=True)


FILES = {
    "rows.jsonl": as_jsonl,
    "rows.npy": as_npy,
    "rows.npz": as_npz,
    "deflated.npz": lambda path, columns: as_npz(path, columns, zipfile.ZIP_DEFLATED),
    "rows.csv.gz": as_gzip,
    "rows.csv.zst": as_zstd,
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_rows_give_the_same_model_and_scores_in_every_format(trainer, tmp_path, name):
    columns = _columns()
    files = [write_csv(tmp_path / "rows.csv", columns), tmp_path / name]
    FILES[name](files[1], columns)
    models, scores = [], []
    for file in files:
        bundle = tmp_path / f"model{len(models)}"
        report = trainer.report(file, "x3", bundle, "--model", "boosting", "--task", "regression")
        assert report["scores"]["r2"] > 0.9
        models.append((bundle / "model.onnx").read_bytes())
        command = [slipway_path(), "evaluate", bundle, file, "--held-out", "--json"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=trainer.env, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        scores.append(json.loads(done.stdout)["metrics"])
    assert models[0] == models[1]
    assert scores[0] == scores[1]


def test_a_delimiter_and_words_for_missing_values_are_kept_for_who_reads_the_file_again(trainer, tmp_path):
    """By the first lines ';' would divide the cells, and -999 would be a number like any other."""
    draw = random.Random(2)
    lines = ["x:city;street:y"]
    for row in range(300):
        x = -999 if row % 3 == 0 else round(draw.uniform(0, 1), 4)
        city = draw.choice(["Bonn;Rhein", "NA;Rome", "-;"])
        lines.append(f"{x}:{city}:{'high' if x > 0.5 or city.startswith('NA') else 'low'}")
    data, out = tmp_path / "rows.csv", tmp_path / "model"
    data.write_text("\n".join(lines) + "\n")
    words = ["--delimiter", ":", "--missing", "-999", "--missing", "-;", "--model", "boosting"]
    report = trainer.report(data, "y", out, *words, "--task", "classification")
    assert report["scores"]["accuracy"] > 0.95
    features = json.loads((out / "manifest.json").read_text())["feature_schema"]["features"]
    x, city = features
    assert 0 < x["min"] and x["missing"] == pytest.approx(1 / 3, abs=0.05)
    assert {word for word, _ in city["categories"]} == {"Bonn;Rhein", "NA;Rome"} and city["missing"] > 0.2

    def run(*given):
        return subprocess.run([slipway_path(), *map(str, given)], capture_output=True, text=True, env=trainer.env, check=False)

    judged = run("evaluate", out, data, "--held-out", "--json")
    assert judged.returncode == 0, judged.stderr
    assert {each["name"]: each["value"] for each in json.loads(judged.stdout)["metrics"]} == report["scores"]
    cells = words[:6]
    again = run("evaluate", out, data, "--target", "y", "--test-share", "0.2", *cells, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["metrics"] == json.loads(judged.stdout)["metrics"]
    refused = run("evaluate", out, data, "--held-out", *cells)
    assert "--delimiter: --held-out takes it from the model's lineage" in refused.stderr
    small = run("optimise", out, "-o", tmp_path / "small", "--data", data, "--json")
    assert small.returncode == 0, small.stderr
    original = json.loads(small.stdout)["models"][0]
    assert original["figures"]["accuracy"]["value"] == report["scores"]["accuracy"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--delimiter", ""], '--delimiter: expected one character of ASCII but the quote, or tab, got ""'),
        (["--delimiter", ";;"], 'or tab, got ";;"'),
        (["--delimiter", '"'], 'or tab, got """'),
        (["--delimiter", "é"], 'or tab, got "é"'),
        (["--missing", ""], '--missing: expected a word, got ""'),
    ],
)
def test_cells_that_cannot_be_told_so_are_refused(trainer, tmp_path, words, sentence):
    data = write_csv(tmp_path / "rows.csv", _columns(20))
    done = trainer.run(data, "x3", tmp_path / "out", "--model", "constant", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
