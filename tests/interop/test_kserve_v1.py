"""KServe's own client, protocol v1, and the same client's protocol v2 on the same port."""

import concurrent.futures
import multiprocessing

import pytest

import kserve_client
from stock import np
from support.instances import columns_of, flat, value_of
from support.models import check_elements, examples

CALL_TIMEOUT_S = 60
DIGITS = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))


@pytest.fixture(scope="module")
def ask(examples_server):
    """ask(protocol, method, *args, **options) -> the client's answer, and the text of its error."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:

        def call(protocol, method, *args, **options):
            asked = other.submit(kserve_client.ask, examples_server.url, protocol, method, args, options)
            return asked.result(CALL_TIMEOUT_S)

        yield call


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_model_is_ready(ask, protocol):
    assert ask(protocol, "is_model_ready", "digits") == (True, None)


def test_unknown_model_is_an_error_with_a_reason(ask):
    _, error = ask("v1", "is_model_ready", "digit")
    assert "Could not find any versions of model digit" in error and "404" in error
    _, error = ask("v1", "infer", {"instances": [1]}, model_name="digit")
    assert "Servable not found for request: Latest(digit)" in error and "404" in error


def test_predict(ask):
    data = {"instances": value_of(DIGITS["inputs"][0])}
    answer, _ = ask("v1", "infer", data, model_name="digits")
    check_elements(DIGITS["outputs"][0], flat(answer["predictions"]))


def test_predict_by_column(ask):
    example = next(example for model, _, example in examples() if model == "topic")
    data = {"inputs": columns_of(example["inputs"])}
    answer, _ = ask("v1", "infer", data, model_name="topic")
    for golden in example["outputs"]:
        check_elements(golden, flat(answer["outputs"][golden["name"]]))


def test_explain_is_not_offered(ask):
    _, error = ask("v1", "explain", "digits", {"instances": [1]})
    assert "not offered: explanations" in error and "501" in error


def test_protocol_v2_of_the_same_client(ask):
    golden = DIGITS["inputs"][0]
    pixels = np.array(golden["data"], np.float32).reshape(golden["shape"])
    answer, _ = ask("v2", "infer", data=("pixels", pixels), model_name="digits")
    check_elements(DIGITS["outputs"][0], answer["probabilities"].ravel().tolist())
