"""Versions and aliases of one model in every dialect: version 1 doubles its input and is stable, version 2 triples it."""

import json
import struct

import pytest

from support import grpc_stream
from support.protobuf import field, fields
from support.repository import Repository, row_model
from support.server import Server, wait_until

ROW = [1.0, 2.0, 3.0, 4.0]
FACTORS = {None: 3, "1": 2, "2": 3, "stable": 2, "latest": 3}
UNKNOWN = ("7", "nobody")
TENSOR = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": ROW}
ARGS = ["--versions=m=all", "--vertex-predict-route=/vertex", "--azureml-scoring-route=/score", "--azureml-scoring-body=mlflow"]


def by_path(path, place, body, rows):
    """ask(server, version) -> the row of the answer, or its status. `path` has room for `place`, which has room for a
    version; `rows` finds them in the answer."""

    def ask(server, version):
        answer = server.post(path.format(place.format(version) if version else ""), body)
        return rows(answer.json())[0] if answer.status == 200 else answer.status

    return ask


def by_query(path, body, rows):
    return by_path(path + "{}", "?version={}", body, rows)


def predictions(answer):
    return answer["predictions"]


UNNAMED = {  # the default model
    "flask": by_query("/predict", [ROW], lambda answer: answer["prediction"]),
    "mlflow, sagemaker": by_query("/invocations", {"inputs": [ROW]}, predictions),
    "vertex": by_query("/vertex", {"instances": [ROW]}, predictions),
    "azureml": by_query("/score", {"inputs": [ROW]}, predictions),
}
OVER_HTTP = UNNAMED | {
    "open inference": by_path(
        "/v2/models/m{}/infer", "/versions/{}", {"inputs": [TENSOR]}, lambda answer: [answer["outputs"][0]["data"]]
    ),
    "tensorflow serving, kserve": by_path("/v1/models/m{}:predict", "/versions/{}", {"instances": [ROW]}, predictions),
    "torchserve": by_path("/predictions/m{}", "/{}", {"data": [ROW]}, lambda answer: answer),
    "flask, by name": by_query("/models/m/predict", [ROW], lambda answer: answer["prediction"]),
    "mlflow, by name": by_path("/invocations?model_name=m{}", "&version={}", {"inputs": [ROW]}, predictions),
    "sagemaker, by name": by_query("/models/m/invoke", {"inputs": [ROW]}, predictions),
}
LABELS = by_path("/v1/models/m{}:predict", "/labels/{}", {"instances": [ROW]}, predictions)


def floats(data):
    return list(struct.unpack(f"<{len(data) // 4}f", data))


class Refused(Exception):
    """The status, of HTTP, that the server counts for a call that it refuses."""


def call(server, path, request):
    """The message of the answer."""
    def not_found():
        return server.metric("slipway_http_requests_total", route=path, method="POST", status="404")

    before = not_found()
    answers = grpc_stream.call(server, path.encode(), request)
    if not answers:
        wait_until(lambda: not_found() > before, what="a call that was not found")
        raise Refused(404)
    return fields(answers[0])


def model_infer(server, version, package="inference"):
    request = grpc_stream.request("m", [TENSOR], version)
    return floats(call(server, f"/{package}.GRPCInferenceService/ModelInfer", request)[6][0])


def torchserve_model_infer(server, version):
    return model_infer(server, version, "org.pytorch.serve.grpc.openinference")


def model_stream_infer(server, version):
    [[raw]] = grpc_stream.infer(server, "m", [[TENSOR]], version)
    return floats(raw)


def tensorflow_predict(server, version):
    """By number where it is one, else by label."""
    spec = field(1, "m")
    if version:
        spec += field(2, field(1, int(version))) if version.isdigit() else field(4, version)
    shape = b"".join(field(2, field(1, size)) for size in (1, 4))
    tensor = field(1, 1) + field(2, shape) + field(4, struct.pack("<4f", *ROW))
    request = field(1, spec) + field(2, field(1, "x") + field(2, tensor))
    [output] = call(server, "/tensorflow.serving.PredictionService/Predict", request)[1]
    return floats(fields(fields(output)[2][0])[5][0])


def torchserve_predictions(server, version):
    request = field(1, "m") + (field(2, version) if version else b"")
    request += field(3, field(1, "data") + field(2, json.dumps([ROW])))
    answer = call(server, "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions", request)
    return json.loads(answer[1][0])[0]


OVER_GRPC = {
    "ModelInfer": model_infer,
    "ModelStreamInfer": model_stream_infer,
    "tensorflow serving over grpc": tensorflow_predict,
    "torchserve over grpc": torchserve_predictions,
    "torchserve's ModelInfer": torchserve_model_infer,
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = Repository(tmp_path_factory.mktemp("repository"))
    for version, factor in ((1, 2), (2, 3)):
        repository.put("m", version, row_model(factor))
    repository.put_file("m", "aliases.json", '{"stable": 1}')
    return repository


@pytest.fixture(scope="module")
def server(repository):
    with Server(repository, args=ARGS) as server:
        yield server


@pytest.mark.parametrize("version", FACTORS)
@pytest.mark.parametrize("dialect", OVER_HTTP | OVER_GRPC)
def test_the_version_that_is_asked_for_answers(server, dialect, version):
    factor = FACTORS[version]
    assert (OVER_HTTP | OVER_GRPC)[dialect](server, version) == [factor * each for each in ROW]


@pytest.mark.parametrize("version", ["stable", "latest"])
def test_labels_are_aliases(server, version):
    assert LABELS(server, version) == [FACTORS[version] * each for each in ROW]


@pytest.mark.parametrize("version", UNKNOWN)
@pytest.mark.parametrize("dialect", OVER_HTTP)
def test_a_version_that_is_not_there_is_not_found(server, dialect, version):
    assert OVER_HTTP[dialect](server, version) == 404


@pytest.mark.parametrize("version", UNKNOWN)
@pytest.mark.parametrize("dialect", OVER_GRPC)
def test_nor_is_it_over_grpc(server, dialect, version):
    if dialect == "ModelStreamInfer":
        with pytest.raises(AssertionError, match=version):
            OVER_GRPC[dialect](server, version)
    else:
        with pytest.raises(Refused, match="404"):
            OVER_GRPC[dialect](server, version)


def test_the_default_may_be_an_alias(repository):
    with Server(repository, args=[*ARGS, "--default-model=m@stable"]) as server:
        for dialect, ask in UNNAMED.items():
            assert ask(server, None) == [2 * each for each in ROW], dialect
            assert ask(server, "2") == [3 * each for each in ROW], dialect
