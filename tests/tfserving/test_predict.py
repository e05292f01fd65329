"""TensorFlow Serving's predict, by row and by column: what it answers is what the frameworks answered."""

import json
import math

import pytest

from support.instances import columns_of, flat, rows_of, value_of
from support.models import check_elements, examples
from support.tensors import outputs_of

GOLDEN = list(examples())
EVERY = pytest.mark.parametrize(
    "model,example",
    [(model, example) for model, _, example in GOLDEN],
    ids=[f"{model}-{name}" for model, name, _ in GOLDEN],
)
DIGITS = next(example for model, name, example in GOLDEN if (model, name) == ("digits", "four"))


def predict(server, model, body, suffix=""):
    answer = server.post(f"/v1/models/{model}{suffix}:predict", body)
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def check_columns(value, golden):
    """`value` is what "outputs" holds: the one output's lists, or an object of all."""
    if len(golden) == 1:
        value = {golden[0]["name"]: value}
    assert list(value) == [each["name"] for each in golden]
    for each in golden:
        check_elements(each, flat(value[each["name"]]))


def check_rows(rows, golden):
    if len(golden) == 1:
        return check_columns(rows, golden)
    return check_columns({name: [row[name] for row in rows] for name in rows[0]}, golden)


@EVERY
def test_rows_of_values(server, model, example):
    [golden] = example["inputs"]
    answer = predict(server, model, {"instances": value_of(golden)})
    assert list(answer) == ["predictions"]
    check_rows(answer["predictions"], example["outputs"])


@EVERY
def test_rows_of_named_values(server, model, example):
    answer = predict(server, model, {"instances": rows_of(example["inputs"])})
    check_rows(answer["predictions"], example["outputs"])


@EVERY
def test_columns(server, model, example):
    [golden] = example["inputs"]
    for inputs in (value_of(golden), columns_of(example["inputs"])):
        answer = predict(server, model, {"signature_name": "serving_default", "inputs": inputs})
        assert list(answer) == ["outputs"]
        check_columns(answer["outputs"], example["outputs"])


@pytest.mark.parametrize(
    "suffix", ["/versions/1", "/versions/latest", "/versions/stable", "/labels/stable", "/labels/latest"]
)
def test_version_and_label_in_the_path(server, suffix):
    answer = predict(server, "digits", {"instances": value_of(DIGITS["inputs"][0])}, suffix)
    check_rows(answer["predictions"], DIGITS["outputs"])


def test_several_inputs_and_outputs(server):
    numbers = list(range(16))
    one = {"INPUT0": numbers, "INPUT1": [1] * 16}
    plus, minus = [each + 1 for each in numbers], [each - 1 for each in numbers]
    assert predict(server, "add_sub", {"instances": [one, one]}) == {
        "predictions": [{"OUTPUT0": plus, "OUTPUT1": minus}] * 2
    }
    columns = {name: [value] for name, value in one.items()}
    assert predict(server, "add_sub", {"inputs": columns}) == {
        "outputs": {"OUTPUT0": [plus], "OUTPUT1": [minus]}
    }


@pytest.mark.parametrize(
    "datatype,values",
    [
        ("int64", [-(2**63), 2**63 - 1, 2**53 + 1]),
        ("uint64", [2**64 - 1]),
        ("bool", [True, False]),
        ("fp16", [0.5, -65504.0]),
        ("bf16", [1.5]),
        ("fp32", [0.1, 1e-45]),
        ("fp64", [0.1, 5e-324]),
        ("bytes", ["", "häß“", "a\u0000b"]),
    ],
)
def test_every_kind_of_element_comes_back(server, datatype, values):
    shape = server.get(f"/v2/models/identity_{datatype}").json()["inputs"][0]["shape"]
    value = values
    for _ in shape[1:]:
        value = [value]
    answer = predict(server, f"identity_{datatype}", {"inputs": value})["outputs"]
    if datatype == "fp32":
        assert flat(answer) == [pytest.approx(0.1, rel=1e-7), pytest.approx(1e-45, rel=0.5)]
    else:
        assert answer == value


def test_nan_and_infinities_are_tokens(server):
    body = b'{"inputs": [[NaN, 1, Infinity, -Infinity]]}'
    answer = server.post("/v1/models/identity_fp32:predict", body)
    assert answer.text == '{"outputs":[[NaN,1.0,Infinity,-Infinity]]}', answer
    [[nan, one, *infinite]] = json.loads(answer.text)["outputs"]
    assert math.isnan(nan) and one == 1 and infinite == [math.inf, -math.inf]


def test_base64_is_the_bytes(server):
    plain = predict(server, "topic", {"instances": [["a game of chess"]]})
    coded = predict(server, "topic", {"instances": [[{"b64": "YSBnYW1lIG9mIGNoZXNz"}]]})
    assert plain == coded
    answer = server.post("/v1/models/identity_bytes:predict", {"inputs": [[{"b64": "/w=="}]]})
    assert (answer.status, answer.error) == (
        400,
        'output "OUTPUT0": element 0 is not UTF-8, which JSON cannot say',
    )


def test_an_empty_batch_has_an_empty_answer_by_column(server):
    assert predict(server, "identity_fp32", {"inputs": [[]]}) == {"outputs": [[]]}


def test_the_same_numbers_as_open_inference(server):
    other = outputs_of(server.infer("digits", DIGITS["inputs"]))["probabilities"]["data"]
    rows = predict(server, "digits", {"instances": value_of(DIGITS["inputs"][0])})["predictions"]
    assert flat(rows) == list(other)


def test_requests_are_counted_with_the_model_s(server):
    def served():
        stats = server.get("/v2/models/breast_cancer/stats").json()["model_stats"][0]
        return stats["inference_stats"]["success"]["count"], stats["inference_stats"]["fail"]["count"]

    before = served()
    predict(server, "breast_cancer", {"instances": [[0.0] * 30]})
    assert server.post("/v1/models/breast_cancer:predict", {"instances": [[0.0]]}).status == 400
    assert served() == (before[0] + 1, before[1] + 1)
