"""slipway inspect: what a pickle holds, with verdicts; trees as rules that give the framework's answers; what runs a model."""

import gzip
import json
import math
import pickle
import pickletools
import re
import struct
import zipfile

import numpy as np
import pytest

from support.classical import FIXTURES, agrees
from support.models import EXAMPLES, TEST_MODELS
from support.pickles import Calls
from support.server import has_onnxruntime

MARK = "slipway-was-here"


def refused_line(text):
    """(refused, all) of the last line."""
    return tuple(map(int, re.fullmatch(r"(\d+) of (\d+) globals are refused", text.splitlines()[-1]).groups()))


# ---- --pickle

GOOD = ["sklearn/columns-mixed.pkl", "sklearn/svc-0.22.pkl", "sklearn/random-forest.pkl", "boosters/lightgbm_classifier.pkl",
        "skops/columns-mixed.skops", "skops/pipeline-0.3.skops"]


@pytest.mark.parametrize("path", GOOD)
def test_a_pickle_of_an_estimator_names_nothing_that_is_refused(slipway, path):
    done = slipway("inspect", TEST_MODELS / path, "--pickle")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{'skops' if path.endswith('skops') else 'pickle'} of protocol ")
    assert "\nglobals:\n  allowed " in done.stdout and "\nvalues:\n" in done.stdout
    assert "REFUSED" not in done.stdout
    refused, named = refused_line(done.stdout)
    assert refused == 0 and named == done.stdout.count("  allowed ")


def test_a_packed_pickle_is_unpacked_first(slipway, tmp_path):
    path = tmp_path / "model.joblib.gz"
    path.write_bytes(gzip.compress((TEST_MODELS / "sklearn" / "random-forest.pkl").read_bytes()))
    done = slipway("inspect", path, "--pickle")
    assert done.returncode == 0 and "packed with gzip\n" in done.stdout, done.stdout + done.stderr
    plain = slipway("inspect", TEST_MODELS / "sklearn" / "random-forest.pkl", "--pickle")
    assert done.stdout.replace(", packed with gzip", "") == plain.stdout


def test_a_pickle_that_calls_is_refused_with_its_offset_and_nothing_happens(slipway, tmp_path):
    mark = tmp_path / MARK
    path = tmp_path / "attack.pkl"
    data = pickle.dumps({"coef_": [Calls(open, str(mark), "w")], "intercept_": 0.5})
    path.write_bytes(data)
    offset = next(at for op, _, at in pickletools.genops(data) if op.name == "STACK_GLOBAL")
    done = slipway("inspect", path, "--pickle")
    assert done.returncode == 1, done.stdout
    assert f"  REFUSED io.open at byte {offset}, 1 use\n" in done.stdout
    assert f'"{mark}"' in done.stdout and '"intercept_": 0.5' in done.stdout
    assert refused_line(done.stdout) == (1, 1)
    assert not mark.exists()


def test_a_skops_file_that_names_a_command_is_refused(slipway, tmp_path):
    path = tmp_path / "attack.skops"
    with zipfile.ZipFile(path, "w") as archive:
        node = {"__class__": "system", "__module__": "os", "__loader__": "ObjectNode", "protocol": 2}
        archive.writestr("schema.json", json.dumps(node))
    done = slipway("inspect", path, "--pickle")
    assert done.returncode == 1 and "  REFUSED os.system at byte 0, 1 use\n" in done.stdout, done.stdout
    assert refused_line(done.stdout) == (1, 1)


@pytest.mark.parametrize("content", [b"", b"\x80\x04", b"\x80\x04N", b"not a pickle\n", b"PK\x03\x04"])
def test_what_is_no_pickle_fails(slipway, tmp_path, content):
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    done = slipway("inspect", path, "--pickle")
    assert done.returncode == 1 and not done.stdout
    assert "model.pkl: is no pickle that can be read: " in done.stderr


def shown(value):
    """As the command prints an element."""
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return str(int(value))
    if isinstance(value, str):
        return f'"{value}"'
    return struct.pack("<d", float(value))  # compared by value


def elements(text):
    """The elements that a line of an array shows."""
    return [each if each.startswith('"') or re.fullmatch(r"-?\d+", each) else struct.pack("<d", float(each))
            for each in text.split(", ")]


TYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "U3"]


