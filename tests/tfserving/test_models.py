"""What is told about models, to clients of TensorFlow Serving and of KServe's protocol v1."""

import pytest

from support.checks import check_error
from support.repository import Repository, scaled_model
from support.server import Server

AVAILABLE = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}


def test_a_list_of_the_ready_models(server):
    models = server.get("/v1/models").json()["models"]
    assert models == sorted(models) and {"add_sub", "digits", "topic"} <= set(models)


def test_status_for_both_kinds_of_client(server):
    assert server.get("/v1/models/digits").json() == {
        "name": "digits",
        "ready": True,
        "model_version_status": [{"version": "1", **AVAILABLE}],
    }


@pytest.mark.parametrize(
    "path", ["versions/1", "versions/latest", "labels/stable", "labels/latest", "versions/stable"]
)
def test_status_of_one_version(server, path):
    assert server.get(f"/v1/models/digits/{path}").json() == {
        "model_version_status": [{"version": "1", **AVAILABLE}]
    }


def test_fixed_words_of_paths_match_without_case(server):
    for path in ("", "/versions/1", "/labels/stable", "/metadata", "/versions/1/metadata"):
        expected = server.get(f"/v1/models/digits{path}")
        assert expected.status == 200
        for spelled in (f"/V1/MODELS/digits{path.upper()}", f"/v1/Models/digits{path.title()}"):
            answer = server.get(spelled.replace("STABLE", "stable").replace("Stable", "stable"))
            assert (answer.status, answer.body) == (200, expected.body), spelled
    row = {"instances": [[[[0.0] * 8] * 8]]}
    expected = server.post("/v1/models/digits:predict", row)
    answer = server.post("/V1/MODELS/digits/VERSIONS/1:PREDICT", row)
    assert (answer.status, answer.body) == (200, expected.body)
    for path in ("/v1/models/Digits", "/v1/models/digits/labels/Stable"):
        check_error(server.get(path), 404)
    assert server.get("/V2").status == 404


@pytest.mark.parametrize("path", ["", "/versions/1", "/labels/stable"])
def test_metadata_is_the_signature(server, path):
    answer = server.get(f"/v1/models/digits{path}/metadata").json()
    assert answer["model_spec"] == {"name": "digits", "signature_name": "", "version": "1"}
    [(name, signature)] = answer["metadata"]["signature_def"]["signature_def"].items()
    assert name == "serving_default" and signature["method_name"] == "tensorflow/serving/predict"
    pixels = signature["inputs"]["pixels"]
    assert pixels["dtype"] == "DT_FLOAT" and not pixels["tensor_shape"]["unknown_rank"]
    assert [dim["size"] for dim in pixels["tensor_shape"]["dim"]] == ["-1", "1", "8", "8"]
    assert list(signature["outputs"]) == ["probabilities"]


def test_every_version_with_its_state_newest_first(tmp_path):
    repository = Repository(tmp_path)
    repository.put("scaled", 1, scaled_model(2))
    repository.put("scaled", 2, b"no model")
    repository.put_file("scaled", "config.pbtxt", "version_policy { all {} }")
    repository.put_file("scaled", "aliases.json", '{"stable": 1, "next": 2}')
    with Server(repository) as server:
        [second, first] = server.get("/v1/models/scaled").json()["model_version_status"]
        assert first == {"version": "1", **AVAILABLE}
        assert (second["version"], second["state"]) == ("2", "END")
        assert second["status"]["error_code"] == "FAILED_PRECONDITION"
        assert second["status"]["error_message"]
        labelled = server.get("/v1/models/scaled/labels/next").json()
        assert labelled == {"model_version_status": [second]}
        body = {"instances": [[1, 1, 1, 1]]}
        for path in ("", "/versions/1", "/labels/stable"):
            answer = server.post(f"/v1/models/scaled{path}:predict", body)
            assert answer.json() == {"predictions": [[2.0] * 4]}, answer
        check_error(
            server.post("/v1/models/scaled/versions/2:predict", body), 404, "Specific(scaled, 2)"
        )


@pytest.mark.parametrize(
    "method,path,status,words",
    [
        ("GET", "/v1/models/digit", 404, ["Could not find any versions of model digit"]),
        ("GET", "/v1/models/digits/versions/7", 404, ["Could not find version 7 of model digits"]),
        ("GET", "/v1/models/digits/labels/canary", 404, ['no label "canary"']),
        ("GET", "/v1/models/digits/labels/1", 404, ['no label "1"']),
        ("GET", "/v1/models/digit/metadata", 404, ['no model "digit"', "digits"]),
        ("POST", "/v1/models/digit:predict", 404, ["Servable not found for request: Latest(digit)"]),
        ("POST", "/v1/models/digits/versions/7:predict", 404, ["Specific(digits, 7)"]),
        ("POST", "/v1/models/digits/labels/1:predict", 404, ['no label "1"']),
        ("GET", "/v1/models/digits:predict", 400, ["Malformed request: GET /v1/models/digits:predict"]),
        ("POST", "/v1/models/digits", 400, ["Malformed request: POST /v1/models/digits"]),
        ("POST", "/v1/models/digits:explain", 501, ["not offered: explanations"]),
        ("DELETE", "/v1/models/digits", 405, ["expected GET, HEAD, POST"]),
        ("POST", "/v1/models/digits:predict", 400, ["JSON, byte 0"]),
    ],
)
def test_refusals_have_the_server_s_statuses(server, method, path, status, words):
    check_error(server.request(method, path), status, *words)
