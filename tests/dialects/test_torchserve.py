"""TorchServe's inference API: /predictions, its errors, OPTIONS /, as its documentation has curl send them."""

import shutil
import subprocess

import pytest

from support.models import EXAMPLES, ROOT, TEST_MODELS
from support.server import Server
from test_flask import golden


@pytest.fixture(scope="module")
def server():
    with Server(EXAMPLES, TEST_MODELS, args=["--queue-size=100"]) as server:
        yield server


def check_torchserve_error(answer, status, kind, *words):
    """TorchServe's error body, whose message has the words and no path of this machine."""
    assert answer.status == status, answer
    body = answer.json()
    assert list(body) == ["code", "type", "message"] and body["code"] == status
    assert body["type"] == kind, body
    assert len(answer.body) <= 1024
    for word in words:
        assert word in body["message"], body
    assert str(ROOT) not in body["message"]


def rows_of(name="four"):
    rows, labels, _ = golden(name)
    return rows, labels


def test_every_json_that_handlers_take_has_the_same_answer(server):
    rows, labels = rows_of()
    expected = None
    for body in (rows, {"data": rows}, {"instances": rows}):
        answer = server.post("/predictions/breast_cancer", body)
        assert answer.status == 200, answer
        assert [row["label"] for row in answer.json()] == labels
        expected = expected or answer.json()
        assert answer.json() == expected
    for version in ("1", "1.0", "latest"):
        assert server.post(f"/predictions/breast_cancer/{version}", rows).json() == expected


def test_a_file_is_a_row_and_its_answer_stands_alone(server):
    text = "the rocket reached its orbit".encode()
    alone = server.request("PUT", "/predictions/topic", text)
    assert alone.status == 200, alone
    listed = server.post("/predictions/topic", {"data": [text.decode()]})
    assert listed.json() == [alone.json()]


def test_classes_are_told_by_label_where_labels_are_known(server):
    pixels = [[[0.0] * 8] * 8]
    [row] = server.post("/predictions/digits", {"data": [pixels]}).json()
    assert len(row) == 5 and list(row.values()) == sorted(row.values(), reverse=True)
    labels = (EXAMPLES / "digits" / "labels.txt").read_text(encoding="utf-8").split()
    assert set(row) <= set(labels)


def test_errors_have_torchserves_form(server):
    post = server.post
    check_torchserve_error(
        post("/predictions/none", [1]), 404, "ModelNotFoundException", 'no model "none"'
    )
    check_torchserve_error(
        post("/predictions/topic/7.0", ["a"]), 404, "ModelVersionNotFoundException", "version 7"
    )
    check_torchserve_error(
        post("/predictions/breast_cancer", b"\xff\xd8", {"Content-Type": "image/jpeg"}),
        400, "BadRequestException", "no input takes a file",
    )
    check_torchserve_error(
        post("/predictions/breast_cancer", [[1, 2]]), 400, "BadRequestException"
    )
    check_torchserve_error(
        post("/explanations/topic", ["a"]), 501, "InternalServerException", "explanations"
    )


def test_options_describes_the_api(server):
    answer = server.request("OPTIONS", "/")
    assert answer.status == 200
    description = answer.json()
    assert description["openapi"] == "3.0.1"
    assert "post" in description["paths"]["/predictions/{model}/{version}"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_as_the_documentation_has_it(server, tmp_path):
    picture = tmp_path / "kitten_small.jpg"
    picture.write_bytes(b"\xff\xd8\x00\x01 of sixteen bytes")
    rows = tmp_path / "rows.json"
    rows.write_text("[[1.0, 2.0], [3.0, 4.0]]", encoding="utf-8")

    def curl(path, *arguments):
        command = ["curl", "-sS", "--max-time", "20", f"{server.url}{path}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    pixels = str(list(picture.read_bytes())).replace(" ", "")
    image = curl("/predictions/identity_uint8", "-T", str(picture))
    assert pixels.strip("[]") in image
    assert curl("/predictions/identity_uint8", "-F", f"data=@{picture}") == image
    both = curl(
        "/predictions/identity_bytes", "-F", "data=first", "-F", "data=second"
    )
    assert "first" in both and "second" in both
    as_file = curl("/predictions/identity_fp32", "-T", str(rows))
    assert as_file == curl("/predictions/identity_fp32", "-d", f"@{rows}")
    assert as_file == curl("/predictions/identity_fp32", "-F", f"data=@{rows}")
