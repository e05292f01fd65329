"""Where the models of tests and examples lie, and their golden examples."""

import json
import math
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "models"
TESTS = ROOT / "tests"
TEST_MODELS = TESTS / "models"


def examples():
    """Yields (model name, example name, example) of every committed bundle."""
    for path in sorted(EXAMPLES.glob("*/*/examples/*.json")):
        yield path.parents[2].name, path.stem, json.loads(path.read_text(encoding="utf-8"))


def check_tensor(golden, got):
    """`got`, a tensor in the protocol's JSON form with flat data, agrees with the golden one."""
    for field in ("name", "datatype", "shape"):
        assert (
            got[field] == golden[field]
        ), f'{golden["name"]}: {field} {got[field]}, expected {golden[field]}'
    check_elements(golden, got["data"])


def check_elements(golden, elements):
    """Row-major `elements` agree with the golden tensor's data within its tolerance."""
    expected = golden["data"]
    assert len(elements) == len(
        expected
    ), f'{golden["name"]}: {len(elements)} elements, expected {len(expected)}'
    tolerance = golden.get("tolerance", {"absolute": 0, "relative": 0})
    for index, (wanted, element) in enumerate(zip(expected, elements)):
        if isinstance(wanted, float):
            allowed = tolerance["absolute"] + tolerance["relative"] * abs(wanted)
            agrees = abs(element - wanted) <= allowed or (
                math.isnan(wanted) and math.isnan(element)
            )
        else:
            agrees = element == wanted
        assert (
            agrees
        ), f'{golden["name"]}[{index}]: {element}, expected {wanted}, tolerance {tolerance}'
