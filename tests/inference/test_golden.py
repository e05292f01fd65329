"""What the frameworks answered when the examples were trained is what the server answers, in every form."""

import gzip
import json
import zlib

import pytest

from support.checks import check_error
from support.models import EXAMPLES, ROOT, check_tensor, examples
from support.tensors import JSON_SIZE_HEADER, binary_request, outputs_of, pack

GOLDEN = list(examples())
EVERY = pytest.mark.parametrize(
    "model,example",
    [(model, example) for model, _, example in GOLDEN],
    ids=[f"{model}-{name}" for model, name, _ in GOLDEN],
)
FRAMEWORKS = {"breast_cancer": "scikit-learn", "digits": "pytorch", "topic": "scikit-learn"}
DIGITS = next(example for model, name, example in GOLDEN if (model, name) == ("digits", "thirty_two"))


def check(answer, example):
    assert answer.status == 200, answer
    outputs = outputs_of(answer)
    for golden in example["outputs"]:
        check_tensor(golden, outputs[golden["name"]])


def test_the_examples_are_what_the_frameworks_answered():
    assert {(model, example["origin"]) for model, _, example in GOLDEN} == set(FRAMEWORKS.items())


@pytest.mark.parametrize("model,framework", FRAMEWORKS.items())
def test_the_script_that_trained_it_is_there(model, framework):
    lineage = json.loads((EXAMPLES / model / "1" / "manifest.json").read_text(encoding="utf-8"))["lineage"]
    assert lineage["framework"] == framework
    assert (ROOT / lineage["training_script"]).is_file()


def test_columns_batches_and_texts_are_among_the_examples(server):
    [features] = server.get("/v2/models/breast_cancer").json()["inputs"]
    assert (features["datatype"], features["shape"]) == ("FP32", [-1, 30])
    assert server.get("/v2/models/digits/config").json()["max_batch_size"] > 1
    [text] = server.get("/v2/models/topic").json()["inputs"]
    assert text["datatype"] == "BYTES"


@EVERY
def test_json(server, model, example):
    check(server.infer(model, example["inputs"]), example)


@EVERY
def test_binary(server, model, example):
    body, headers = binary_request(example["inputs"])
    check(server.post(f"/v2/models/{model}/infer", body, headers), example)


OF_ONE_ROW = [(model, example) for model, _, example in GOLDEN if example["inputs"][0]["shape"][0] == 1]


@pytest.mark.parametrize("model", FRAMEWORKS)
def test_raw_binary_request(server, model):
    """The body is the one input and nothing else; of BYTES, the element without its length."""
    example = next(each for name, each in OF_ONE_ROW if name == model)
    [tensor] = example["inputs"]
    raw = tensor["data"][0].encode() if tensor["datatype"] == "BYTES" else pack(tensor["datatype"], tensor["data"])
    answer = server.post(f"/v2/models/{model}/infer", raw, {JSON_SIZE_HEADER: "0"})
    check(answer, example)
    assert all("raw" in output for output in outputs_of(answer).values())


VERSIONS = pytest.mark.parametrize("version", ["1", "stable", "latest"])


@VERSIONS
def test_version_and_alias_in_the_path(server, version):
    answer = server.infer("digits", DIGITS["inputs"], version=version)
    check(answer, DIGITS)
    assert answer.json()["model_version"] == "1"


@VERSIONS
def test_what_is_told_of_a_version_or_alias_is_told_of_the_version(server, version):
    told = lambda route: server.get(f"/v2/models/digits/versions/{version}{route}")
    assert told("/ready").status == 200
    metadata, config, statistics = told("").json(), told("/config").json(), told("/stats").json()
    assert (metadata["name"], metadata["versions"]) == ("digits", ["1"])
    assert (config["name"], config["max_batch_size"]) == ("digits", 64)
    assert [(each["name"], each["version"]) for each in statistics["model_stats"]] == [("digits", "1")]


@pytest.mark.parametrize("version", ["2", "nightly"])
@pytest.mark.parametrize("route", ["", "/ready", "/config", "/stats"])
def test_nothing_is_told_of_a_version_that_is_not_there(server, version, route):
    check_error(server.get(f"/v2/models/digits/versions/{version}{route}"), 404, "digits", version)


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
