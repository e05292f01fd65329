"""Inference through the stock client: golden examples, options of a request, compression."""

import json

import pytest

from stock import array_of, elements_of, input_of, np, triton
from support.models import TEST_MODELS, check_elements, examples

GOLDEN = list(examples())
NAMES = [f"{model}-{name}" for model, name, _ in GOLDEN]


def check_golden(result, example):
    for golden in example["outputs"]:
        got = result.as_numpy(golden["name"])
        assert list(got.shape) == golden["shape"]
        check_elements(golden, elements_of(got))


@pytest.mark.parametrize("binary_output", [False, True], ids=["json_out", "binary_out"])
@pytest.mark.parametrize("binary_input", [False, True], ids=["json_in", "binary_in"])
@pytest.mark.parametrize("model,_name,example", GOLDEN, ids=NAMES)
def test_golden_example(client, model, _name, example, binary_input, binary_output):
    inputs = [
        input_of(each["name"], each["datatype"], array_of(each), binary_input)
        for each in example["inputs"]
    ]
    outputs = [
        triton.InferRequestedOutput(each["name"], binary_data=binary_output)
        for each in example["outputs"]
    ]
    check_golden(client.infer(model, inputs, outputs=outputs), example)


@pytest.mark.parametrize("version", ["", "1", "latest", "stable"])
def test_version_or_alias_answers_with_its_number(client, version):
    pixels = input_of("pixels", "FP32", np.zeros([1, 1, 8, 8], np.float32), True)
    response = client.infer("digits", [pixels], model_version=version).get_response()
    assert response["model_name"] == "digits"
    assert response["model_version"] == "1"


def test_request_id_comes_back(client):
    pixels = input_of("pixels", "FP32", np.zeros([1, 1, 8, 8], np.float32), True)
    assert (
        client.infer("digits", [pixels], request_id="an id, “quoted”").get_response()["id"]
        == "an id, “quoted”"
    )


def test_classification_gives_value_index_and_label(client):
    [(_, _, example)] = [each for each in GOLDEN if each[:2] == ("digits", "four")]
    [golden] = example["outputs"]
    best = triton.InferRequestedOutput("probabilities", class_count=3)
    result = client.infer(
        "digits", [input_of("pixels", "FP32", array_of(example["inputs"][0]), True)], outputs=[best]
    )
    classes = result.as_numpy("probabilities")
    assert classes.shape == (4, 3)
    for row, expected in zip(classes, array_of(golden)):
        ranking = np.argsort(-expected, kind="stable")[:3]
        for text, index in zip(row, ranking):
            value, position, label = text.decode().split(":")
            assert (int(position), label) == (index, str(index))
            assert float(value) == pytest.approx(expected[index], abs=2e-6, rel=1e-4)


def test_classification_labels_come_from_the_bundle_too(client):
    [(_, _, example)] = [each for each in GOLDEN if each[:2] == ("breast_cancer", "one")]
    best = triton.InferRequestedOutput("probabilities", binary_data=False, class_count=1)
    result = client.infer(
        "breast_cancer",
        [input_of("features", "FP32", array_of(example["inputs"][0]), False)],
        outputs=[best],
    )
    [text] = elements_of(result.as_numpy("probabilities"))
    assert text.endswith(":1:malignant")


def test_outputs_come_in_the_order_asked_for(test_client):
    a = np.arange(16, dtype=np.int32).reshape(1, 16)
    b = np.full([1, 16], 5, np.int32)
    outputs = [
        triton.InferRequestedOutput("OUTPUT1", binary_data=True),
        triton.InferRequestedOutput("OUTPUT0", binary_data=False),
    ]
    result = test_client.infer(
        "add_sub",
        [input_of("INPUT1", "INT32", b, True), input_of("INPUT0", "INT32", a, False)],
        outputs=outputs,
    )
    assert [each["name"] for each in result.get_response()["outputs"]] == ["OUTPUT1", "OUTPUT0"]
    assert (result.as_numpy("OUTPUT0") == a + b).all()
    assert (result.as_numpy("OUTPUT1") == a - b).all()


def test_one_output_of_two(test_client):
    a = np.ones([3, 16], np.int32)
    inputs = [input_of("INPUT0", "INT32", a, True), input_of("INPUT1", "INT32", a, True)]
    result = test_client.infer("add_sub", inputs, outputs=[triton.InferRequestedOutput("OUTPUT1")])
    assert result.as_numpy("OUTPUT0") is None
    assert (result.as_numpy("OUTPUT1") == 0).all()


def test_optional_input_may_be_left_out(test_client):
    x = input_of("x", "FP32", np.ones([2, 4], np.float32), True)
    scale = input_of("scale", "FP32", np.array([0.5], np.float32), True)
    assert (test_client.infer("optional_input", [x]).as_numpy("y") == 3).all()
    assert (test_client.infer("optional_input", [x, scale]).as_numpy("y") == 0.5).all()


@pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])
@pytest.mark.parametrize("model", ["zipmap_int64", "zipmap_string"])
def test_zipmap_is_a_tensor_with_a_column_a_class(test_client, model, binary):
    example = json.loads((TEST_MODELS / f"{model}.json").read_text(encoding="utf-8"))
    outputs = [
        triton.InferRequestedOutput(each["name"], binary_data=binary) for each in example["outputs"]
    ]
    inputs = [input_of("X", "FP32", array_of(example["inputs"][0]), binary)]
    check_golden(test_client.infer(model, inputs, outputs=outputs), example)


@pytest.mark.parametrize("response_coding", [None, "gzip", "deflate"])
@pytest.mark.parametrize("request_coding", [None, "gzip", "deflate"])
@pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])
def test_compressed_both_ways(client, request_coding, response_coding, binary):
    [(_, _, example)] = [each for each in GOLDEN if each[:2] == ("digits", "thirty_two")]
    outputs = [triton.InferRequestedOutput("probabilities", binary_data=binary)]
    result = client.infer(
        "digits",
        [input_of("pixels", "FP32", array_of(example["inputs"][0]), binary)],
        outputs=outputs,
        request_compression_algorithm=request_coding,
        response_compression_algorithm=response_coding,
    )
    check_golden(result, example)


def test_concurrent_requests_of_one_client(examples_server):
    chosen = [each for each in GOLDEN if each[0] == "digits"] * 8
    with triton.InferenceServerClient(examples_server.address, concurrency=4) as client:
        pending = [
            client.async_infer(
                model, [input_of("pixels", "FP32", array_of(example["inputs"][0]), True)]
            )
            for model, _, example in chosen
        ]
        for call, (_, _, example) in zip(pending, chosen):
            check_golden(call.get_result(), example)
