"""Each server's own command line starts Slipway; a stock request of it is answered; its metrics have its names."""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import ssl
import zipfile

import pytest

from support.certificates import Authority
from support.classical import FIXTURES
from support.instances import flat, value_of
from support.models import EXAMPLES, check_elements, examples
from support.repository import row_model
from support.server import free_port
from switched import Switched, wait_for_metric

EXAMPLE = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))
ONNX = EXAMPLES / "digits" / "1" / "model.onnx"
ROWS = value_of(EXAMPLE["inputs"][0])


def check(got):
    check_elements(EXAMPLE["outputs"][0], flat(got))


def output(answer):
    """The predictions of an answer, as the first output's elements."""
    assert answer.status == 200, answer
    return answer.json()["predictions"]


@pytest.fixture
def tfserving_folder(tmp_path):
    for version in ("1", "2", "3"):
        shutil.copytree(ONNX.parent, tmp_path / "digits" / version)
    return tmp_path


@pytest.mark.parametrize("called", [None, "tensorflow_model_server", "tf_serving_entrypoint.sh"])
def test_tensorflow_serving_s_one_model(tfserving_folder, link, called):
    grpc, rest = free_port(), free_port()
    words = [
        f"--port={grpc}",
        f"--rest_api_port={rest}",
        "--model_name=half",
        f"--model_base_path={tfserving_folder}/digits",
        "--num_load_threads=4",
    ]
    with Switched("tfserving", words, rest, program=link(called)) as server:
        check(output(server.post("/v1/models/half:predict", {"instances": ROWS})))
        status = server.at(grpc).get("/v1/models/half").json()["model_version_status"]
        assert [(each["version"], each["state"]) for each in status] == [("3", "AVAILABLE")]
        for line in (
            ':tensorflow:serving:request_count{model_name="half",status="OK"} 1',
            ":tensorflow:serving:batching_session:wrapped_run_count 1",
            ':tensorflow:serving:batching_session:queuing_latency_count{thread_pool_name="batch_threads"} 1',
        ):
            wait_for_metric(server, line, path="/monitoring/prometheus/metrics")
        server.wait_for_log("--num_load_threads has no effect")


def test_tensorflow_serving_s_model_config_file(tfserving_folder, link):
    config = tfserving_folder / "models.config"
    config.write_text(
        f"""model_config_list {{ config {{
          name: 'digits' base_path: '{tfserving_folder}/digits' model_platform: 'tensorflow'
          model_version_policy {{ specific {{ versions: 1 versions: 2 }} }}
          version_labels {{ key: 'stable' value: 1 }} }} }}""",
        encoding="utf-8",
    )
    rest = free_port()
    words = [f"--port={free_port()}", f"--rest_api_port={rest}", f"--model_config_file={config}"]
    with Switched("tfserving", words, rest, program=link("tensorflow_model_server")) as server:
        status = server.get("/v1/models/digits").json()["model_version_status"]
        assert {each["version"] for each in status if each["state"] == "AVAILABLE"} == {"1", "2"}
        check(output(server.post("/v1/models/digits/labels/stable:predict", {"instances": ROWS})))


def test_tensorflow_serving_s_image_has_its_model_in_variables(tfserving_folder, link):
    grpc, rest = free_port(), free_port()
    words = [f"--port={grpc}", f"--rest_api_port={rest}"]
    env = {"MODEL_NAME": "digits", "MODEL_BASE_PATH": str(tfserving_folder)}
    with Switched("tfserving", words, rest, env=env, program=link("tf_serving_entrypoint.sh")) as server:
        check(output(server.post("/v1/models/digits:predict", {"instances": ROWS})))


def test_tensorflow_serving_s_batching_file(tmp_path):
    together = 8
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "model.onnx").write_bytes(row_model(2))
    batching = tmp_path / "batching.config"
    batching.write_text(
        f"max_batch_size {{ value: {together} }} batch_timeout_micros {{ value: 20000000 }}"
        " num_batch_threads { value: 3 }",
        encoding="utf-8",
    )
    rest = free_port()
    words = [f"--port={free_port()}", f"--rest_api_port={rest}", "--model_name=m", f"--model_base_path={tmp_path}/m"]
    words += ["--enable_batching", f"--batching_parameters_file={batching}"]

    def ask(number):
        return output(server.post("/v1/models/m:predict", {"instances": [[number, 1, 2, 3]]}))

    with Switched("tfserving", words, rest) as server:
        with concurrent.futures.ThreadPoolExecutor(together) as clients:
            answers = list(clients.map(ask, range(together)))
        assert answers == [[[2.0 * number, 2.0, 4.0, 6.0]] for number in range(together)]
        [statistics] = server.get("/v2/models/m/stats").json()["model_stats"]
        assert (statistics["inference_count"], statistics["execution_count"]) == (together, 1)
        assert {name for name in server.thread_names() if name.startswith("pool-")} == {
            "pool-0", "pool-1", "pool-2", "pool-relief"
        }


