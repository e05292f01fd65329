"""slipway train beyond the fit: rows that belong together, searches that go on, baselines, optimising."""

import json
import random
import subprocess

import pytest

from support.models import ROOT
from support.server import Server, slipway_path, wait_until
from tables import waves, write_csv


def lineage_of(bundle):
    shown = subprocess.run([slipway_path(), "bundle", "show", bundle, "--json"], capture_output=True, text=True, check=True)
    return json.loads(shown.stdout)["manifest"]["lineage"]


def twins(path, rows=600, copies=10, seed=5):
    """Labels at random: only who has seen a row's twin can tell."""
    draw = random.Random(seed)
    table = {name: [] for name in ("x", "z", "name", "who", "label")}
    for row in range(rows // copies):
        x, z, label = draw.random(), draw.random(), draw.choice("ab")
        for _ in range(copies):
            for name, value in (("x", x), ("z", z), ("name", f"n{row}"), ("who", f"p{row}"), ("label", label)):
                table[name].append(value)
    return write_csv(path, table)


# Settings by which each kind learns names by heart.
BY_HEART = {
    "boosting": ["min_samples_leaf=5"],
    "network": ["learning_rate=0.01", "alpha=0"],
    "sgd": ["alpha=0", "optimiser=adam", "tol=0", "n_iter_no_change=20"],
}


@pytest.mark.parametrize("kind", BY_HEART)
def test_early_stopping_is_not_judged_by_copies_of_what_was_learnt(trainer, tmp_path, kind):
    data = twins(tmp_path / "twins.csv")
    words = ["--model", kind, "--test-share", "0"]
    for parameter in ["early_stopping=true", *BY_HEART[kind]]:
        words += ["--param", parameter]

    def least_validation_loss(name, *more):
        report = trainer.report(data, "label", tmp_path / name, *words, *more)
        return min(point[2] for point in report["learning_curve"]["points"])

    # Nobody can know: a guess at even odds costs ln 2 = 0.69 a row; who has seen twins comes near 0.
    assert least_validation_loss("tied", "--group", "who") > 0.5
    assert least_validation_loss("leaking", "--drop", "who") < 0.3


def test_copies_of_oversampled_rows_do_not_judge(trainer, tmp_path):
    draw = random.Random(3)
    rows = 400
    data = write_csv(
        tmp_path / "rare.csv",
        {
            "x": [draw.random() for _ in range(rows)],
            "z": [draw.random() for _ in range(rows)],
            "label": ["rare" if row % 20 == 0 else "usual" for row in range(rows)],
        },
    )
    words = ["--model", "boosting", "--param", "early_stopping=true", "--param", "min_samples_leaf=1", "--test-share", "0"]
    report = trainer.report(data, "label", tmp_path / "rare.slipway", *words, "--clean", "oversample")
    validation = [point[2] for point in report["learning_curve"]["points"]]
    # To guess by the share of the rare rows costs 0.198 a row; who knew their copies would come near 0.
    assert min(validation) > 0.19


def test_a_killed_search_goes_on_where_it_was(trainer, tmp_path):
    data, checkpoint = waves(tmp_path / "waves.csv"), tmp_path / "search.checkpoint"
    search = ["--model", "network", "--search", "grid", "--param", "hidden=20;30;40", "--param", "learning_rate=0.001,0.003"]
    search += ["--param", "alpha=0.0001", "--param", "max_iterations=30"]
    saved = ["--checkpoint", checkpoint, "--checkpoint-every", "1ms"]
    whole = trainer.report(data, "label", tmp_path / "whole.slipway", *search)
    killed = trainer.start(data, "label", tmp_path / "resumed.slipway", *search, *saved)
    wait_until(lambda: checkpoint.exists() and checkpoint.read_bytes().count(b'"trial"') >= 2, what="two trials")
    killed.kill()
    killed.communicate()
    done = checkpoint.read_bytes().count(b'"trial"')
    kept = [json.loads(line) for line in checkpoint.read_bytes().splitlines() if line.startswith(b'{"trial"')]
    resumed = trainer.report(data, "label", tmp_path / "resumed.slipway", *search, *saved)
    assert resumed["resumed"]
    assert resumed["digest"] == whole["digest"]
    assert [trial["mean"] for trial in resumed["trials"]] == [trial["mean"] for trial in whole["trials"]]
    times = {trial["seconds"] for trial in resumed["trials"]}
    assert {round(trial["nanoseconds"] / 1e9, 9) for trial in kept} <= {round(time, 9) for time in times}, "tried again"
    assert 2 <= done <= 6
    assert not checkpoint.exists()


def test_a_model_is_compared_with_the_one_that_is_served(trainer, tmp_path):
    data, gate = waves(tmp_path / "waves.csv"), tmp_path / "gate.txt"
    old, new, worse = (tmp_path / f"{name}.slipway" for name in ("old", "new", "worse"))
    trainer.report(data, "label", old, "--model", "logistic")
    gate.write_text("accuracy >= baseline - 0.002\nno drop > 0.01 vs alias:stable\n")
    refused = trainer.run(data, "label", new, "--model", "boosting", "--gate", gate)
    assert refused.returncode == 1
    assert "say which model it is with --baseline MODEL" in refused.stderr
    with Server(old) as server:
        for baseline in (old, f"http://{server.address}/v2/models/old"):
            out = tmp_path / f"new-{'url' if baseline != old else 'file'}.slipway"
            report = trainer.report(data, "label", out, "--model", "boosting", "--gate", gate, "--baseline", baseline)
            assert all(line["passed"] for line in report["gate"])
            comparison = report["comparison"]
            assert comparison["baseline"] == str(baseline)
            by_name = {metric["name"]: metric for metric in comparison["metrics"]}
            assert by_name["accuracy"]["candidate"] > by_name["accuracy"]["baseline"]
    done = trainer.run(data, "label", worse, "--model", "constant", "--gate", gate, "--baseline", old)
    assert done.returncode == 1
    assert "says no" in done.stderr and "accuracy >= baseline - 0.002 (found 0." in done.stderr
    assert not worse.exists()


def test_an_alias_in_a_gate_is_the_version_that_the_models_folder_calls_so(trainer, tmp_path):
    data, gate = waves(tmp_path / "waves.csv"), tmp_path / "gate.txt"
    churn = tmp_path / "models" / "churn"
    churn.mkdir(parents=True)
    (churn / "3").mkdir()
    trainer.report(data, "label", churn / "1", "--model", "boosting")
    trainer.report(data, "label", churn / "2", "--model", "constant")
    gate.write_text("accuracy >= baseline - 0.002\nno drop in accuracy > 0.01 vs alias:stable\n")
    (churn / "aliases.json").write_text('{"stable": 2, "best": 1}')
    report = trainer.report(data, "label", churn / "3" / "churn.slipway", "--model", "logistic", "--gate", gate)
    assert report["comparison"]["baseline"] == str(churn / "2")
    judge = [slipway_path(), "evaluate", churn / "3" / "churn.slipway", data, "--held-out", "--gate", gate, "--json"]
    (churn / "aliases.json").write_text('{"stable": 1}')
    done = subprocess.run(list(map(str, judge)), env=trainer.env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["comparison"]["baseline"] == str(churn / "1")
    (churn / "aliases.json").write_text('{"stabel": 1}')
    done = trainer.run(data, "label", churn / "4", "--model", "logistic", "--gate", gate)
    assert done.returncode == 1
    assert 'churn/aliases.json: there is no alias "stable" of a version; did you mean "stabel"?' in done.stderr


def test_one_command_trains_optimises_judges_and_packs(trainer, tmp_path):
    data, out = waves(tmp_path / "waves.csv"), tmp_path / "waves.slipway"
    gate = tmp_path / "gate.txt"
    gate.write_text("accuracy >= 0.9\nsize_mb <= 1\n")
    report = trainer.report(data, "label", out, "--model", "network", "--optimise", "auto", "--gate", gate)
    names = [model["name"] for model in report["optimised"]["models"]]
    assert names[:2] == ["original", "keeping all answers"]
    assert report["optimised"]["chosen"] in names
    assert report["optimised"]["why"]
    assert lineage_of(out)["passes"] == report["optimised"]["passes"]
    with Server(out) as server:
        rows = {"inputs": [{"name": "input", "shape": [2, 2], "datatype": "FP64", "data": [0.5, -2.5, 0.5, 2.5]}]}
        answer = server.post("/v2/models/waves/infer", rows)
        assert answer.json()["outputs"][0]["data"] == [1, 0]


def test_named_passes_give_the_same_bytes_each_time(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv")
    words = ["--model", "tree", "--optimise", "drop-no-ops,half,drop-dead-code"]
    first, second = (trainer.report(data, "label", tmp_path / f"{name}.slipway", *words) for name in "ab")
    assert first["digest"] == second["digest"]
    assert first["optimised"]["passes"] == "drop-no-ops", "the others found nothing to do"
    before, after = first["optimised"]["models"]
    assert after["size_bytes"] < before["size_bytes"] and after["figures"] == before["figures"]
    plain = trainer.report(data, "label", tmp_path / "plain.slipway", "--model", "tree")
    assert plain["digest"] != first["digest"]
    assert lineage_of(tmp_path / "a.slipway")["passes"] == "drop-no-ops"


OF_NO_USE = {
    "metric": (["--metric", "accuracy"], "--metric: of use with a search"),
    "folds": (["--folds", "3"], "--folds: of use with a search"),
    "trials": (["--model", "logistic", "--search", "grid", "--trials", "3"], "--trials: of use with --search random or halving"),
    "resource": (["--model", "logistic", "--search", "grid", "--resource", "max_iter"], "--resource: of use with --search halving"),
    "page": (["--test-share", "0", "--html", "x.html"], "--html: of use with rows held out"),
    "gate": (["--test-share", "0", "--gate", "x"], "--gate: of use with rows held out"),
    "baseline": (["--test-share", "0", "--baseline", "x"], "--baseline: of use with rows held out"),
    "optimise": (["--test-share", "0", "--optimise", "auto"], "--optimise: of use with rows held out"),
    "loss": (["--max-loss", "0.1"], "--max-loss: of use with --optimise auto"),
    "checkpoint": (["--model", "linear-svm", "--checkpoint", "x"], "--checkpoint: of use with a search, or an estimator that"),
    "every": (["--checkpoint-every", "1s"], "--checkpoint-every: of use with --checkpoint"),
    "roles": (["--group", "x", "--time", "z"], "--group and --time: expected one of them"),
    "nothing": (["--gate", ""], '--gate: expected a name, got ""'),
    "pass": (["--optimise", "fold-constant"], 'did you mean "fold-constants"?'),
    "sample": (["--sample", "0"], "--sample: expected"),
}


@pytest.mark.parametrize("name", OF_NO_USE)
def test_options_that_would_change_nothing_are_refused(trainer, tmp_path, name):
    words, sentence = OF_NO_USE[name]
    done = trainer.run(waves(tmp_path / "waves.csv", rows=50), "label", tmp_path / "out", *words)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr


ROWS = {
    "weight": ({"w": [1] * 30 + [-1] + [1] * 9}, 'column "w": row 31: expected a finite number, 0 or more, got -1'),
    "no weight": ({"w": [1] * 30 + [""] + [1] * 9}, 'row 31: expected a finite number, 0 or more, got nothing'),
    "infinity": ({"w": [1] * 40, "z": [1, 2] * 19 + ["inf", 3]}, 'column "z": row 39 holds an infinite number'),
}


@pytest.mark.parametrize("name", ROWS)
def test_bad_numbers_are_told_by_their_row_in_the_file_wherever_the_split_puts_them(trainer, tmp_path, name):
    columns, sentence = ROWS[name]
    rows = {"x": range(40), "y": list("ab") * 20, **columns}
    data = write_csv(tmp_path / "rows.csv", rows)
    for seed in range(4):
        done = trainer.run(data, "y", tmp_path / "out", "--weights", "w", "--model", "constant", "--seed", seed)
        assert done.returncode == 1
        assert sentence in done.stderr


def test_thousands_of_classes_are_refused(trainer, tmp_path):
    data = write_csv(tmp_path / "rows.csv", {"x": range(4004), "y": [f"c{row // 2}" for row in range(4004)]})
    done = trainer.run(data, "y", tmp_path / "out")
    assert done.returncode == 1
    assert "2002 classes, expected at most 1000" in done.stderr


def test_what_cannot_be_written_is_known_before_the_training(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv", rows=50)
    for option in ("-o", "--html", "--checkpoint"):
        words = ["--html", "/nowhere/page.html"] if option == "--html" else ["--checkpoint", "/nowhere/fit"]
        out = "/nowhere/model.slipway" if option == "-o" else tmp_path / "model.slipway"
        done = trainer.run(data, "label", out, *(words if option != "-o" else []))
        assert done.returncode == 1
        assert "/nowhere/" in done.stderr and "cannot be created" in done.stderr


def test_too_many_combinations_are_refused(trainer, tmp_path):
    many = ",".join(str(1 + value / 1000) for value in range(400))
    words = ["--model", "logistic", "--search", "grid", "--param", f"C={many}", "--param", f"tol={many.replace('1.', '0.')}"]
    done = trainer.run(waves(tmp_path / "waves.csv", rows=50), "label", tmp_path / "out", *words)
    assert done.returncode == 1
    assert "combinations are more than 100000" in done.stderr


def test_evaluate_finds_the_rows_held_out_by_the_lineage(trainer, tmp_path):
    draw = random.Random(8)
    rows = 400
    table = {"x": [draw.random() for _ in range(rows)], "who": [f"p{row // 8}" for row in range(rows)]}
    table["w"] = [1 + row % 3 for row in range(rows)]
    table["secret"] = ["mf"[row % 2] for row in range(rows)]
    table["y"] = ["no" if row % 17 == 0 else ("a" if x > 0.5 else "b") for row, x in enumerate(table["x"])]
    table["y"][5] = ""
    data, out = write_csv(tmp_path / "rows.csv", table), tmp_path / "rows.slipway"
    words = ["--group", "who", "--weights", "w", "--drop", "secret", "--clean", "drop-missing-target", "--seed", "7"]
    trained = trainer.report(data, "y", out, "--model", "tree", "--test-share", "0.3", *words)

    def evaluate(*given):
        command = [slipway_path(), "evaluate", out, *given, "--json"]
        return subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)

    done = evaluate(data, "--held-out", "--slices", "secret,who")
    assert done.returncode == 0, done.stderr
    judged = json.loads(done.stdout)
    assert judged["rows"] == trained["rows"]["held_out"]
    assert {metric["name"]: metric["value"] for metric in judged["metrics"]} == trained["scores"]
    for given, sentence in (
        ((data,), "Say --target COLUMN, or --held-out"),
        ((data, "--held-out", "--test-share", "0.3"), "--test-share: --held-out takes it from the model's lineage"),
        ((data, "--held-out", "--sample", "50"), "--sample: --held-out takes it from the model's lineage"),
        ((waves(tmp_path / "waves.csv"), "--held-out"), "is not the file that the model learned from"),
    ):
        done = evaluate(*given)
        assert done.returncode != 0
        assert sentence in done.stderr
    changed = data.read_text().replace("p0", "p1", 1)
    data.write_text(changed)
    done = evaluate(data, "--held-out")
    assert done.returncode == 1
    assert "is not the file that the model learned from: its SHA-256 is" in done.stderr
