"""drop-trees: what is left answers as scikit-learn does with those trees, and the figures are those of the rows aside."""

import json
import pickle

import pytest
import tools

if tools.missing:
    pytest.skip(f"no ONNX packages: {tools.missing}", allow_module_level=True)

import numpy as np
import onnx
from onnx import TensorProto, helper
from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)


class Situation:
    """A model fitted on a third of a data set; the other rows choose (odd ones) and judge (even ones)."""

    def __init__(self, folder, data, model):
        x, y = data.data.astype(np.float32).astype(float), data.target
        self.model = model.fit(x[::3], y[::3])
        others = np.arange(len(x)) % 3 != 0
        self.x, self.y = x[others], y[others]
        self.path, self.rows = folder / "model.pkl", folder / "rows.npz"
        self.path.write_bytes(pickle.dumps(self.model))
        np.savez(self.rows, x=self.x, y=self.y)

    @property
    def judged(self):
        rows = tools.judged_rows(self.y)
        return self.x[rows], self.y[rows]


def answers(out, x):
    """The model's outputs by name."""
    session = tools.session_of(out)
    taken = session.get_inputs()[0]
    x = x.astype({"tensor(double)": np.float64, "tensor(float)": np.float32}[taken.type])
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, {taken.name: x}), strict=True))


def trees_left(report):
    words = report["passes"][0]["done"].split()
    assert words[3:5] == ["trees", "dropped,"], report["passes"][0]["done"]
    return int(words[2]) - int(words[0])


def accuracy_of(report, which):
    return report["models"][which]["figures"]["accuracy"]["value"]


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    return Situation(tmp_path_factory.mktemp("forest"), load_digits(), RandomForestClassifier(80, random_state=0))


def test_a_forest_is_the_mean_of_the_trees_that_stay(optimise, forest):
    out, report = optimise(forest.path, "drop-trees:max_loss=0.02", data=forest.rows)
    left = trees_left(report)
    assert 1 <= left <= 60
    x, y = forest.judged
    proba = answers(out, x)["predict_proba"]
    # How much each tree counts, by least squares: all that stay alike, the others nothing.
    trees = np.stack([tree.predict_proba(x).ravel() for tree in forest.model.estimators_], axis=1)
    shares = np.linalg.lstsq(trees, proba.ravel(), rcond=None)[0]
    kept = shares > 0.5 / left
    assert kept.sum() == left
    np.testing.assert_allclose(proba.ravel(), trees[:, kept].mean(axis=1), atol=1e-6)
    # The figures beside each other are those of rows that did not choose.
    right = forest.model.classes_[proba.argmax(1)] == y
    assert accuracy_of(report, 1) == pytest.approx(right.mean())
    assert accuracy_of(report, 0) == pytest.approx(forest.model.score(x, y))
    assert right.mean() > forest.model.score(x, y) - 0.04  # what may be lost, and what 599 rows scatter
    assert report["models"][1]["size_bytes"] < report["models"][0]["size_bytes"] * (left / 80 + 0.1)


def test_more_loss_that_is_allowed_drops_more_trees(optimise, forest):
    lefts = [
        trees_left(optimise(forest.path, "drop-trees", "--max-loss", loss, data=forest.rows)[1])
        for loss in ("0.008", "0.02", "0.05")
    ]
    assert lefts[0] >= lefts[1] >= lefts[2] and lefts[0] > lefts[2]


@pytest.mark.parametrize("kind", ["regression", "classes"])
def test_a_boosting_loses_its_last_rounds(optimise, tmp_path, kind):
    """Exactly what scikit-learn answers after as many stages."""
    if kind == "regression":
        model = GradientBoostingRegressor(n_estimators=150, learning_rate=0.2, random_state=0)
        case = Situation(tmp_path, load_diabetes(), model)
    else:
        case = Situation(tmp_path, load_digits(), GradientBoostingClassifier(n_estimators=40, random_state=0))
    out, report = optimise(case.path, "drop-trees", "--max-loss", "0.02", data=case.rows)
    assert "the last ones" in report["passes"][0]["done"]
    rounds = trees_left(report) // (1 if kind == "regression" else 10)
    x, y = case.judged
    if kind == "regression":
        expected = list(case.model.staged_predict(x))[rounds - 1]
        np.testing.assert_allclose(answers(out, x)["predict"], expected, rtol=1e-6)
        rmse = np.sqrt(np.mean((expected - y) ** 2))
        assert report["models"][1]["figures"]["rmse"]["value"] == pytest.approx(rmse)
    else:
        expected = list(case.model.staged_predict_proba(x))[rounds - 1]
        np.testing.assert_allclose(answers(out, x)["predict_proba"], expected, atol=1e-6)


def rounded_down(threshold):
    """scikit-learn compares FP32 features with FP64 thresholds: the FP32 number that says the same."""
    near = np.float32(threshold)
    return near if near <= threshold else np.nextafter(near, np.float32(-np.inf))