def test_tensorflow_serving_s_zero_padded_versions(tmp_path):
    shutil.copytree(ONNX.parent, tmp_path / "digits" / "00000123")
    rest = free_port()
    words = [f"--port={free_port()}", f"--rest_api_port={rest}", f"--model_base_path={tmp_path}/digits"]
    with Switched("tfserving", words, rest) as server:
        check(output(server.post("/v1/models/default/versions/123:predict", {"instances": ROWS})))


@pytest.mark.parametrize("version", ["1", "00000123"])
def test_a_saved_model_is_refused_by_its_format(tmp_path, refusal, version):
    folder = tmp_path / "m" / version
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"x")
    words = ["--rest_api_port=0", "--file_system_poll_wait_seconds=0", f"--model_base_path={folder.parent}"]
    code, text = refusal("tfserving", f"--port={free_port()}", *words)
    assert code == 1 and "TensorFlow SavedModel, which is not supported yet" in text


def torchserve_ports():
    return {name: free_port() for name in ("inference", "management", "metrics", "grpc_inference", "grpc_management")}


def torchserve_properties(ports):
    return "".join(
        f"{name}_port={port}\n" if name.startswith("grpc") else f"{name}_address=http://127.0.0.1:{port}\n"
        for name, port in ports.items()
    )


