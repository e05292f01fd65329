"""The model repository extension through the stock client."""

import shutil

import pytest

from stock import InferenceServerException, input_of, np, triton
from support.models import EXAMPLES
from support.server import Server, wait_until


def ask(client):
    pixels = input_of("pixels", "FP32", np.zeros([1, 1, 8, 8], np.float32), True)
    return client.infer("digits", [pixels])


def test_index_lists_models_versions_and_states(client):
    index = client.get_model_repository_index()
    assert sorted((each["name"], each["version"], each["state"]) for each in index) == [
        ("breast_cancer", "1", "READY"),
        ("digits", "1", "READY"),
        ("topic", "1", "READY"),
    ]


def test_load_and_unload_are_refused_unless_explicit(client):
    for call in (client.load_model, client.unload_model):
        with pytest.raises(InferenceServerException) as caught:
            call("digits")
        assert "--model-control=explicit" in caught.value.message()
    assert client.is_model_ready("digits")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(EXAMPLES / "digits", folder / "digits")
    (folder / "broken" / "1").mkdir(parents=True)
    (folder / "broken" / "1" / "model.onnx").write_bytes(b"no protobuf")
    return folder


@pytest.fixture(scope="module")
def explicit_server(repository):
    with Server(repository, args=["--model-control=explicit"]) as server:
        yield server


@pytest.fixture
def explicit_client(explicit_server):
    with triton.InferenceServerClient(explicit_server.address) as client:
        yield client


def test_explicit_load_and_unload(explicit_client):
    client = explicit_client
    assert not client.is_model_ready("digits")
    with pytest.raises(InferenceServerException):
        ask(client)

    client.load_model("digits")
    assert client.is_model_ready("digits")
    assert ask(client).as_numpy("probabilities").shape == (1, 10)

    client.load_model("digits")  # again: the same version goes on
    assert ask(client).as_numpy("probabilities").shape == (1, 10)

    client.unload_model("digits")
    wait_until(lambda: not client.is_model_ready("digits"), what="the unload")
    with pytest.raises(InferenceServerException):
        ask(client)


def test_loading_an_unknown_model_is_404(explicit_client):
    with pytest.raises(InferenceServerException) as caught:
        explicit_client.load_model("nobody")
    assert caught.value.status() == "404"
    assert "nobody" in caught.value.message()


def test_loading_a_broken_model_says_why_and_so_does_the_index(explicit_client):
    with pytest.raises(InferenceServerException) as caught:
        explicit_client.load_model("broken")
    assert caught.value.status() == "422"
    [entry] = [
        each for each in explicit_client.get_model_repository_index() if each["name"] == "broken"
    ]
    assert entry["state"] == "UNAVAILABLE"
    assert entry["reason"]
    assert not explicit_client.is_model_ready("broken")


def test_a_client_brings_no_configuration(explicit_client):
    with pytest.raises(InferenceServerException) as caught:
        explicit_client.load_model("digits", config='{"max_batch_size": 1}')
    assert caught.value.status() == "501"
    assert '"config"' in caught.value.message()


def test_a_client_brings_no_files(explicit_client):
    with pytest.raises(InferenceServerException) as caught:
        explicit_client.load_model("digits", files={"file:1/model.onnx": b"anything"})
    assert caught.value.status() == "501"
    assert '"file:1/model.onnx"' in caught.value.message()
