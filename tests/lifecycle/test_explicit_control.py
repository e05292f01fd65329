"""--model-control=explicit: models come and go by request."""

import urllib.parse

import pytest

from serving import index, scale
from support.checks import check_error
from support.repository import scaled_model
from support.server import Server


@pytest.fixture
def server(repository):
    repository.put("m", 1, scaled_model(2))
    repository.put("other", 1, scaled_model(3))
    args = ["--model-control=explicit", "--load-model=m"]
    with Server(repository, args=args) as server:
        yield server


def act(server, action, model, body=b""):
    return server.post(f"/v2/repository/models/{model}/{action}", body)


def test_only_what_is_named_is_loaded_at_start(server):
    assert scale(server) == (1, 2)
    for route in ("", "/ready", "/config", "/stats"):
        check_error(server.get(f"/v2/models/other{route}"), 404, "unloaded")
    assert server.get("/v2/models").json() == {"models": ["m"]}


def test_load_and_unload(server):
    assert act(server, "load", "other").status == 200
    assert scale(server, "other") == (1, 3)
    assert act(server, "unload", "other").status == 200
    assert server.get("/v2/models/other").status == 404
    assert scale(server) == (1, 2)


def test_the_index_names_what_lies_there_and_is_not_loaded(server, repository):
    def states():
        return {key: (entry["state"], entry["reason"]) for key, entry in index(server).items()}

    unloaded = ("UNAVAILABLE", "unloaded")
    assert states() == {("m", "1"): ("READY", ""), ("other", "1"): unloaded}
    repository.put("new", 4, scaled_model(5))
    assert states()["new", "4"] == unloaded
    assert act(server, "unload", "m").status == 200
    assert states()["m", "1"] == unloaded
    assert act(server, "unload", "m").status == 404
    ready = server.post("/v2/repository/index", {"ready": True}).json()
    assert ready == []


def test_load_of_a_policy_that_selects_nothing_names_it_and_the_versions(server, repository):
    repository.put_file("other", "config.pbtxt", "version_policy { specific { versions: [7] } }")
    check_error(act(server, "load", "other"), 422, "version_policy", "7", "found: 1")


def test_load_takes_what_is_new_and_only_then(server, repository):
    repository.put("m", 2, scaled_model(7))
    assert scale(server) == (1, 2)
    assert act(server, "load", "m").status == 200
    assert scale(server) == (2, 7)


def test_load_that_fails_says_why_and_keeps_the_old(server, repository):
    repository.put("m", 2, b"no model")
    check_error(act(server, "load", "m"), 422, "version 2", "not an ONNX model")
    assert scale(server) == (1, 2)
    assert "not an ONNX model" in index(server)["m", "2"]["reason"]


@pytest.mark.parametrize("action", ["load", "unload"])
def test_unknown_model_is_404(server, action):
    check_error(act(server, action, "nobody"), 404, '"nobody"')


@pytest.mark.parametrize("parameter", ["config", "file:1/model.onnx"])
def test_files_by_request_are_refused_by_name(server, parameter):
    refused = act(server, "load", "m", {"parameters": {parameter: "e30="}})
    check_error(refused, 501, parameter.split(":")[0])
    assert scale(server) == (1, 2)


WRONG_NAMES = ["..%2Fetc", "a%2F..%2Fb", "model%2F", "%2e%2e", "%20..", "%09", "%0A", "a%0Ab", "x" * 256, "%FF"]


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_name_that_is_no_name_is_refused(server, name):
    for answer in [act(server, "load", name), act(server, "unload", name), server.get(f"/v2/models/{name}")]:
        check_error(answer, 400, "model name")
    assert scale(server) == (1, 2)


def test_name_that_is_missing_is_refused(server):
    for answer in [act(server, "load", ""), act(server, "unload", ""), server.get("/v2/models/"), server.infer("", [])]:
        check_error(answer, 400, "expected a model, got an empty one")
    assert scale(server) == (1, 2)


@pytest.mark.parametrize("name", ["...", "..my_model"])  # folders that begin with a dot are passed over
def test_odd_name_is_a_name(server, name):
    check_error(act(server, "load", name), 404, name)


@pytest.mark.parametrize("name", ["model..1", "x" * 255, "größe"])
def test_model_of_an_odd_name_is_served(server, repository, name):
    repository.put(name, 1, scaled_model(5))
    path = urllib.parse.quote(name)
    assert act(server, "load", path).status == 200
    assert scale(server, path) == (1, 5)
