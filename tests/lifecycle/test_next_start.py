"""What a server keeps in its data folder for the next start: it makes that quicker, and no answer depends on it."""

import json
import pathlib
import time

import pytest

from support.repository import field, power_model, scaled_model
from support.server import Server, wait_until
from support.tensors import outputs_of

IDENTITY = [1.0 if row == column else 0.0 for row in range(8) for column in range(8)]
HEAD_BYTES = 64


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def network(repository):
    """A model that ONNX Runtime runs and takes some milliseconds to load."""
    repository.put("m", 1, power_model(8, 1000))
    return repository


def loaded(server):
    return json.loads(server.wait_for_log("\"model loaded\""))


def answer(server):
    inputs = [{"name": "x", "datatype": "FP32", "shape": [8, 8], "data": IDENTITY}]
    response = server.infer("m", inputs)
    assert response.status == 200, response
    return outputs_of(response)["y"]["data"]


def start(repository, data):
    """@return (whether the model was loaded as it had been prepared, what it answers)"""
    with Server(repository, data=data) as server:
        return loaded(server)["prepared"], answer(server)


def prepared_file(data):
    """Of the only model; waits until it is whole."""
    def find():
        files = list((data / "prepared").glob("[0-9a-f]*"))
        return files[0] if files and files[0].stat().st_size > HEAD_BYTES else None

    return wait_until(find, 20, "a prepared model")


def prepare(repository, data):
    with Server(repository, data=data) as server:
        assert loaded(server)["prepared"] is False
        expected = answer(server)
        return prepared_file(data), expected


def test_the_second_start_takes_the_prepared_model(network, data):
    _, expected = prepare(network, data)
    assert start(network, data) == (True, expected)


def test_a_damaged_file_is_made_again(network, data):
    file, expected = prepare(network, data)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert start(network, data) == (False, expected)
    file.unlink()
    prepare(network, data)
    assert start(network, data) == (True, expected)


def test_another_model_under_the_name_is_not_served_by_it(network, data):
    prepare(network, data)
    network.put("m", 1, power_model(8, 999))
    assert start(network, data)[0] is False


def test_a_server_whose_folder_cannot_be_written_serves(network, data):
    data.write_text("a file in the folder's place")
    with Server(network, data=data) as server:
        expected = answer(server)
        server.wait_for_log("cannot remember a passed probe")
        time.sleep(1.5)  # longer than the server waits before it prepares
        assert answer(server) == expected


def test_digests_of_files_are_remembered(repository, data):
    padded = [scaled_model(factor) + field(6, " " * 300_000) for factor in (2, 3)]
    repository.put("m", 1, padded[0])
    time.sleep(2.1)  # a file that has just changed is not remembered

    def digest():
        with Server(repository, data=data) as server:
            return loaded(server)["digest"]

    first = digest()
    line = (data / "digests").read_text().splitlines()[1]
    assert line.split()[2] == str(len(padded[0]))
    assert digest() == first
    repository.put("m", 1, padded[1])
    assert digest() != first
    assert pathlib.Path(data / "digests").read_text().splitlines()[1] == line
