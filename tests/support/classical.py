"""The committed models of other frameworks: NAME.<ending> with NAME.expected.json beside it, in tests/models/<area>.

An .expected.json holds what the framework itself answered:
    {"framework": "scikit-learn", "version": "1.9.1", "tolerance": 1e-6,
     "inputs": {name: {"dtype", "shape", "data"}}, "outputs": {name: {"dtype", "shape", "data"}},
     "terms": {name: [...]}}
Data are flat; null is NaN, "inf" and "-inf" are themselves. Probabilities agree within the tolerance; other answers within the
tolerance times the sum of the absolute terms that they are the sum of, which "terms" has, by element, where terms cancel.
Elsewhere the answer itself stands for that sum, which is never smaller.
"""

import dataclasses
import json
import math
import pathlib

from support.models import TEST_MODELS

AREAS = ["sklearn", "xgboost", "lightgbm", "catboost", "boosters", "skops"]
SUFFIX = ".expected.json"
# Names by which a folder's only model is found though its ending says nothing.
NAMES_IN_FOLDER = {".json": "model.json", ".txt": "model.txt", ".model": "xgboost.model"}


@dataclasses.dataclass
class Fixture:
    model: pathlib.Path
    answers: pathlib.Path

    @property
    def served_name(self):
        return NAMES_IN_FOLDER.get(self.model.suffix, self.model.name)

    def expected(self):
        return json.loads(self.answers.read_text(encoding="utf-8"))


def fixtures_of(root):
    """name -> Fixture of the models in the folders of areas below `root`."""
    found = {}
    for area in AREAS:
        for answers in sorted((root / area).glob(f"**/*{SUFFIX}")):
            stem = answers.name.removesuffix(SUFFIX)
            models = [
                path
                for path in answers.parent.glob(f"{stem}.*")
                if path != answers and path.suffix != ".py" and path.name.split(".")[0] == stem.split(".")[0]
            ]
            assert len(models) == 1, f"{answers}: expected one model beside it, got {models}"
            version = answers.parent.relative_to(root / area).as_posix()
            name = "-".join([area, *([] if version == "." else [version.replace("/", "-")]), stem])
            found[name] = Fixture(models[0], answers)
    return found


FIXTURES = fixtures_of(TEST_MODELS)


def _number(element):
    if element is None:
        return math.nan
    return float(element) if isinstance(element, str) else element


def _elements(tensor):
    return tensor["data"] if tensor["dtype"] == "BYTES" else [_number(each) for each in tensor["data"]]


def tensors_of(named):
    """Inputs of an .expected.json in the protocol's form."""
    return [
        {"name": name, "datatype": tensor["dtype"], "shape": tensor["shape"], "data": _elements(tensor)}
        for name, tensor in named.items()
    ]


def check_outputs(expected, got):
    """`got`, by name in the protocol's form, are the expected outputs within the file's tolerance."""
    for name, wanted in expected["outputs"].items():
        tensor = got[name]
        assert (tensor["datatype"], tensor["shape"]) == (wanted["dtype"], wanted["shape"]), name
        elements = _elements(wanted)
        terms = expected.get("terms", {}).get(name, [1.0 if name == "predict_proba" else 0.0] * len(elements))
        for index, (a, b, of) in enumerate(zip(elements, tensor["data"], terms, strict=True)):
            assert agrees(a, b, expected["tolerance"], of), f"{name}[{index}]: expected {a!r}, got {b!r}"


def agrees(expected, got, tolerance, terms):
    if isinstance(expected, float) and math.isfinite(expected):
        return abs(expected - got) <= tolerance * max(terms, abs(expected))
    return expected == got or (expected != expected and got != got)
