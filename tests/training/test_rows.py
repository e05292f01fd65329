"""What slipway train does with roles of columns, rows that belong together, and rows that nothing can be learned from."""

import random

import pytest

from tables import waves, write_csv


def people(path, rows=240, copies=4, seed=4):
    """Labels at random, each row several times: only who has seen a person's other rows can tell."""
    draw = random.Random(seed)
    table = {name: [] for name in ("x", "z", "word", "who", "day", "w", "label")}
    for person in range(rows // copies):
        x, z, label = draw.random(), draw.random(), draw.choice("ab")
        for _ in range(copies):
            values = (x, z, f"word{person}", f"p{person}", 1 + person // 4, 1 + person % 3, label)
            for name, value in zip(table, values, strict=True):
                table[name].append(value)
    return write_csv(path, table)


TWO_ROLES = {
    "dropped group": (["--group", "who", "--drop", "who"], 'column "who" is named by --group and --drop'),
    "dropped weights": (["--weights", "w", "--drop", "w"], 'column "w" is named by --weights and --drop'),
    "weights are groups": (["--weights", "w", "--group", "w"], 'column "w" is named by --weights and --group'),
    "the target's time": (["--time", "label"], 'column "label" is named by --target and --time'),
}


@pytest.mark.parametrize("name", TWO_ROLES)
def test_a_column_has_one_role(trainer, tmp_path, name):
    words, sentence = TWO_ROLES[name]
    done = trainer.run(people(tmp_path / "rows.csv"), "label", tmp_path / "out", "--model", "constant", *words)
    assert done.returncode == 1
    assert sentence in done.stderr


def test_probabilities_of_support_vectors_know_nothing_of_copies(trainer, tmp_path):
    data = people(tmp_path / "rows.csv", rows=800)
    words = ["--model", "svm", "--param", "probability=true", "--param", "gamma=30", "--param", "C=100"]
    words += ["--drop", "word", "--drop", "day", "--drop", "w", "--test-share", "0.3"]
    tied = trainer.report(data, "label", tmp_path / "tied.slipway", *words, "--group", "who")
    # Nobody can know: a guess at even odds costs ln 2 = 0.69 a row.
    assert tied["scores"]["log_loss"] < 0.8


def test_what_ties_rows_is_checked_where_nothing_is_held_out(trainer, tmp_path):
    rows = 40
    table = {
        "c": ["ab"[row % 2] for row in range(rows)],
        "who": [f"p{row // 4}" if row != 6 else "" for row in range(rows)],
        "y": ["no", "yes"] * (rows // 2),
    }
    data = write_csv(tmp_path / "rows.csv", table)
    words = ["--model", "logistic", "--step", "c=encode:target"]
    for share in ("0", "0.3"):
        done = trainer.run(data, "y", tmp_path / "out", *words, "--group", "who", "--test-share", share)
        assert done.returncode == 1
        assert 'group column "who": row 7 has no value' in done.stderr
        done = trainer.run(data, "y", tmp_path / "out", *words, "--time", "who", "--test-share", share)
        assert done.returncode == 1
        assert 'time column "who" is of type category: expected times or numbers' in done.stderr


def test_means_of_the_target_that_nobody_else_could_tell_are_refused(trainer, tmp_path):
    rows = 40
    data = write_csv(
        tmp_path / "rows.csv",
        {"c": list("ab") * (rows // 2), "who": ["one"] * rows, "y": ["no", "yes"] * (rows // 2)},
    )
    words = ["--model", "logistic", "--step", "c=encode:target", "--group", "who", "--test-share", "0"]
    done = trainer.run(data, "y", tmp_path / "out", *words)
    assert done.returncode == 1
    assert 'target means of column "c": group column "who": 2 folds want as many groups, got 1' in done.stderr


@pytest.mark.parametrize("model", ["boosting", "tree", "forest", "neighbors", "network", "logistic", "naive-bayes", "svm"])
def test_one_class_alone_is_refused_by_whatever_left_it(trainer, tmp_path, model):
    rows = 100
    data = write_csv(
        tmp_path / "rows.csv",
        {"x": [row % 7 for row in range(rows)], "day": range(rows), "y": ["early" if row < 85 else "late" for row in range(rows)]},
    )
    done = trainer.run(data, "y", tmp_path / "out", "--model", model, "--time", "day", "--test-share", "0.2")
    assert done.returncode == 1
    assert 'the split by time "day" left class "early" alone among the 80 rows to learn from' in done.stderr


def test_a_loss_that_is_no_number_is_a_sentence(trainer, tmp_path):
    rows = 60
    x = [*range(rows - 1), 1e200]
    data = write_csv(tmp_path / "rows.csv", {"x": x, "day": range(rows), "y": [2 * row + 5 for row in range(rows)]})
    words = ["--model", "sgd", "--param", "early_stopping=true", "--param", "eta0=0.0001", "--step", "x=scale:none"]
    done = trainer.run(data, "y", tmp_path / "out", *words, "--time", "day", "--test-share", "0")
    assert done.returncode == 1
    assert "the training diverged" in done.stderr


def test_a_gate_speaks_of_columns_that_the_model_does_not_see(trainer, tmp_path):
    rows = 200
    draw = random.Random(1)
    x = [draw.random() for _ in range(rows)]
    data = write_csv(
        tmp_path / "rows.csv",
        {"x": x, "secret": ["mf"[row % 2] for row in range(rows)], "y": ["ab"[value > 0.5] for value in x]},
    )
    gate = tmp_path / "gate.txt"
    gate.write_text("accuracy[secret=m] >= 0.1\n")
    words = ["--model", "tree", "--drop", "secret", "--gate", gate]
    report = trainer.report(data, "y", tmp_path / "out.slipway", *words)
    assert report["gate"][0]["passed"]
    gate.write_text("accuracy >= 0.1\naccuracy[secrte=m] >= 0.1\n")
    checkpoint = tmp_path / "fit"
    words += ["--model", "network", "--checkpoint", checkpoint, "--checkpoint-every", "1ms"]
    done = trainer.run(data, "y", tmp_path / "other.slipway", *words)
    assert done.returncode == 1
    assert f'{gate}: "accuracy[secrte=m] >= 0.1": there is no column "secrte"; did you mean "secret"?' in done.stderr
    assert not checkpoint.exists(), "known before the training"


def test_what_is_written_takes_the_place_of_nothing(trainer, tmp_path):
    data, out = waves(tmp_path / "waves.csv", rows=60), tmp_path / "out.slipway"
    before = data.read_bytes()
    (tmp_path / "folder").mkdir()
    for words, sentence in (
        (["--html", out], "--output and --html are one file"),
        (["--html", tmp_path / "folder" / ".." / "out.slipway"], "--output and --html are one file"),
        (["--html", data], "DATA and --html are one file"),
        (["--checkpoint", data], "DATA and --checkpoint are one file"),
        (["--html", tmp_path / "page", "--checkpoint", tmp_path / "page"], "--html and --checkpoint are one file"),
        (["--html", tmp_path / "folder"], "cannot be written: it is a folder"),
    ):
        done = trainer.run(data, "label", out, "--model", "network", *words)
        assert done.returncode == 1, done.stderr
        assert sentence in done.stderr
        assert not out.exists()
    assert data.read_bytes() == before


def test_held_out_rows_without_weight_are_refused(trainer, tmp_path):
    rows = 50
    table = {"x": range(rows), "day": range(rows), "w": [1] * 40 + [0] * 10, "y": list("ab") * 25}
    data = write_csv(tmp_path / "rows.csv", table)
    done = trainer.run(data, "y", tmp_path / "out", "--model", "tree", "--weights", "w", "--time", "day")
    assert done.returncode == 1
    assert '--weights: column "w": rows held out: the weights of all 10 rows are zero' in done.stderr


def test_how_a_server_is_spoken_to_says_nothing_of_files(trainer, tmp_path):
    data, old = waves(tmp_path / "waves.csv", rows=60), tmp_path / "old.slipway"
    trainer.report(data, "label", old, "--model", "tree")
    words = ["--model", "tree", "--protocol", "grpc"]
    done = trainer.run(data, "label", tmp_path / "out", *words)
    assert done.returncode == 2
    assert "--protocol: of use with a --baseline at a server only" in done.stderr
    done = trainer.run(data, "label", tmp_path / "out", *words, "--baseline", old)
    assert done.returncode == 1
    assert f"--protocol is of models at a server: {old} is a file" in done.stderr
    gate, authorities = tmp_path / "gate.txt", ["--tls-ca", tmp_path / "authorities.pem"]
    gate.write_text("accuracy >= 0\n")
    for option in (["--protocol", "grpc"], authorities):
        done = trainer.run(data, "label", tmp_path / "out", "--model", "tree", *option, "--gate", gate)
        assert done.returncode == 1
        assert f"{option[0]} is of models at a server: none was named" in done.stderr
        assert not (tmp_path / "out").exists()
    gate.write_text(f"baseline {old}\naccuracy >= baseline - 1\n")
    done = trainer.run(data, "label", tmp_path / "out", *words, "--gate", gate)
    assert done.returncode == 1
    assert f"--protocol is of models at a server: {old} is a file" in done.stderr


def test_rows_are_told_by_their_number_in_the_file(trainer, tmp_path):
    rows = 400
    table = {"x": range(rows), "who": [f"p{row // 4}" for row in range(rows)], "y": [row % 50 + 0.5 for row in range(rows)]}
    table["x"] = [0, 0, *range(2, rows)]
    table["y"][1] = 0.5  # a copy of the first row
    table["y"][333] = -1
    data = write_csv(tmp_path / "rows.csv", table)
    words = ["--model", "boosting", "--param", "loss=poisson", "--param", "early_stopping=true", "--clean", "drop-duplicates"]
    for seed in range(3):
        done = trainer.run(data, "y", tmp_path / "out", *words, "--test-share", "0", "--seed", seed)
        assert done.returncode == 1
        assert 'got -1 in row 334 of "y"' in done.stderr
    table["who"][333] = ""
    write_csv(data, table)
    found = 0
    for seed in range(6):
        done = trainer.run(data, "y", tmp_path / str(seed), "--model", "tree", "--group", "who", "--sample", "300", "--seed", seed)
        found += 'group column "who": row 334 has no value' in done.stderr
        assert done.returncode == (1 if "row 334" in done.stderr else 0), done.stderr
    assert found > 0


SKIPPING = {
    "target": (["--model", "boosting", "--param", "loss=poisson"], 'got -1 in row 334 of "y"'),
    "weights": (["--model", "tree", "--weights", "w"], 'column "w": row 334: expected a finite number, 0 or more, got -5'),
    "features": (
        ["--model", "naive-bayes", "--param", "numbers=multinomial", "--task", "classification"],
        "feature x, row 334: multinomial naive Bayes expects counts, got -334",
    ),
    "infinity": (["--model", "tree", "--type", "z=number"], 'column "z": row 334 holds an infinite number'),
}


@pytest.mark.parametrize("sampled", [[], ["--sample", "380"]], ids=["whole", "sampled"])
@pytest.mark.parametrize("name", SKIPPING)
def test_rows_that_are_skipped_count_too(trainer, tmp_path, name, sampled):
    """Rows with a cell too many, in a file that says "334" in the row of that number."""
    lines = ["x,z,w,y"]
    for row in range(1, 401):
        bad = row == 334
        x = -row if bad and name == "features" else row
        z = "inf" if bad and name == "infinity" else row % 3
        cells = [x, z, -5 if bad and name == "weights" else 1, -1 if bad and name == "target" else row % 50]
        lines.append(",".join(map(str, [*cells, "more"] if row % 20 == 0 else cells)))
    data = tmp_path / "rows.csv"
    data.write_text("\n".join(lines) + "\n")
    words, sentence = SKIPPING[name]
    words = [*words, *([] if name == "weights" else ["--drop", "w"])]
    done = trainer.run(data, "y", tmp_path / "out", *words, "--skip-bad-rows", "--test-share", "0", *sampled)
    assert done.returncode == 1 and sentence in done.stderr, done.stderr
