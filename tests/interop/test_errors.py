"""What the stock client is told when it asks for something wrong."""

import pytest

from stock import InferenceServerException, input_of, np, triton


def pixels(shape=(1, 1, 8, 8), name="pixels", datatype="FP32", dtype="float32"):
    return input_of(name, datatype, np.zeros(shape, dtype), True)


def refusal(client, *args, **kwargs):
    """@return HTTP status and message of the error that infer raises."""
    with pytest.raises(InferenceServerException) as caught:
        client.infer(*args, **kwargs)
    return caught.value.status(), caught.value.message()


def test_unknown_model_is_404_and_named(client):
    status, message = refusal(client, "digit", [pixels()])
    assert status == "404"
    assert "digit" in message


@pytest.mark.parametrize("version", ["2", "nightly"])
def test_unknown_version_or_alias_is_404_and_named(client, version):
    status, message = refusal(client, "digits", [pixels()], model_version=version)
    assert status == "404"
    assert version in message and "digits" in message


def test_unknown_input_is_named(client):
    status, message = refusal(client, "digits", [pixels(name="pixel")])
    assert status == "400"
    assert '"pixel"' in message


def test_missing_input_is_named(test_client):
    a = input_of("INPUT0", "INT32", np.zeros([1, 16], np.int32), True)
    status, message = refusal(test_client, "add_sub", [a])
    assert status == "400"
    assert '"INPUT1"' in message


def test_duplicate_input_is_named(client):
    status, message = refusal(client, "digits", [pixels(), pixels()])
    assert status == "400"
    assert '"pixels"' in message


def test_wrong_datatype_says_expected_and_got(client):
    status, message = refusal(client, "digits", [pixels(datatype="FP64", dtype="float64")])
    assert status == "400"
    assert '"pixels"' in message and "FP32" in message and "FP64" in message


def test_wrong_shape_says_expected_and_got(client):
    status, message = refusal(client, "digits", [pixels(shape=(2, 1, 8, 9))])
    assert status == "400"
    assert "[-1,1,8,8]" in message and "[2,1,8,9]" in message


def test_more_rows_than_max_batch_size_is_400(client):
    status, message = refusal(client, "digits", [pixels(shape=(65, 1, 8, 8))])
    assert status == "400"
    assert "64" in message and "65" in message


def test_unknown_output_is_named(client):
    status, message = refusal(
        client, "digits", [pixels()], outputs=[triton.InferRequestedOutput("scores")]
    )
    assert status == "400"
    assert '"scores"' in message


def test_server_answers_after_all_that(client):
    assert client.infer("digits", [pixels()]).as_numpy("probabilities").shape == (1, 10)


@pytest.mark.parametrize(
    "method", ["get_model_metadata", "get_model_config", "get_inference_statistics"]
)
def test_unknown_model_of_other_calls_is_404(client, method):
    with pytest.raises(InferenceServerException) as caught:
        getattr(client, method)("nobody")
    assert caught.value.status() == "404"
    assert "nobody" in caught.value.message()
