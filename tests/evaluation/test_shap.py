"""`slipway evaluate --shap`: exact Shapley values of tree ensembles, by the definition over all coalitions."""

import itertools
import math
import pickle
import random
import subprocess

import pytest
from conftest import evaluate, report
from support.server import slipway_path


def shapley(function, row, background):
    """[columns] of one row: mean over the background of the definition over all coalitions."""
    import numpy

    columns = len(row)
    coalitions = [c for size in range(columns + 1) for c in itertools.combinations(range(columns), size)]
    mixed = numpy.repeat(background[None], len(coalitions), axis=0)
    for place, coalition in enumerate(coalitions):
        mixed[place][:, list(coalition)] = row[list(coalition)]
    worth = dict(zip(coalitions, function(mixed.reshape(-1, columns)).reshape(len(coalitions), -1).mean(axis=1)))
    values = numpy.zeros(columns)
    for coalition in coalitions:
        for player in set(range(columns)) - set(coalition):
            weight = 1 / (columns * math.comb(columns - 1, len(coalition)))
            values[player] += weight * (worth[tuple(sorted((*coalition, player)))] - worth[coalition])
    return values


def write(folder, model, features, answers):
    import numpy

    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    lines = [",".join([*(f"x{i}" for i in range(features.shape[1])), "answer"])]
    for row, answer in zip(features, answers):
        lines.append(",".join(["" if numpy.isnan(value) else repr(float(value)) for value in row] + [str(answer)]))
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "model.pkl", folder / "rows.csv", "--target", "answer", "--resamples", 0, "--shap-values"


def test_boosting_with_missing_values_has_the_values_of_the_definition(cases, tmp_path):
    import numpy
    from sklearn.ensemble import HistGradientBoostingClassifier

    draw = numpy.random.default_rng(0)
    features = draw.normal(size=(60, 5))
    answers = (features[:, 0] * features[:, 1] + features[:, 2] > 0).astype(int)
    features[draw.random(features.shape) < 0.1] = numpy.nan
    model = HistGradientBoostingClassifier(max_iter=15, min_samples_leaf=3).fit(features, answers)
    found = report(*write(tmp_path, model, features, answers))["shap"]
    assert (found["rows"], found["background_rows"], found["columns"]) == (60, 60, [f"x{i}" for i in range(5)])
    for number in (0, 7, 59):
        expected = shapley(model.decision_function, features[number], features)
        assert found["values"][number][0] == pytest.approx(expected, abs=1e-9)


def test_each_class_of_a_forest_has_values_that_sum_to_its_margin(cases):
    import numpy

    case = cases["iris"]
    found = report(case.path, case.rows, "--target", "answer", "--shap-values", "--resamples", 0)["shap"]
    sums = 10 * case.model.predict_proba(case.features)  # of the ten trees
    values = numpy.array(found["values"])
    assert values.shape == (75, 3, 4)
    assert values.sum(axis=2) == pytest.approx(sums - sums.mean(axis=0), abs=1e-5)
    assert found["base_values"] == pytest.approx(sums.mean(axis=0), abs=1e-5)
    column = int(found["features"][0]["feature"][1])
    expected = numpy.abs(values[:, :, column]).sum(axis=1).mean()
    assert found["features"][0]["mean_absolute"] == pytest.approx(expected)


def test_columns_before_one_hot_and_scaling_are_what_is_explained(tmp_path):
    generator = random.Random(1)
    lines = ["colour,size,noise,price"]
    for _ in range(200):
        colour, size, noise = generator.choice(["red", "green", "blue"]), generator.random(), generator.random()
        lines.append(f"{colour},{size},{noise},{10 * (colour == 'red') + 3 * size}")
    rows = tmp_path / "rows.csv"
    rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
    bundle = tmp_path / "price.slipway"
    train = [slipway_path(), "train", rows, "--target", "price", "--model", "forest", "-o", bundle]
    subprocess.run(train, check=True, capture_output=True, timeout=120)
    found = report(bundle, rows, "--target", "price", "--shap")["shap"]
    assert [feature["feature"] for feature in found["features"]] == ["colour", "size", "noise"]
    assert "values" not in found


def test_text_and_page_show_the_columns(cases, tmp_path):
    case = cases["diabetes"]
    page = tmp_path / "page.html"
    text = evaluate(case.path, case.rows, "--target", "answer", "--shap", "--html", page).stdout
    assert "mean |SHAP|" in text and "of 221 rows against 100" in text
    assert "Mean |SHAP|" in page.read_text(encoding="utf-8")


def test_a_model_without_trees_is_refused(cases):
    case = cases["cancer"]
    refused = evaluate(case.path, case.rows, "--target", "answer", "--shap", code=1)
    assert "--shap: the model has no tree ensemble" in refused.stderr