def archive(path, file, content):
    """A .mar whose serialized file is `file`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as mar:
        mar.writestr("MAR-INF/MANIFEST.json", json.dumps({"model": {"modelName": path.stem, "serializedFile": file}}))
        mar.writestr(file, content)
        mar.writestr("handler.py", "raise SystemExit")


def test_torchserve(tmp_path, link):
    shutil.copy(ONNX, tmp_path / "net.onnx")
    (tmp_path / "b.mar").write_bytes(b"PK")
    archive(tmp_path / "c.mar", "net.onnx", ONNX.read_bytes())
    archive(tmp_path / "d.mar", "net.pt", b"")
    ports = torchserve_ports()
    properties = tmp_path / "config.properties"
    properties.write_text(torchserve_properties(ports))
    words = "--start --foreground --ncs --disable-token-auth --model-store".split()
    words += [tmp_path, "--ts-config", properties, "--models", "digits=net.onnx", "b.mar", "c.mar", "d.mar"]
    with Switched("torchserve", words, ports["inference"], program=link("torchserve")) as server:
        assert server.get("/ping").json() == {"status": "Healthy"}
        assert server.post("/predictions/digits", {"data": ROWS}).status == 200
        listed = server.at(ports["management"]).get("/models").json()["models"]
        assert [model["modelName"] for model in listed] == ["c", "digits"]
        assert server.post("/predictions/c", {"data": ROWS}).json() == server.post("/predictions/digits", {"data": ROWS}).json()
        wait_for_metric(
            server.at(ports["metrics"]), 'ts_inference_requests_total{model_name="digits",model_version="1"} 2'
        )
        server.wait_for_log('model "b" is not served: b.mar: zip: expected the record at its end')
        server.wait_for_log('model "d" is not served: d.mar: the archive\'s model is "net.pt"')
        for name in ("grpc_inference", "grpc_management"):
            assert server.at(ports[name]).get("/ping").status == 200


def test_torchserve_s_gauges_of_the_machine(tmp_path):
    """What does not move while others work: sums and shares of what is told, and who may have the rest of the disk."""
    shutil.copy(ONNX, tmp_path / "digits.onnx")
    ports = torchserve_ports()
    properties = tmp_path / "config.properties"
    properties.write_text(torchserve_properties(ports) + "load_models=all\n")
    words = ["--model-store", tmp_path, "--ts-config", properties, "--disable-token-auth"]
    with Switched("torchserve", words, ports["inference"]) as server:
        text = server.at(ports["metrics"]).get("/metrics").text
    gauges = dict(re.findall(r'^(\w+){Level="Host"} (\S+)$', text, re.M))
    told = {name: float(value) for name, value in gauges.items()}
    meminfo = pathlib.Path("/proc/meminfo").read_text(encoding="ascii")
    memory = int(re.search(r"^MemTotal: *(\d+) kB", meminfo)[1]) / 1024
    assert told["MemoryUsed"] + told["MemoryAvailable"] == pytest.approx(memory)
    assert told["MemoryUtilization"] == pytest.approx(100 * told["MemoryUsed"] / memory)
    disk = os.statvfs("/")
    reserved = disk.f_bfree - disk.f_bavail
    size = (disk.f_blocks - reserved) * disk.f_frsize / 2**30
    assert told["DiskUsage"] + told["DiskAvailable"] == pytest.approx(size)
    assert told["DiskUtilization"] == pytest.approx(100 * told["DiskUsage"] / size)
    assert 0 <= told["CPUUtilization"] <= 100


def test_torchserve_manages_at_one_address_for_all(tmp_path):
    shutil.copy(ONNX, tmp_path / "digits.onnx")
    ports = torchserve_ports()
    ports["management"] = ports["metrics"] = ports["inference"]
    properties = tmp_path / "config.properties"
    properties.write_text(torchserve_properties(ports) + "enable_model_api=true\nload_models=all\n")
    words = ["--model-store", tmp_path, "--ts-config", properties, "--disable-token-auth"]
    with Switched("torchserve", words, ports["inference"]) as server:
        assert server.post("/predictions/digits", {"data": ROWS}).status == 200
        assert server.request("DELETE", "/models/digits").status == 200


def test_torchserve_names_a_model_as_its_file_is_called(tmp_path):
    shutil.copy(ONNX, tmp_path / "digits.onnx")
    ports = torchserve_ports()
    properties = tmp_path / "config.properties"
    properties.write_text(torchserve_properties(ports))
    words = ["--model-store", tmp_path, "--ts-config", properties, "--disable-token-auth", "--enable-model-api"]
    with Switched("torchserve", [*words, "--models", "digits=digits.onnx"], ports["inference"]) as server:
        assert server.post("/predictions/digits", {"data": ROWS}).status == 200


@pytest.mark.parametrize("called", [None, "mlserver"])
def test_mlserver(tmp_path, link, called):
    shutil.copy(ONNX, tmp_path / "net.onnx")
    settings = {"name": "digits", "parameters": {"uri": "./net.onnx", "version": "v0.1.0"}}
    (tmp_path / "model-settings.json").write_text(json.dumps(settings))
    http, grpc, metrics = free_port(), free_port(), free_port()
    own = {"http_port": http, "grpc_port": grpc, "metrics_port": metrics, "parallel_workers": 0}
    (tmp_path / "settings.json").write_text(json.dumps(own))
    with Switched("mlserver", ["start", tmp_path], http, program=link(called)) as server:
        for version in (None, "v0.1.0"):
            answer = server.infer("digits", EXAMPLE["inputs"], version=version)
            assert answer.status == 200, answer
            check(answer.json()["outputs"][0]["data"])
        wait_for_metric(server.at(metrics), 'model_infer_request_success_total{model="digits",version="1"} 2')


def test_mlflow(tmp_path, link):
    folder = tmp_path / "wine"
    folder.mkdir()
    shutil.copy(ONNX, folder / "model.onnx")
    (folder / "MLmodel").write_text("flavors:\n  onnx:\n    data: model.onnx\n  python_function: {}\n")
    port = free_port()
    words = ["models", "serve", "-m", folder, "-p", port, "--env-manager", "local"]
    with Switched("mlflow", words, port, program=link("mlflow")) as server:
        assert server.get("/health").status == 200
        answer = server.post("/invocations", {"inputs": ROWS})
        assert answer.status == 200 and "predictions" in answer.json(), answer


@pytest.mark.parametrize("called,words", [(None, ["serve"]), ("serve", [])])
def test_sagemaker(link, called, words):
    """A container's program is called by the word that SageMaker appends to the image: serve."""
    port = free_port()
    words, env = [*words, EXAMPLES / "digits"], {"SAGEMAKER_BIND_TO_PORT": str(port)}
    with Switched("sagemaker", words, port, env=env, program=link(called)) as server:
        assert server.get("/ping").status == 200
        assert server.post("/invocations", {"instances": ROWS}).status == 200


