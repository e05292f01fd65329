"""`slipway evaluate` measures what scikit-learn measures of the same model on the same rows."""

import types

import pytest
from conftest import report
from support.server import Server


def classification(case):
    from sklearn import metrics

    predicted, probabilities = case.model.predict(case.features), case.model.predict_proba(case.features)
    binary = probabilities.shape[1] == 2
    scores = probabilities[:, 1] if binary else probabilities
    average = {"average": "binary" if binary else "macro"}
    return {
        "accuracy": metrics.accuracy_score(case.target, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(case.target, predicted),
        "mcc": metrics.matthews_corrcoef(case.target, predicted),
        "precision": metrics.precision_score(case.target, predicted, **average),
        "recall": metrics.recall_score(case.target, predicted, **average),
        "f1": metrics.f1_score(case.target, predicted, **average),
        "roc_auc": metrics.roc_auc_score(case.target, scores, multi_class="ovr"),
        "average_precision": metrics.average_precision_score(case.target, scores),
        "log_loss": metrics.log_loss(case.target, probabilities),
        "brier": metrics.brier_score_loss(case.target, scores),
    }


def regression(case):
    from sklearn import metrics

    predicted = case.model.predict(case.features)
    return {
        "rmse": metrics.root_mean_squared_error(case.target, predicted),
        "mae": metrics.mean_absolute_error(case.target, predicted),
        "r2": metrics.r2_score(case.target, predicted),
        "mape": metrics.mean_absolute_percentage_error(case.target, predicted),
    }


def check(found, expected):
    values = {metric["name"]: metric["value"] for metric in found["metrics"]}
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize("name", ["cancer", "iris"])
def test_a_classifier_is_judged_as_scikit_learn_judges_it(cases, name):
    from sklearn.metrics import confusion_matrix

    case = cases[name]
    found = report(case.path, case.rows, "--target", "answer")
    check(found, classification(case))
    matrix = confusion_matrix(case.target, case.model.predict(case.features))
    assert [row[:-1] for row in found["confusion"]] == matrix.tolist()


def test_a_regression_is_judged_as_scikit_learn_judges_it(cases):
    case = cases["diabetes"]
    check(report(case.path, case.rows, "--target", "answer"), regression(case))


def test_a_model_at_a_server_is_judged_as_its_file_is(cases, tmp_path):
    case = cases["cancer"]
    folder = tmp_path / "cancer" / "1"
    folder.mkdir(parents=True)
    (folder / "model.pkl").write_bytes(case.path.read_bytes())
    with Server(tmp_path) as server:
        url = f"http://{server.address}/v2/models/cancer"
        served = report(url, case.rows, "--target", "answer")
    assert served["metrics"] == report(case.path, case.rows, "--target", "answer")["metrics"]


def test_the_same_seed_gives_the_same_report(cases):
    case = cases["iris"]
    arguments = (case.path, case.rows, "--target", "answer", "--importance")
    assert report(*arguments, "--seed", 3) == report(*arguments, "--seed", 3)
    assert report(*arguments, "--seed", 3)["metrics"] != report(*arguments, "--seed", 4)["metrics"]


def test_the_column_that_decides_is_the_most_important(cases):
    from sklearn.inspection import permutation_importance

    case = cases["diabetes"]
    found = report(case.path, case.rows, "--target", "answer", "--importance", "--metrics", "r2")
    theirs = permutation_importance(case.model, case.features, case.target, scoring="r2", random_state=0)
    best = int(theirs.importances_mean.argmax())
    ours = found["permutation_importance"]["features"]
    assert ours[0]["feature"] == f"x{best}"
    assert {feature["feature"] for feature in ours} == {f"x{i}" for i in range(case.features.shape[1])}
    for feature in ours:
        column = int(feature["feature"][1:])
        mean, deviation = theirs.importances_mean[column], theirs.importances_std[column]
        assert abs(feature["mean"] - mean) <= 3 * deviation, feature
        assert deviation / 5 < feature["standard_deviation"] < 5 * deviation or deviation < 1e-3, feature


def test_each_group_of_a_slice_is_judged_as_scikit_learn_judges_its_rows(cases, tmp_path):
    case, rows = cases["cancer"], tmp_path / "rows.csv"
    regions = [("north", "south", "far east")[i % 7 % 3] for i in range(len(case.target))]
    header, *lines = case.rows.read_text(encoding="utf-8").splitlines()
    rows.write_text("\n".join([header + ",region", *map(",".join, zip(lines, regions, strict=True))]) + "\n")
    names = [*classification(case), "selection_rate", "false_positive_rate"]
    words = ["--target", "answer", "--drop", "region", "--slices", "region", "--metrics", ",".join(names)]
    found = report(case.path, rows, *words)
    (slices,) = found["slices"]
    assert (slices["column"], slices["left_out_rows"]) == ("region", 0)
    groups = {group["name"]: group for group in slices["groups"]}
    assert set(groups) == set(regions)
    rates, recalls = [], []
    for name, group in groups.items():
        mask = [region == name for region in regions]
        part = types.SimpleNamespace(model=case.model, features=case.features[mask], target=case.target[mask])
        assert group["rows"] == sum(mask)
        predicted = part.model.predict(part.features)
        assert {metric["name"] for metric in group["metrics"]} == set(names)
        rates.append(predicted.mean())
        recalls.append(predicted[part.target == 1].mean())
        own = {"selection_rate": rates[-1], "false_positive_rate": predicted[part.target == 0].mean()}
        check(group, classification(part) | own)
        for metric in group["metrics"]:
            low, high = metric["interval"]
            assert low <= metric["value"] <= high, metric
    fairness = slices["fairness"]
    assert fairness["demographic_parity_difference"] == pytest.approx(max(rates) - min(rates))
    assert fairness["demographic_parity_ratio"] == pytest.approx(min(rates) / max(rates))
    assert fairness["equal_opportunity_difference"] == pytest.approx(max(recalls) - min(recalls))
