"""Files of other frameworks, cut off and with flipped bits, are refused or serve; quickly, and the server stays as it is."""

import os
import random
import time

import pytest

from support.classical import FIXTURES, check_outputs, tensors_of
from support.server import Server
from support.tensors import binary_request, outputs_of

IS_RELEASE = os.environ.get("SLIPWAY_TEST_SCALE") == "release"
CUTS, FLIPS = (250, 2500) if IS_RELEASE else (40, 150)  # of each file
MAX_LOAD_S = 2
MODELS = ("sklearn-random-forest", "xgboost-multi_softprob_ubjson", "lightgbm-categories", "catboost-categories_combined")
GOOD = "sklearn-logistic-regression"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    place(folder, "good", FIXTURES[GOOD], FIXTURES[GOOD].model.read_bytes())
    with Server(folder, args=["--model-control=explicit", "--load-model=good"]) as server:
        server.folder = folder
        yield server


def place(folder, name, fixture, content):
    version = folder / name / "1"
    version.mkdir(parents=True, exist_ok=True)
    (version / fixture.served_name).write_bytes(content)


def cuts(data, dice):
    return (data[: dice.randrange(len(data))] for _ in range(CUTS))


def flips(data, dice):
    for _ in range(FLIPS):
        damaged = bytearray(data)
        damaged[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        yield bytes(damaged)


def check_answers(server, model, fixture):
    expected = fixture.expected()
    outputs = [{"name": name} for name in expected["outputs"]]
    answer = server.post(f"/v2/models/{model}/infer", *binary_request(tensors_of(expected["inputs"]), outputs=outputs))
    assert answer.status == 200, answer.text
    check_outputs(expected, outputs_of(answer))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("damaged", [cuts, flips], ids=["cut", "flipped"])
def test_a_damaged_file_is_refused_or_serves_within_its_time(server, name, damaged):
    fixture, pid, files = FIXTURES[name], server.pid, server.open_files()
    model = f"{damaged.__name__}-{name}"
    path = f"/v2/repository/models/{model}"
    refused = 0
    for number, content in enumerate(damaged(fixture.model.read_bytes(), random.Random(name))):
        place(server.folder, model, fixture, content)
        begun = time.monotonic()
        answer = server.post(f"{path}/load")
        spent = time.monotonic() - begun
        assert spent <= MAX_LOAD_S, f"{number}: took {spent:.2f} s"
        assert answer.status == 200 or (answer.status in (400, 404, 422) and answer.error), f"{number}: {answer}"
        refused += answer.status != 200
        if answer.status == 200:
            if damaged is cuts:  # behind the trees there may be words that no answer needs
                check_answers(server, model, fixture)
            assert server.post(f"{path}/unload").status == 200
    assert refused
    check_answers(server, "good", FIXTURES[GOOD])
    assert server.pid == pid and server.is_running()
    assert server.open_files() <= files + 1
