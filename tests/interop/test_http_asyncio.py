"""The stock HTTP client with asyncio, several calls at a time on its connections."""

import asyncio

import pytest

from stock import InferenceServerException, array_of, elements_of, input_of, np, triton_aio
from support.models import check_elements, examples

GOLDEN = list(examples())


def ask(server, calls):
    """The result of the coroutine `calls(client)`."""

    async def run():
        async with triton_aio.InferenceServerClient(server.address) as client:
            return await calls(client)

    return asyncio.run(run())


def infer(client, model, example, binary, **options):
    inputs = [input_of(e["name"], e["datatype"], array_of(e), binary) for e in example["inputs"]]
    outputs = [triton_aio.InferRequestedOutput(e["name"], binary_data=binary) for e in example["outputs"]]
    return client.infer(model, inputs, outputs=outputs, **options)


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
@pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])
def test_golden_examples_at_once(examples_server, binary, compression):
    coding = {"request_compression_algorithm": compression, "response_compression_algorithm": compression}

    async def all_of_them(client):
        return await asyncio.gather(*(infer(client, model, e, binary, **coding) for model, _, e in GOLDEN * 4))

    for (_, _, example), result in zip(GOLDEN * 4, ask(examples_server, all_of_them)):
        for golden in example["outputs"]:
            got = result.as_numpy(golden["name"])
            assert list(got.shape) == golden["shape"]
            check_elements(golden, elements_of(got))


def test_health_metadata_and_statistics(examples_server):
    async def look(client):
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready("digits", "stable") and not await client.is_model_ready("digit")
        assert (await client.get_server_metadata())["name"] == "slipway"
        assert (await client.get_model_config("digits"))["max_batch_size"] == 64
        [statistics] = (await client.get_inference_statistics("digits"))["model_stats"]
        index = await client.get_model_repository_index()
        return await client.get_model_metadata("digits", "latest"), statistics, index

    metadata, statistics, index = ask(examples_server, look)
    assert (metadata["name"], metadata["versions"]) == ("digits", ["1"])
    assert statistics["name"] == "digits"
    assert {each["name"] for each in index} == {"breast_cancer", "digits", "topic"}


def test_an_error_is_one_call_s_own(examples_server):
    right = np.zeros([2, 1, 8, 8], np.float32)
    wrong = np.zeros([2, 1, 8, 9], np.float32)

    async def both(client):
        calls = (client.infer("digits", [input_of("pixels", "FP32", each, True)]) for each in (right, wrong))
        return await asyncio.gather(*calls, return_exceptions=True)

    answer, error = ask(examples_server, both)
    assert answer.as_numpy("probabilities").shape == (2, 10)
    assert isinstance(error, InferenceServerException) and error.status() == "400"
    assert "expected FP32 [-1,1,8,8], got FP32 [2,1,8,9]" in error.message()
