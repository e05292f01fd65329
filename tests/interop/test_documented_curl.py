"""What has no client of its own, as the documentation of TorchServe, SageMaker, Azure ML, MLflow, Triton and Slipway
calls it: with curl.
"""

import json
import shutil
import subprocess

import pytest

from support.instances import flat, value_of
from support.models import EXAMPLES, check_elements, examples
from support.server import Server, free_port

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

TEXT = "the rocket reached its orbit"
AZURE = {"liveness": "/azureml/live", "readiness": "/azureml/ready", "scoring": "/azureml/score"}
DIGITS = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))


def curl(url, *arguments):
    """@return status and body."""
    command = ["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", *arguments, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


@pytest.fixture
def managed(tmp_path):
    """manage(dialect) -> the addresses of a server, and of its /models as that API has them; and its models."""
    models = shutil.copytree(EXAMPLES, tmp_path / "models")
    servers = []

    def manage(dialect):
        address = f"127.0.0.1:{free_port()}"
        flags = ["--model-control=explicit", "--load-model=digits", f"--http={address}={dialect}"]
        servers.append(Server(models, args=flags).start())
        return servers[-1].url, f"http://{address}", models

    yield manage
    for server in servers:
        server.stop()


def test_torchserves_inference_api(tmp_path):
    text = tmp_path / "sample_text.txt"
    text.write_text(TEXT, encoding="utf-8")
    with Server(EXAMPLES) as server:
        status, body = curl(f"{server.url}/", "-X", "OPTIONS")
        assert status == 200 and json.loads(body)["openapi"] == "3.0.1"
        assert curl(f"{server.url}/ping") == (200, '{"status":"Healthy"}')
        status, expected = curl(f"{server.url}/predictions/topic", "-T", str(text))
        assert status == 200 and "label" in json.loads(expected)
        for path in ("/predictions/topic", "/predictions/topic/1.0"):
            for arguments in (["-T", str(text)], ["-F", f"data=@{text}"]):
                assert curl(server.url + path, *arguments) == (200, expected)
        for path in ("/explanations/topic", "/explanations/topic/1.0"):
            for arguments in (["-T", str(text)], ["-F", f"data=@{text}"]):
                status, body = curl(server.url + path, *arguments)
                assert status == 501 and "explanations" in json.loads(body)["message"]
        for arguments in (["-T", str(text)], ["-F", f"data=@{text}"]):
            check_not_offered(f"{server.url}/wfpredict/chain", "workflows", *arguments)


def check_not_offered(url, what, *arguments):
    status, body = curl(url, *arguments)
    assert status == 501 and what in body, body


def test_what_triton_has_and_slipway_has_not():
    said = ["-d", '{"text_input": "client input", "parameters": {"stream": false}}']
    with Server(EXAMPLES / "digits") as server:
        for model in ("digits", "digits/versions/1"):
            for verb in ("generate", "generate_stream"):
                check_not_offered(f"{server.url}/v2/models/{model}/{verb}", "generation", *said)
        for path in ("index", "models/digits/load", "models/digits/unload"):
            check_not_offered(f"{server.url}/v2/repository/main/{path}", "repositories", "-X", "POST")


def test_torchserves_management_api(managed):
    _, url, _ = managed("torchserve-management")
    status, body = curl(f"{url}/models?initial_workers=1&synchronous=true&url=topic.mar", "-X", "POST")
    assert status == 200 and 'Model "topic" Version: 1 registered' in json.loads(body)["status"]
    for path in ("topic?min_worker=3", "topic/1.0?min_worker=3&synchronous=true"):
        status, body = curl(f"{url}/models/{path}", "-v", "-X", "PUT")
        assert status == 200 and "Workers scaled to " in json.loads(body)["status"]
    for path in ("topic", "topic/1.0", "topic/all"):
        status, body = curl(f"{url}/models/{path}")
        assert status == 200 and json.loads(body)[0]["modelName"] == "topic"
    status, body = curl(f"{url}/models?limit=1&next_page_token=1")
    assert status == 200 and json.loads(body)["models"] == [{"modelName": "topic", "modelUrl": "topic"}]
    chosen = '{"status":"Model \\"topic\\" Version: 1 is the default"}'
    assert curl(f"{url}/models/topic/1.0/set-default", "-X", "PUT") == (200, chosen)
    check_not_offered(f"{url}/token?type=management", "tokens")
    for method in ("GET", "POST"):
        check_not_offered(f"{url}/workflows?url=chain.war", "workflows", "-X", method)
    for method in ("GET", "DELETE"):
        check_not_offered(f"{url}/workflows/chain", "workflows", "-X", method)
    unregistered = '{"status":"Model \\"%s\\" unregistered"}'
    assert curl(f"{url}/models/topic/1.0", "-X", "DELETE") == (200, unregistered % "topic")
    assert curl(f"{url}/models/digits", "-X", "DELETE") == (200, unregistered % "digits")


def test_sagemakers_multi_model_container(managed):
    _, url, models = managed("sagemaker")
    body = json.dumps({"model_name": "topic", "url": f"{models}/topic"})
    load = ["-X", "POST", "-H", "Content-Type: application/json", "-d", body]
    assert curl(f"{url}/ping")[0] == 200
    assert curl(f"{url}/models", *load) == (200, "")
    assert curl(f"{url}/models", *load)[0] == 409
    status, listed = curl(f"{url}/models")
    assert status == 200 and [m["modelName"] for m in json.loads(listed)["models"]] == ["digits", "topic"]
    status, told = curl(f"{url}/models/topic")
    assert (status, json.loads(told)["modelName"]) == (200, "topic")
    status, answer = curl(
        f"{url}/models/topic/invoke",
        *("-H", "Content-Type: application/json", "-H", "X-Amzn-SageMaker-Target-Model: topic.tar.gz"),
        *("-d", json.dumps({"instances": [TEXT]})),
    )
    assert status == 200 and len(json.loads(answer)["predictions"]) == 1
    assert curl(f"{url}/models/topic", "-X", "DELETE")[0] == 200
    assert curl(f"{url}/models/topic")[0] == 404


def test_azure_mls_routes():
    flags = [f"--azureml-{name}-route={path}" for name, path in AZURE.items()]
    with Server(EXAMPLES / "digits", args=flags) as server:
        for name in ("liveness", "readiness"):
            assert curl(server.url + AZURE[name])[0] == 200
        body = json.dumps({"input_data": value_of(DIGITS["inputs"][0])})
        status, answer = curl(
            server.url + AZURE["scoring"], "-H", "Content-Type: application/json", "-d", body
        )
        assert status == 200
        check_elements(DIGITS["outputs"][0], flat(json.loads(answer)["prediction"]))


def test_mlflows_health():
    with Server(EXAMPLES / "digits") as server:
        for path in ("/ping", "/health"):
            assert curl(server.url + path)[0] == 200


PAGES = {
    "/": "/v2/models/digits/infer",
    "/healthz": "",
    "/metrics": "slipway_http_requests_total{",
    "/metrics/triton": "nv_inference_request_success{",
    "/monitoring/prometheus/metrics": ":tensorflow:serving:request_count{",
    "/openapi.json": '"openapi":"3.1',
}


def test_slipways_own_pages():
    body = json.dumps({"instances": value_of(DIGITS["inputs"][0])})
    with Server(EXAMPLES / "digits") as server:
        assert curl(f"{server.url}/v1/models/digits:predict", "-d", body)[0] == 200
        for path, words in PAGES.items():
            status, text = curl(server.url + path)
            assert status == 200 and words in text, (path, text[:2000])
