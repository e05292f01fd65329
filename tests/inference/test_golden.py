"""What the frameworks answered when the examples were trained is what the server answers, in every form."""

import gzip
import json
import zlib

import pytest

from support.models import check_tensor, examples
from support.tensors import binary_request, outputs_of

GOLDEN = list(examples())
EVERY = pytest.mark.parametrize(
    "model,example",
    [(model, example) for model, _, example in GOLDEN],
    ids=[f"{model}-{name}" for model, name, _ in GOLDEN],
)
DIGITS = next(example for model, name, example in GOLDEN if (model, name) == ("digits", "thirty_two"))


def check(answer, example):
    assert answer.status == 200, answer
    outputs = outputs_of(answer)
    for golden in example["outputs"]:
        check_tensor(golden, outputs[golden["name"]])


@EVERY
def test_json(server, model, example):
    check(server.infer(model, example["inputs"]), example)


@EVERY
def test_binary(server, model, example):
    body, headers = binary_request(example["inputs"])
    check(server.post(f"/v2/models/{model}/infer", body, headers), example)


@pytest.mark.parametrize("version", ["1", "stable", "latest"])
def test_version_and_alias_in_the_path(server, version):
    answer = server.infer("digits", DIGITS["inputs"], version=version)
    check(answer, DIGITS)
    assert answer.json()["model_version"] == "1"


@pytest.mark.parametrize(
    "coding,compress", [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
@pytest.mark.parametrize("form", ["json", "binary"])
def test_compressed_request(server, coding, compress, form):
    body, headers = binary_request(DIGITS["inputs"])
    if form == "json":
        body, headers = json.dumps({"inputs": DIGITS["inputs"]}).encode(), {}
    answer = server.post(
        "/v2/models/digits/infer", compress(body), {**headers, "Content-Encoding": coding}
    )
    check(answer, DIGITS)


@pytest.mark.parametrize(
    "coding,decompress",
    [("gzip", gzip.decompress), ("deflate", zlib.decompress)],
    ids=["gzip", "deflate"],
)
def test_compressed_answer(server, coding, decompress):
    plain = server.infer("digits", DIGITS["inputs"])
    packed = server.infer("digits", DIGITS["inputs"], headers={"Accept-Encoding": coding})
    assert packed.headers["content-encoding"] == coding
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert len(packed.body) < len(plain.body)
    assert decompress(packed.body) == plain.body


def test_unknown_coding_is_415_and_named(server):
    answer = server.infer("digits", DIGITS["inputs"], headers={"Content-Encoding": "br"})
    assert answer.status == 415
    assert "br" in answer.error and "gzip" in answer.error
