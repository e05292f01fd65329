"""What a bundle of `slipway train` says of its rows and of itself, and what lies beside it."""

import collections
import hashlib
import json
import statistics
import subprocess

import pytest

from support.server import Server, slipway_path
from tables import mixed, waves, write_csv

SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def run(env, *words):
    return subprocess.run([slipway_path(), *map(str, words)], capture_output=True, text=True, env=env, check=False, timeout=60)


def shown(env, bundle):
    done = run(env, "bundle", "show", bundle, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def quantile(values, share):
    """Interpolated linearly, as numpy does."""
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


@pytest.fixture
def orders(tmp_path):
    """The file, and its columns as they stand there."""
    path = mixed(tmp_path / "orders.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    columns = dict(zip(names, zip(*(line.split(",") for line in lines[1:]), strict=True), strict=True))
    columns["row"] = [str(row) for row in range(len(lines) - 1)]
    return write_csv(path, columns), columns


def test_the_schema_is_that_of_the_rows_to_learn_from(trainer, tmp_path, orders):
    data, columns = orders
    words = ["--time", "row", "--type", "note=text", "--model", "tree"]
    report = trainer.report(data, "bought", tmp_path / "orders.slipway", *words)
    learned = report["rows"]["train"]
    assert learned == 240  # the first ones; those held out are the latest
    schema = shown(trainer.env, tmp_path / "orders.slipway")["manifest"]["feature_schema"]
    assert schema["rows"] == learned
    features = {feature["name"]: feature for feature in schema["features"]}
    assert list(features) == ["age", "city", "since", "note"]
    ages = sorted(float(age) for age in columns["age"][:learned] if age)
    age = features["age"]
    assert (age["type"], age["min"], age["max"]) == ("number", ages[0], ages[-1])
    assert age["missing"] == pytest.approx(1 - len(ages) / learned)
    assert age["mean"] == pytest.approx(statistics.fmean(ages))
    assert age["std"] == pytest.approx(statistics.pstdev(ages))
    assert age["quantiles"] == pytest.approx([quantile(ages, share) for share in SHARES])
    cities = collections.Counter(city for city in columns["city"][:learned] if city)
    assert dict(features["city"]["categories"]) == cities
    assert [count for _, count in features["city"]["categories"]] == sorted(cities.values(), reverse=True)
    assert (features["since"]["type"], features["note"]["type"]) == ("time", "text")


def test_the_lineage_tells_what_the_model_follows_from(trainer, tmp_path):
    data, out = waves(tmp_path / "waves.csv"), tmp_path / "waves.slipway"
    words = ["--model", "tree", "--param", "max_depth=4", "--seed", "11", "--clean", "drop-duplicates"]
    words += ["--licence", "Apache-2.0", "--intended-use", "Tests; not for ships."]
    report = trainer.report(data, "label", out, *words)
    manifest = shown(trainer.env, out)["manifest"]
    lineage = manifest["lineage"]
    assert lineage["framework_version"] == run(trainer.env, "--version").stdout.split()[1]
    assert lineage["data_sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert (lineage["data_file"], lineage["data_rows"], lineage["target"]) == ("waves.csv", "2000", "label")
    assert (lineage["seed"], lineage["threads"], lineage["task"]) == ("11", "2", "classification")
    assert lineage["estimator"] == "tree max_depth=4"
    assert lineage["cleaning"] == "drop-duplicates: 0 of 2000 rows dropped"
    assert lineage["split"].endswith("1600 rows to learn from, 400 held out")
    told = {name.removeprefix("held_out."): float(text) for name, text in lineage.items() if name.startswith("held_out.")}
    assert told == report["scores"]
    assert (manifest["licence"], manifest["intended_use"]) == ("Apache-2.0", "Tests; not for ships.")
    small = tmp_path / "small.slipway"
    assert run(trainer.env, "optimise", out, "-o", small).returncode == 0
    kept = shown(trainer.env, small)["manifest"]
    assert (kept["licence"], kept["intended_use"]) == ("Apache-2.0", "Tests; not for ships.")


def attested(env, bundle):
    """{kind: (the file's content, path of its page)}; all of it speaks of the bundle."""
    told = shown(env, bundle)
    found = {}
    for each in told["attestations"]:
        assert each["of_this_bundle"]
        with open(each["path"], encoding="utf-8") as file:
            content = json.load(file)
        assert content["model"] == told["digest"]
        found[each["kind"]] = (content["report"], each.get("page"))
    return found


def test_what_train_found_out_lies_beside_the_bundle_and_not_in_it(trainer, tmp_path):
    data, gate = waves(tmp_path / "waves.csv"), tmp_path / "gate.txt"
    gate.write_text("accuracy >= 0.7\nsize_mb <= 10\n")
    version = tmp_path / "repository" / "waves" / "1"
    version.mkdir(parents=True)
    outs = [version / "waves.slipway", tmp_path / "folder"]
    words = ["--model", "boosting", "--param", "early_stopping=true"]
    reports = [trainer.report(data, "label", out, *words, "--gate", gate) for out in outs]
    assert reports[0]["digest"] == reports[1]["digest"]
    for out, report in zip(outs, reports, strict=True):
        found = attested(trainer.env, out)
        assert set(found) == {"training", "evaluation", "gate"}
        assert found["training"][0] == report
        evaluation, page = found["evaluation"]
        assert {metric["name"]: metric["value"] for metric in evaluation["metrics"]} == report["scores"]
        assert evaluation["model"]["digest"] == report["digest"]
        assert len(evaluation["learning_curve"]["points"]) == len(report["learning_curve"]["points"])
        with open(page, encoding="utf-8") as file:
            assert report["digest"] in file.read()
        assert found["gate"][0]["gate"]["passed"]
        assert [line["line"] for line in found["gate"][0]["gate"]["lines"]] == gate.read_text().splitlines()
    with Server(tmp_path / "repository") as server:
        assert server.get("/v2/models/waves/ready").status == 200


def test_what_evaluate_and_optimise_found_out_lies_beside_theirs(trainer, tmp_path):
    data, out, small = waves(tmp_path / "waves.csv"), tmp_path / "waves.slipway", tmp_path / "small"
    trainer.report(data, "label", out, "--model", "forest", "--test-share", "0")
    assert set(attested(trainer.env, out)) == {"training"}, "no row was held out"
    gate = tmp_path / "gate.txt"
    gate.write_text("accuracy > 1\n")
    judge = ["evaluate", out, data, "--target", "label", "--json"]
    assert run(trainer.env, *judge).returncode == 0
    assert set(attested(trainer.env, out)) == {"training"}, "nothing is written unasked"
    done = run(trainer.env, *judge, "--attest", "--gate", gate)
    assert done.returncode == 1
    found = attested(trainer.env, out)
    assert set(found) == {"training", "evaluation", "gate"}
    assert found["evaluation"][0] == json.loads(done.stdout)
    assert not found["gate"][0]["gate"]["passed"]
    done = run(trainer.env, "optimise", out, "-o", small, "--json")
    assert done.returncode == 0, done.stderr
    assert attested(trainer.env, small) == {"optimisation": (json.loads(done.stdout), None)}
    assert run(trainer.env, "optimise", out, "-o", tmp_path / "plain.onnx").returncode == 0
    assert not list(tmp_path.glob("plain.onnx.*"))
    refused = run(trainer.env, "evaluate", tmp_path / "plain.onnx", data, "--target", "label", "--attest")
    assert refused.returncode == 1
    assert "--attest writes beside a bundle, and" in refused.stderr and "is none" in refused.stderr
