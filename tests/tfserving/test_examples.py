"""Classify and regress: examples of features instead of tensors."""

import pytest

from support.checks import check_error
from support.models import examples

FEATURES = next(
    example["inputs"][0] for model, _, example in examples() if model == "breast_cancer"
)
ROWS, WIDTH = FEATURES["shape"]
EXAMPLES = [
    {"features": FEATURES["data"][row * WIDTH : (row + 1) * WIDTH]} for row in range(ROWS)
]


def test_classify_names_every_class(server):
    answer = server.post("/v1/models/breast_cancer:classify", {"examples": EXAMPLES})
    assert answer.status == 200, answer
    predicted = server.post(
        "/v1/models/breast_cancer:predict", {"instances": [each["features"] for each in EXAMPLES]}
    ).json()["predictions"]
    assert answer.json() == {
        "results": [
            [["benign", row["probabilities"][0]], ["malignant", row["probabilities"][1]]]
            for row in predicted
        ]
    }


def test_regress_gives_a_value_for_each_example(server):
    answer = server.post(
        "/v1/models/identity_fp32/versions/1:regress",
        {"signature_name": "serving_default", "examples": [{"INPUT0": 1.5}, {"INPUT0": [-8]}]},
    )
    assert answer.status == 200 and answer.json() == {"results": [1.5, -8.0]}, answer


def test_the_context_is_shared(server):
    numbers = list(range(16))
    answer = server.post(
        "/v1/models/add_sub:classify", {"context": {"INPUT1": numbers}, "examples": [{"INPUT0": numbers}]}
    )
    check_error(answer, 400, "classify needs one output of floats", "0 of floats")
    answer = server.post(
        "/v1/models/optional_input:regress", {"context": {"x": [1, 2, 3, 4]}, "examples": [{}, {}]}
    )
    check_error(answer, 400, "regress needs one value an example", "FP32 [2,4]")


@pytest.mark.parametrize(
    "body,words",
    [
        ({}, ['"examples" is missing']),
        ({"examples": [{"features": [1]}]}, ['"features"', "expected 30 values", "got 1"]),
        ({"examples": [{"feature": 1}]}, ["example 0", 'no input "feature"']),
        ({"examples": EXAMPLES[:1], "signature_name": "x"}, ["Serving signature name", '"x" not found']),
    ],
)
def test_bad_examples_are_refused_by_name(server, body, words):
    check_error(server.post("/v1/models/breast_cancer:classify", body), 400, *words)