def array_of(kind, order):
    """Six numbers, or words, of a type."""
    if kind == "U3":
        return np.array(["a", "ß", "", "漢字", "x y", "🎈"], f"{order}{kind}").reshape(2, 3)
    values = [0, 1, 2, 3, 100, 127] if kind[0] != "f" else [0.5, -1.5, 2.25, 1e-3, 100, -0.0]
    return np.array(values).astype(f"{order}{kind}").reshape(2, 3)


@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_every_type_and_layout_show_their_elements(slipway, tmp_path, protocol, order):
    layouts = {"c": lambda a: a, "fortran": np.asfortranarray, "turned": lambda a: a.T, "backwards": lambda a: a[::-1, ::-1],
               "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2], "rank0": lambda a: a[1, 1], "empty": lambda a: a[:0]}
    arrays = {
        f"{kind}{layout}": change(array_of(kind, order))
        for kind in TYPES
        for layout, change in layouts.items()
        if kind != "b1" or layout != "rank0"  # numpy has one True for all
    }
    path = tmp_path / "arrays.pkl"
    path.write_bytes(pickle.dumps(arrays, protocol=protocol))
    done = slipway("inspect", path, "--pickle")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = dict(re.findall(r'^    "([^"]+)": (.*)$', done.stdout, re.MULTILINE))
    assert lines.keys() == arrays.keys()
    for name, array in arrays.items():
        array = np.asarray(array)
        line = lines[name]
        if line.startswith('"') or " of " not in line:  # numpy.str_ of rank 0 is a str
            assert line == shown(str(array)), name
            continue
        head, _, rest = line.removeprefix("array of ").partition(", shape ")
        shape, _, values = rest.partition("]")
        assert head[0] == array.dtype.kind and int(head[1:]) == array.dtype.itemsize, (name, line)
        assert shape.strip("[") == ", ".join(map(str, array.shape)), (name, line)
        expected = [shown(each) for each in array.ravel().tolist()]
        assert elements(values.removeprefix(": ")) == expected if expected else not values, (name, line)


# ---- --rules

class Rules:
    """The rules that the command printed, as a program."""

    def __init__(self, text, single):
        """single: thresholds are of float32, as in XGBoost and CatBoost."""
        self.trees, self.after = [], ""
        self.number = (lambda text: float(np.float32(text))) if single else float
        lines = text.splitlines()
        while lines:
            line = lines.pop(0)
            if line.startswith("the sum of the trees is "):
                self.after = line.removeprefix("the sum of the trees is ")
            else:
                number, of = map(int, re.fullmatch(r"tree (\d+) of (\d+)", line).groups())
                assert number == len(self.trees) + 1
                self.count = of
                self.trees.append(self._branch(lines))

    def _branch(self, lines):
        line = lines.pop(0).strip()
        if not line.startswith("if "):
            return line
        question = re.fullmatch(r"if (.+) (<=|<|in) (.+?)( \(or missing\))?:", line).groups()
        yes = self._branch(lines)
        assert lines.pop(0).strip() == "else:"
        return (*question, yes, self._branch(lines))

    def leaves(self, row):
        """Of each tree the leaf that `row`, a dict by name of column, reaches."""
        assert self.count == len(self.trees)
        for tree in self.trees:
            while isinstance(tree, tuple):
                name, operator, wanted, missing, yes, no = tree
                tree = yes if self._holds(row[name], operator, wanted, missing) else no
            yield tree

    def _holds(self, value, operator, wanted, missing):
        if value != value:
            return missing is not None
        if operator == "in":
            return value in [self.number(each) for each in wanted.strip("{}").split(", ")]
        return value <= self.number(wanted) if operator == "<=" else value < self.number(wanted)

    def sums(self, row, outputs):
        """The sum of the trees, by name of output; then what the last line says."""
        sums = dict.fromkeys(outputs, 0.0)
        for leaf in self.leaves(row):
            added = re.fullmatch(r"add (\S+)(?: to (.+))?", leaf)
            parts = {added[2] or outputs[0]: added[1]} if added else dict(part.rsplit(" ", 1) for part in leaf.split(", "))
            for name, number in parts.items():
                sums[name] += float(number)
        return [self._finished(each) for each in sums.values()]

    def _finished(self, number):
        for step in self.after.split(", then ") if self.after else []:
            if step == "given to Sigmoid":
                number = 1 / (1 + math.exp(-number))
                continue
            verb, constant = re.fullmatch(r"(divided by|plus|minus|times) (\S+)", step).groups()
            constant = float(constant)
            number = {"divided by": number / constant, "plus": number + constant, "minus": number - constant,
                      "times": number * constant}[verb]
        return number


def rows_of(fixture, names, single):
    """The fixture's rows as dicts by name of column; `single` rounds them as the framework's trees do."""
    (table,) = fixture.expected()["inputs"].values()
    width = table["shape"][1]
    names = names or [f"x[{i}]" for i in range(width)]
    values = [math.nan if each is None else float(each) for each in table["data"]]
    values = [float(np.float32(each)) for each in values] if single else values
    return [dict(zip(names, values[at : at + width], strict=True)) for at in range(0, len(values), width)]


# name -> names of columns and of outputs, the answer they are, its column, whether rows are rounded to float32
RULES = {
    "sklearn-decision-tree": (None, ["second"], "predict_proba", 1, True),
    "sklearn-decision-tree-regressor": (None, ["value"], "predict", 0, True),
    "sklearn-random-forest": (None, ["second"], "predict_proba", 1, True),
    "sklearn-random-forest-three": (None, "labels", "predict_proba", None, True),
    "sklearn-random-forest-regressor": (None, ["value"], "predict", 0, True),
    "sklearn-hist-boosting-regressor-squared-error": (None, ["value"], "predict", 0, False),
    "xgboost-binary_logistic": (None, ["margin"], "predict_proba", 1, True),
    "xgboost-feature_names": ("names", ["value"], "predict", 0, True),
    "lightgbm-regression": (None, ["value"], "predict", 0, False),
    "lightgbm-binary": (None, ["margin"], "predict_proba", 1, False),
    "lightgbm-feature_names": ("names", ["value"], "predict", 0, False),
    "catboost-lossguide": (None, ["value"], "predict", 0, True),
}


@pytest.mark.parametrize("name", RULES)
def test_rules_give_the_answers_of_the_framework(slipway, name):
    fixture = FIXTURES[name]
    names, outputs, answer, column, single = RULES[name]
    about = json.loads(slipway("inspect", fixture.model, "--json").stdout)
    if names:
        names = about["features"]
    if outputs == "labels":
        outputs = next(each["labels"] for each in about["outputs"] if each["name"] == answer)
    done = slipway("inspect", fixture.model, "--rules")
    assert done.returncode == 0, done.stderr
    if names:
        assert any(f"if {each} <" in done.stdout for each in names)
        assert "x[" not in done.stdout
    rules = Rules(done.stdout, name.startswith(("xgboost", "catboost")))
    expected = fixture.expected()["outputs"][answer]
    width = expected["shape"][1] if len(expected["shape"]) > 1 else 1
    for number, row in enumerate(rows_of(fixture, names, single)):
        wanted = expected["data"][number * width : (number + 1) * width]
        got = rules.sums(row, outputs)
        for a, b in zip(wanted if column is None else wanted[column : column + 1], got, strict=True):
            terms = 1.0 if answer == "predict_proba" else sum(abs(float(leaf.split()[1])) for leaf in rules.leaves(row))
            assert agrees(float(a), b, 1e-6, terms), f"row {number}: expected {a}, the rules give {b}"


def test_a_model_without_trees_has_no_rules(slipway):
    done = slipway("inspect", FIXTURES["sklearn-linear-regression"].model, "--rules")
    assert done.returncode == 1 and not done.stdout and "tree" in done.stderr


# ---- what runs it

@pytest.mark.skipif(not has_onnxruntime(), reason="the program is without ONNX Runtime")
def test_a_model_that_the_native_engine_leaves_says_which_node_and_why(slipway):
    done = slipway("inspect", EXAMPLES / "digits" / "1")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^runs on +onnxruntime \S+, loads in ", done.stdout, re.MULTILINE), done.stdout
    reason = re.search(r"^not on +(tabular: node .*\(Conv\): is not an operator of this engine.*)$", done.stdout, re.MULTILINE)
    assert reason, done.stdout
    about = json.loads(slipway("inspect", EXAMPLES / "digits" / "1", "--json").stdout)
    assert about["declined"] == reason[1] and about["engine"].startswith("onnxruntime ")


def test_a_model_of_the_native_engine_says_so(slipway):
    model = FIXTURES["sklearn-random-forest"].model
    done = slipway("inspect", model)
    assert re.search(r"^runs on +tabular \S+, loads in ", done.stdout, re.MULTILINE), done.stdout
    assert "not on" not in done.stdout
    about = json.loads(slipway("inspect", model, "--json").stdout)
    assert about["engine"].startswith("tabular ") and "declined" not in about and about["loads"]
