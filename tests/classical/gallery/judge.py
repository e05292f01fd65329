"""Whether Slipway loads the recorded estimators and answers as scikit-learn did."""

import dataclasses
import pathlib
import pickle
import subprocess
import tempfile

from support.parity import ask, difference
from support.repository import settled
from support.server import Server, slipway_path

AGREES, DIFFERS, REFUSED = "agrees", "differs", "refused"
NO_PREDICT, CUSTOM, PRIVATE = "no predict side", "custom class", "private class"
NOT_PICKLED, NOT_ASKED = "not picklable", "not askable"
MODELS_AT_ONCE = 60
CONVERT_TIMEOUT_S = 120


@dataclasses.dataclass
class Verdict:
    """One fitted estimator of an example."""

    example: str
    module: str
    name: str
    inner: bool
    outcome: str
    detail: str = ""

    @property
    def counts(self):
        """It is one of those whose share is the yield."""
        return self.outcome in (AGREES, DIFFERS, REFUSED)


def judged(example, records):
    """A verdict for each record in the folder `records`."""
    verdicts, models = [], []
    for path in sorted(records.glob("*.record")):
        record = pickle.loads(path.read_bytes())
        outcome, detail = _before_loading(record, path.with_suffix(".pkl"))
        verdict = Verdict(example, record["module"], record["class"], record["inner"], outcome, detail)
        verdicts.append(verdict)
        if not outcome:
            models.append((path.with_suffix(".pkl"), record["cases"], verdict))
    for start in range(0, len(models), MODELS_AT_ONCE):
        _load_and_compare(models[start : start + MODELS_AT_ONCE])
    return verdicts


def _before_loading(record, model):
    if record["class"].startswith("_") and record["inner"]:
        return PRIVATE, ""
    if not record["sides"]:
        return NO_PREDICT, ""
    if not model.exists():
        return NOT_PICKLED, record["error"]
    if b"__main__" in model.read_bytes():
        return CUSTOM, ""
    if "error" in record:
        return NOT_ASKED, record["error"]
    return "", ""


def _load_and_compare(models):
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        served = {}
        for model, cases, verdict in models:
            name = f"m{len(served)}"
            message = _convert(model, pathlib.Path(folder, name, "1", "model.onnx"))
            if message:
                verdict.outcome, verdict.detail = REFUSED, message
            else:
                served[name] = cases, verdict
        if not served:
            return
        with Server(folder, wait_ready=False) as server:
            states = settled(server, len(served))
            for name, (cases, verdict) in served.items():
                verdict.outcome, verdict.detail = _compared(server, name, cases, states[name])


def _convert(model, out):
    """@return why it is refused; "" when it is not."""
    out.parent.mkdir(parents=True)
    done = subprocess.run(
        [slipway_path(), "convert", model, "-o", out],
        capture_output=True,
        text=True,
        timeout=CONVERT_TIMEOUT_S,
    )
    if done.returncode == 0:
        return ""
    assert done.returncode == 1, f"slipway convert ended with {done.returncode}: {done.stderr}"
    out.parent.rmdir()
    out.parent.parent.rmdir()
    return done.stderr.strip().removeprefix("slipway convert: ")


def _compared(server, name, cases, state):
    if state["state"] != "READY":
        return REFUSED, state.get("reason", "not loaded")
    for case, (x, expected) in cases.items():
        try:
            found = difference(expected, ask(server, name, x))
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            found = f"not answered: {error}"
        if found:
            return DIFFERS, f"{case} rows: {found}"
    return AGREES, ""
