"""Each of the 932 node models of the ONNX project, through the server: right, or refused as documented.

The models lie in one repository. Each data set goes in as a binary request, and what comes back is compared with
the outputs that came with the model, within the tolerance of src/onnx/testing/node_test_data.h. What may be
refused, and why, is the table of docs/formats/onnx-operators.md.

An ordinary run spares the probe for all but a few models: it costs a process for each, and without it a model
that breaks the runtime would break the server, which is what this looks for.
"""

import http.client
import json
import math
import os
import re
import shutil

import pytest

from support.models import ROOT
from support.onnx_data import NODE_FOLDER, node_tests
from support.server import Response, Server
from support.tensors import binary_request, outputs_of, unpack

DOCUMENT = ROOT / "docs" / "formats" / "onnx-operators.md"
IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
PROBED_OF = 1 if IS_RELEASE else 24
RELATIVE = {"FP16": 1e-2, "BF16": 2e-2, "FP32": 1e-3, "FP64": 1e-3}
EXPECTED_MODELS = 932

pytestmark = pytest.mark.skipif(
    not NODE_FOLDER.exists(), reason="Debian's libonnx-testdata is not installed"
)


@pytest.fixture(scope="module")
def tests():
    return node_tests()


def documented_refusals():
    """model -> why, from the table."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: why.replace("\\|", "|") for name, why in rows}


def repository(folder, tests):
    for test in tests:
        version = folder / test.name / "1"
        version.mkdir(parents=True)
        shutil.copyfile(test.model, version / "model.onnx")
    return folder


class Caller:
    """One kept connection: a connection a request would take most of the time."""

    def __init__(self, server):
        self._connection = http.client.HTTPConnection(server.address, timeout=30)

    def infer(self, model, inputs):
        body, headers = binary_request(inputs)
        self._connection.request("POST", f"/v2/models/{model}/infer", body, headers)
        answer = self._connection.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())


def close(expected, got, relative, absolute):
    if math.isnan(expected) or math.isinf(expected):
        return got == expected or (math.isnan(expected) and math.isnan(got))
    return abs(expected - got) <= absolute + relative * abs(expected)


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def same_text(expected, got):
    if expected == got:
        return True
    numbers = is_number(expected) and is_number(got)
    return numbers and close(float(expected), float(got), RELATIVE["FP32"], 1e-7)


def difference(expected, got):
    """None, or how an output differs."""
    for field in ("datatype", "shape"):
        if expected[field] != got[field]:
            return f'{expected["name"]}: {field} {got[field]}, expected {expected[field]}'
    datatype = expected["datatype"]
    if expected["raw"] == got["raw"]:
        return None
    if datatype not in RELATIVE and datatype != "BYTES":
        return f'{expected["name"]}: values differ'
    wanted = unpack(datatype, expected["raw"])
    # A transform rounds its near-zero elements by its large ones.
    largest = max((abs(v) for v in wanted if datatype != "BYTES" and math.isfinite(v)), default=0)
    for index, (want, have) in enumerate(zip(wanted, got["data"])):
        agrees = (
            same_text(want, have)
            if datatype == "BYTES"
            else close(want, have, RELATIVE[datatype], max(1e-7, 1e-5 * largest))
        )
        if not agrees:
            return f'{expected["name"]}[{index}]: {have}, expected {want}'
    return None


def run(caller, test):
    """@return (refusal, wrong): both None when every data set came out right."""
    for inputs, outputs in test.cases:
        answer = caller.infer(test.name, inputs)
        if answer.status != 200:
            return (answer.error, None) if answer.status == 400 else (None, repr(answer))
        got = outputs_of(answer)
        for expected in outputs:
            wrong = None if test.is_random else difference(expected, got[expected["name"]])
            if wrong:
                return None, wrong
    return None, None


def check(server, tests):
    pid = server.pid
    index = {entry["name"]: entry for entry in server.post("/v2/repository/index").json()}
    assert sorted(index) == [test.name for test in tests]
    refused, wrong = {}, {}
    caller = Caller(server)
    for test in tests:
        if index[test.name]["state"] != "READY":
            refused[test.name] = index[test.name]["reason"]
            continue
        refusal, difference_found = run(caller, test)
        if refusal:
            refused[test.name] = refusal
        if difference_found:
            wrong[test.name] = difference_found
    assert not wrong, json.dumps(wrong, indent=1)
    documented = documented_refusals()
    names = {test.name for test in tests}
    assert sorted(refused) == sorted(names & set(documented)), json.dumps(refused, indent=1)
    for name, why in refused.items():
        assert why == documented[name], name
    assert server.is_running() and server.pid == pid
    assert server.get("/v2/health/live").status == 200


def test_every_model_is_right_or_refused_as_documented(tmp_path, tests):
    assert len(tests) == EXPECTED_MODELS
    with Server(repository(tmp_path, tests), args=["--probe=false"]) as server:
        check(server, tests)


def test_the_probe_refuses_no_model_that_works(tmp_path, tests):
    """Its sandbox withholds files and system calls from the runtime."""
    locale = "test_strnormalizer_export_monday_empty_output"
    some = [test for i, test in enumerate(tests) if i % PROBED_OF == 0 or test.name == locale]
    with Server(repository(tmp_path, some), ready_timeout_s=300) as server:
        check(server, some)
