"""KServe's own client, protocol v1, and the same client's protocol v2 on the same port."""

import asyncio

import pytest

from stock import np
from support.instances import columns_of, flat, value_of
from support.models import check_elements, examples

DIGITS = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))


@pytest.fixture(scope="module")
def kserve():
    import kserve  # takes seconds

    return kserve


def ask(kserve, server, protocol, method, *args, **options):
    """One call of the asynchronous client, with a client of its own."""

    async def call():
        config = kserve.RESTConfig(protocol=protocol, retries=0, timeout=30)
        async with kserve.InferenceRESTClient(config) as client:
            return await getattr(client, method)(server.url, *args, **options)

    return asyncio.run(call())


def test_model_is_ready(kserve, examples_server):
    assert ask(kserve, examples_server, "v1", "is_model_ready", "digits") is True
    assert ask(kserve, examples_server, "v2", "is_model_ready", "digits") is True


def test_unknown_model_is_an_error_with_a_reason(kserve, examples_server):
    import httpx

    with pytest.raises(httpx.HTTPStatusError, match="Could not find any versions of model digit"):
        ask(kserve, examples_server, "v1", "is_model_ready", "digit")
    with pytest.raises(httpx.HTTPStatusError, match="Servable not found.*404"):
        ask(kserve, examples_server, "v1", "infer", {"instances": [1]}, model_name="digit")


def test_predict(kserve, examples_server):
    data = {"instances": value_of(DIGITS["inputs"][0])}
    answer = ask(kserve, examples_server, "v1", "infer", data, model_name="digits")
    check_elements(DIGITS["outputs"][0], flat(answer["predictions"]))


def test_predict_by_column(kserve, examples_server):
    example = next(example for model, _, example in examples() if model == "topic")
    data = {"inputs": columns_of(example["inputs"])}
    answer = ask(kserve, examples_server, "v1", "infer", data, model_name="topic")
    for golden in example["outputs"]:
        check_elements(golden, flat(answer["outputs"][golden["name"]]))


def test_explain_is_not_offered(kserve, examples_server):
    import httpx

    with pytest.raises(httpx.HTTPStatusError, match="not offered.*501"):
        ask(kserve, examples_server, "v1", "explain", "digits", {"instances": [1]})


def test_protocol_v2_of_the_same_client(kserve, examples_server):
    pixels = kserve.InferInput("pixels", [4, 1, 8, 8], "FP32")
    golden = np.array(DIGITS["inputs"][0]["data"], np.float32).reshape(4, 1, 8, 8)
    pixels.set_data_from_numpy(golden, binary_data=False)
    request = kserve.InferRequest(model_name="digits", infer_inputs=[pixels])
    answer = ask(kserve, examples_server, "v2", "infer", request, model_name="digits")
    check_elements(DIGITS["outputs"][0], answer.outputs[0].as_numpy().ravel().tolist())
