"""/invocations, /ping, /health and /version: MLflow's and SageMaker's scoring, on one listener."""

import json
import struct

import pytest

from support.checks import check_error
from support.models import EXAMPLES, TEST_MODELS
from support.server import Server
from test_flask import CANCER, FEATURES, golden

JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def server():
    with Server(CANCER) as server:
        yield server


def test_every_form_of_the_same_rows_has_the_same_answer(server):
    rows, labels, _ = golden()
    for body in (
        {"dataframe_split": {"columns": FEATURES, "index": [5, 6, 7, 8], "data": rows}},
        {"dataframe_split": {"columns": FEATURES[::-1], "data": [row[::-1] for row in rows]}},
        {"dataframe_split": {"columns": list(range(30)), "data": rows}},
        {"dataframe_records": [dict(zip(FEATURES, row)) for row in rows]},
        {"instances": rows},
        {"inputs": rows},
        {"inputs": {"features": rows}, "params": {"temperature": 1}},
    ):
        answer = server.post("/invocations", body)
        assert (answer.status, answer.json()) == (200, {"predictions": labels})


def test_outputs_can_be_asked_for_by_name(server):
    rows, labels, _ = golden()
    answer = server.post(
        "/invocations", {"inputs": rows, "params": {"outputs": ["label", "probabilities"]}}
    ).json()
    assert answer["predictions"]["label"] == labels
    assert len(answer["predictions"]["probabilities"]) == len(rows)
    check_error(
        server.post("/invocations", {"inputs": rows, "params": {"outputs": ["x"]}}), 400, "x"
    )


def test_csv_with_names_and_without(server):
    rows, labels, _ = golden()
    lines = "\n".join(",".join(map(repr, row)) for row in rows)
    named = ",".join(FEATURES) + "\n" + lines
    for text, content_type in (
        (lines, "text/csv"),
        (lines, "text/csv; label_size=0"),
        (lines, "text/csv; header=absent"),
        (named, "text/csv; charset=utf-8"),
        (named, "text/csv; header=present"),
    ):
        answer = server.post("/invocations", text.encode(), {"Content-Type": content_type})
        assert (answer.status, answer.json()) == (200, {"predictions": labels})


def test_open_inference_bodies_are_taken_as_triton_takes_them_in_sagemaker(server):
    rows, labels, _ = golden("one")
    tensor = {"name": "features", "shape": [1, 30], "datatype": "FP32"}
    plain = server.post("/invocations", {"inputs": [{**tensor, "data": rows}]})
    assert plain.json()["outputs"][0]["data"] == labels
    assert plain.headers["content-type"] == "application/json"

    binary_type = "application/vnd.sagemaker-triton.binary+json;json-header-size="
    head = json.dumps(
        {
            "inputs": [{**tensor, "parameters": {"binary_data_size": 120}}],
            "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}],
        }
    ).encode()
    body = head + struct.pack("<30f", *rows[0])
    answer = server.post("/invocations", body, {"Content-Type": f"{binary_type}{len(head)}"})
    kind, _, size = answer.headers["content-type"].partition("json-header-size=")
    assert kind + "json-header-size=" == binary_type
    told = json.loads(answer.body[: int(size)])
    assert told["outputs"][0]["parameters"]["binary_data_size"] == 8
    assert sum(struct.unpack("<2f", answer.body[int(size) :])) == pytest.approx(1)


def test_what_is_not_taken_is_named(server):
    post = server.post
    check_error(post("/invocations", [[1]]), 400, "exactly one of", "a list")
    check_error(post("/invocations", {"instances": [], "inputs": []}), 400, "instances and inputs")
    check_error(post("/invocations", {}), 400, "exactly one of")
    check_error(post("/invocations", b"{", JSON), 400, "JSON, byte")
    check_error(post("/invocations", b"1", {"Content-Type": "text/plain"}), 415, "text/plain")
    latin = {"Content-Type": "application/json; charset=latin-1"}
    check_error(post("/invocations", b"{}", latin), 415, "utf-8")
    check_error(
        post("/invocations", {"dataframe_records": [{"mean area": 1}]}), 400, "missing columns"
    )
    check_error(post("/invocations", b"a,b\n1,2\n", CSV), 400, 'unknown columns "a", "b"')


def test_health_routes(server):
    for path in ("/ping", "/health"):
        answer = server.get(path)
        assert (answer.status, answer.json()) == (200, {"status": "Healthy"})
    version = server.get("/version")
    assert version.status == 200 and version.text == server.get("/v2").json()["version"]


def test_ping_is_unhealthy_without_the_default_model():
    with Server(TEST_MODELS, args=["--default-model=absent"]) as server:
        assert server.get("/ping").status == 503
        check_error(server.post("/invocations", {"inputs": [1]}), 404, "absent")


def test_several_outputs_are_an_object_by_name():
    with Server(TEST_MODELS, args=["--default-model=add_sub"]) as server:
        answer = server.post("/invocations", {"inputs": {"INPUT0": [1] * 16, "INPUT1": [2] * 16}})
        assert answer.status == 200, answer
        assert answer.json()["predictions"] == {"OUTPUT0": [[3] * 16], "OUTPUT1": [[-1] * 16]}


def test_the_first_line_is_a_header_where_the_configuration_says_so():
    rows, labels, _ = golden()
    text = "\n".join([",".join(map(str, range(30))), *(",".join(map(repr, r)) for r in rows)])
    with Server(EXAMPLES, args=["--default-model=breast_cancer", "--csv-header=present"]) as server:
        assert server.post("/invocations", text.encode(), CSV).json() == {"predictions": labels}
        assert (
            len(server.post("/predict", text.encode(), CSV).json()["prediction"]) == len(rows) + 1
        )