def old_trees(model, x, operator, aggregate, divided):
    """A forest of scikit-learn as a TreeEnsembleRegressor or Classifier; the mean is `divided` into the leaves."""
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")}
    leaves = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for number, each in enumerate(model.estimators_):
        tree = each.tree_
        for place in range(tree.node_count):
            leaf = tree.children_left[place] < 0
            nodes["treeids"].append(number)
            nodes["nodeids"].append(place)
            nodes["featureids"].append(max(tree.feature[place], 0))
            nodes["modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            nodes["values"].append(0.0 if leaf else float(rounded_down(tree.threshold[place])))
            nodes["truenodeids"].append(0 if leaf else int(tree.children_left[place]))
            nodes["falsenodeids"].append(0 if leaf else int(tree.children_right[place]))
            for target, value in enumerate(tree.value[place][0] if leaf else []):
                leaves["treeids"].append(number)
                leaves["nodeids"].append(place)
                leaves["ids"].append(target)
                leaves["weights"].append(float(value) / (len(model.estimators_) if divided else 1))
    prefix = "class_" if operator == "TreeEnsembleClassifier" else "target_"
    attributes = {f"nodes_{key}": value for key, value in nodes.items()}
    attributes |= {prefix + key: value for key, value in leaves.items()}
    if operator == "TreeEnsembleClassifier":
        classes = len(model.classes_)
        attributes |= {"classlabels_int64s": list(range(classes)), "post_transform": "NONE"}
        outputs = [("label", TensorProto.INT64, ["n"]), ("scores", TensorProto.FLOAT, ["n", classes])]
    else:
        attributes |= {"n_targets": 1, "aggregate_function": aggregate, "base_values": [1000.0]}
        outputs = [("y", TensorProto.FLOAT, ["n", 1])]
    ensemble = helper.make_node(operator, ["x"], [name for name, *_ in outputs], domain="ai.onnx.ml", **attributes)
    graph = helper.make_graph(
        [ensemble],
        "trees",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", x.shape[1]])],
        [helper.make_tensor_value_info(*each) for each in outputs],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def kept_trees(out):
    attributes = {each.name: helper.get_attribute_value(each) for each in onnx.load(str(out)).graph.node[0].attribute}
    return sorted(set(attributes["nodes_treeids"])), attributes


@pytest.mark.parametrize(("aggregate", "divided"), [("SUM", True), ("AVERAGE", False)])
def test_means_in_leaves_or_in_the_operator_leave_base_values_alone(optimise, tmp_path, aggregate, divided):
    data = load_diabetes()
    data.target = data.target + 1000
    case = Situation(tmp_path, data, RandomForestRegressor(60, random_state=0, min_samples_leaf=3))
    forest = RandomForestRegressor(60, random_state=0, min_samples_leaf=3)
    forest.fit(data.data.astype(np.float32).astype(float)[::3], data.target[::3] - 1000)
    model = old_trees(forest, case.x, "TreeEnsembleRegressor", aggregate, divided)
    np.savez(case.rows, x=case.x.astype(np.float32), y=case.y)
    out, report = optimise(model, "drop-trees", "--max-loss", "0.03", data=case.rows)
    kept, attributes = kept_trees(out)
    assert len(kept) == trees_left(report) < 60 and attributes["base_values"] == [1000.0]
    x, _ = case.judged
    expected = 1000 + np.mean([forest.estimators_[tree].predict(x) for tree in kept], axis=0)
    np.testing.assert_allclose(tools.answer(out, x=x.astype(np.float32))[0].ravel(), expected, rtol=1e-5)


def test_a_classifier_of_the_older_operators_keeps_what_its_sums_mean(optimise, forest):
    model = old_trees(forest.model, forest.x, "TreeEnsembleClassifier", "", True)
    rows = forest.rows.with_name("narrow.npz")
    np.savez(rows, x=forest.x.astype(np.float32), y=forest.y)
    out, report = optimise(model, "drop-trees:max_loss=0.02", data=rows)
    kept, _ = kept_trees(out)
    assert len(kept) == trees_left(report) < 60
    x, y = forest.judged
    label, scores = tools.answer(out, x=x.astype(np.float32))
    expected = np.mean([forest.model.estimators_[tree].predict_proba(x) for tree in kept], axis=0)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert accuracy_of(report, 1) == pytest.approx((label == y).mean())


def test_auto_tries_fewer_trees(optimise, forest):
    _, report = optimise(forest.path, None, "--auto", "--max-loss", "0.02", data=forest.rows)
    fewer = {each["name"]: each for each in report["models"]}["drop-trees:max_loss=0.02"]
    assert fewer["size_bytes"] < 0.8 * report["models"][0]["size_bytes"]
    if "refused" not in fewer:
        assert fewer["figures"]["accuracy"]["value"] >= accuracy_of(report, 0) - 0.01


def test_the_lineage_names_what_was_allowed(run, forest, tmp_path):
    words = ["--passes", "drop-trees", "--max-loss", "0.02", "--data", forest.rows]
    done = run("optimise", forest.path, "-o", tmp_path / "fewer", *words)
    assert done.returncode == 0, done.stderr
    lineage = json.loads((tmp_path / "fewer" / "manifest.json").read_text())["lineage"]
    assert lineage["passes"] == "drop-trees:max_loss=0.02"


def test_without_right_answers_or_enough_rows_nothing_is_dropped(run, forest, tmp_path):
    few, blank = tmp_path / "few.npz", tmp_path / "blank.npz"
    np.savez(few, x=forest.x[:100], y=forest.y[:100])
    np.savez(blank, x=forest.x)
    for words, message in [
        ([], "drop-trees needs rows with right answers: give --data and --target"),
        (["--data", blank], "drop-trees needs rows with right answers: give --data and --target"),
        (["--data", few], "50 rows to choose by cannot show that at most 0.01 of the accuracy is lost"),
    ]:
        done = run("optimise", forest.path, "-o", tmp_path / "out.onnx", "--passes", "drop-trees", *words)
        assert done.returncode == 1 and message in done.stderr and not (tmp_path / "out.onnx").exists()