@pytest.mark.parametrize("called", [None, "serve"])
def test_sagemaker_s_platform_loads_models(tmp_path, link, called):
    """At the container's one address, which other machines reach, as the platform does."""
    port, folder = free_port(), tmp_path / "models"
    (folder / "a1b2" / "model").mkdir(parents=True)
    shutil.copy(ONNX, folder / "a1b2" / "model")
    env = {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_MULTI_MODEL": "true"}
    with Switched("sagemaker", [folder], port, env=env, program=link(called)) as server:
        assert server.get("/ping").status == 200
        body = {"model_name": "a1b2", "url": str(folder / "a1b2" / "model")}
        assert server.post("/models", body).status == 200
        assert server.get("/models").json()["models"] == [{"modelName": "a1b2", "modelUrl": "a1b2"}]
        check(output(server.post("/models/a1b2/invoke", {"instances": ROWS})))
        assert server.request("DELETE", "/models/a1b2").status == 200
        assert server.post("/models/a1b2/invoke", {"instances": ROWS}).status == 404
        assert server.get("/ping").status == 200


@pytest.mark.parametrize("called", [None, "azmlinfsrv"])
def test_azure_ml(link, called):
    port = free_port()
    env = {"AZUREML_MODEL_DIR": str(EXAMPLES / "digits"), "AZUREML_ENTRY_SCRIPT": "score.py"}
    with Switched("azureml", ["--port", port], port, env=env, program=link(called)) as server:
        assert server.get("/").status == 200
        assert server.post("/score", {"data": ROWS}).status == 200
        server.wait_for_log("AZUREML_ENTRY_SCRIPT has no effect")


def test_vertex():
    port = free_port()
    env = {"AIP_HTTP_PORT": str(port), "AIP_PREDICT_ROUTE": "/p", "AIP_HEALTH_ROUTE": "/h"}
    with Switched("vertex", [EXAMPLES / "digits"], port, env=env) as server:
        assert server.get("/h").status == 200
        check(output(server.post("/p", {"instances": ROWS})))


def test_flask(link):
    port = free_port()
    words = ["run", "--port", port, EXAMPLES / "digits"]
    with Switched("flask", words, port, program=link("flask"), env={"FLASK_APP": "app"}) as server:
        answer = server.post("/predict", {"data": ROWS})
        assert answer.status == 200 and "prediction" in answer.json()


def whole_rows(model):
    """The finite rows that the framework answered, and its answers."""
    expected = model.expected()
    [inputs] = expected["inputs"].values()
    width = inputs["shape"][1]
    rows = [inputs["data"][at : at + width] for at in range(0, len(inputs["data"]), width)]
    pairs = zip(rows, expected["outputs"]["predict"]["data"], strict=True)
    return zip(*[(row, answer) for row, answer in pairs if all(isinstance(each, float) for each in row)])


@pytest.mark.parametrize(
    "called,fixture,file",
    [
        ("sklearnserver", "sklearn-bagging-regressor", "model.pkl"),
        ("xgbserver", "xgboost-reg_squarederror", "model.json"),
        ("lgbserver", "lightgbm-regression", "model.bst"),
    ],
)
def test_kserve_s_own_servers(tmp_path, link, called, fixture, file):
    model = FIXTURES[fixture]
    shutil.copy(model.model, tmp_path / file)
    rows, answers = whole_rows(model)
    http, grpc = free_port(), free_port()
    words = ["--model_name=wine", "--model_dir", tmp_path, f"--http_port={http}", f"--grpc_port={grpc}"]
    with Switched(called, words, http, env={"PREDICT_PROBA": "true"}, program=link(called)) as server:
        assert server.get("/v1/models/wine").json()["ready"] is True
        assert output(server.post("/v1/models/wine:predict", {"instances": rows})) == pytest.approx(answers, rel=1e-5)
        assert server.at(grpc).get("/v2/health/ready").status == 200


def test_kserve_s_own_servers_have_tls_over_http_alone(tmp_path):
    (tmp_path / "m").mkdir()
    shutil.copy(FIXTURES["lightgbm-regression"].model, tmp_path / "m" / "model.bst")
    authority = Authority(tmp_path, "root")
    own = authority.issue("localhost")
    http, grpc = free_port(), free_port()
    words = ["--model_dir", tmp_path / "m", f"--http_port={http}", f"--grpc_port={grpc}"]
    words += [f"--ssl_certfile={own.certificate}", "--ssl_keyfile", own.key]
    server = Switched("lgbserver", words, http)
    server.tls = ssl.create_default_context(cafile=authority.certificate)
    with server:
        assert server.get("/v1/models/model").json()["ready"] is True
        assert server.at(grpc).get("/v2/health/ready").status == 200


@pytest.mark.parametrize("word,said", [("--predictor_host=x", "--predictor_host: calls another server"), ("--wrokers=2", "--wrokers")])
def test_what_kserve_s_servers_cannot_be_told_is_named(tmp_path, refusal, word, said):
    shutil.copy(FIXTURES["sklearn-bagging-regressor"].model, tmp_path / "model.pkl")
    code, text = refusal("sklearnserver", "--model_dir", tmp_path, word)
    assert code == 2 and said in text
