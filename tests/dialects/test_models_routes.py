"""/models, which TorchServe's management API and SageMaker's multi-model containers both want."""

import shutil

import pytest

from support.checks import check_error
from support.models import EXAMPLES, TEST_MODELS
from support.repository import Repository, row_model
from support.server import Server, free_port
from test_torchserve import check_torchserve_error

EXPLICIT = ["--model-control=explicit", "--load-model=digits"]


def names_of(answer):
    assert answer.status == 200, answer
    return [model["modelName"] for model in answer.json()["models"]]


@pytest.fixture
def everywhere(tmp_path):
    """A server whose models are loaded on request, at its address, TorchServe's and SageMaker's."""
    repository = tmp_path / "models"
    shutil.copytree(EXAMPLES, repository)
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    listen = [f"--http={addresses[0]}=torchserve-management", f"--http={addresses[1]}=sagemaker"]
    with Server(repository, args=[*EXPLICIT, *listen]) as server:
        yield server, server.at(addresses[0]), server.at(addresses[1]), repository


def test_models_are_described_on_every_address():
    with Server(EXAMPLES) as server:
        assert names_of(server.get("/models")) == ["breast_cancer", "digits", "topic"]
        page = server.get("/models?limit=2&next_page_token=0").json()
        assert page["nextPageToken"] == "2" and len(page["models"]) == 2
        for path in ("", "/1", "/1.0", "/all"):
            [model] = server.get(f"/models/digits{path}").json()
            assert (model["modelName"], model["modelVersion"]) == ("digits", "1")
            assert len(model["workers"]) == model["maxWorkers"] >= 1
            assert model["jobQueueStatus"]["pendingRequests"] == 0
        check_torchserve_error(server.get("/models/x"), 404, "ModelNotFoundException", '"x"')
        check_torchserve_error(
            server.get("/models/digits/8"), 404, "ModelVersionNotFoundException", "version 8"
        )
        for method, path in (("POST", "/models?url=digits"), ("DELETE", "/models/digits")):
            check_error(server.request(method, path), 405)


def test_torchserve_registers_describes_scales_and_unregisters(everywhere):
    server, management, _, repository = everywhere
    assert names_of(management.get("/models")) == ["digits"]
    answer = management.post(f"/models?model_name=topic&url={repository}/topic&initial_workers=1")
    assert answer.status == 200, answer
    assert answer.json()["status"].startswith('Model "topic" Version: 1 registered with ')
    assert names_of(server.get("/models")) == ["digits", "topic"]
    assert server.post("/predictions/topic", {"data": ["hello"]}).status == 200
    check_torchserve_error(
        management.post("/models?url=topic"), 409, "ConflictStatusException", "registered already"
    )
    for url in ("/etc", "https://example.org/m.mar", f"{repository}/../models/topic"):
        check_torchserve_error(
            management.post(f"/models?url={url}"), 403, "IllegalArgumentException", "repositories"
        )
    check_torchserve_error(management.post("/models"), 400, "BadRequestException", "url")
    check_torchserve_error(management.post("/models?url=none"), 404, "ModelNotFoundException")

    scaled = management.request("PUT", "/models/topic/1.0?min_worker=3&synchronous=true")
    runs = management.get("/models/topic").json()[0]["maxWorkers"]
    assert scaled.json() == {"status": f"Workers scaled to {runs} for model: topic, version: 1.0"}
    check_torchserve_error(
        management.request("PUT", "/models/topic?min_worker=3&max_worker=1"), 400,
        "BadRequestException", "max_worker",
    )
    chosen = management.request("PUT", "/models/topic/1.0/set-default")
    assert chosen.json() == {"status": 'Model "topic" Version: 1 is the default'}
    gone = management.request("DELETE", "/models/topic/1.0")
    assert gone.json() == {"status": 'Model "topic" unregistered'}
    assert names_of(management.get("/models")) == ["digits"]
    check_torchserve_error(
        management.request("DELETE", "/models/topic"), 404, "ModelVersionNotFoundException"
    )


def test_torchserve_chooses_the_default_and_unregisters_versions(tmp_path):
    repository = Repository(tmp_path / "models")
    for version in (1, 2, 3):
        repository.put("m", version, row_model(version + 1))
    address = f"127.0.0.1:{free_port()}"
    args = [f"--http={address}=torchserve-management", "--versions=m=all", "--load-model=m"]
    with Server(repository, args=["--model-control=explicit", *args]) as server:
        management = server.at(address)

        def versions():
            return [model["modelVersion"] for model in management.get("/models/m/all").json()]

        def answers():
            """What the row is multiplied with, without a version and as the newest, in two dialects."""
            row = {"data": [[1.0, 1.0, 1.0, 1.0]]}
            tensor = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1.0] * 4}
            default = server.post("/predictions/m", row).json()[0][0]
            assert server.infer("m", [tensor]).json()["outputs"][0]["data"][0] == default
            return default, server.post("/predictions/m/latest", row).json()[0][0]

        assert versions() == ["1", "2", "3"] and answers() == (4, 4)
        for method, path in (("PUT", "/models/m/7/set-default"), ("DELETE", "/models/m/7.0")):
            check_torchserve_error(
                management.request(method, path), 404, "ModelVersionNotFoundException", "version 7"
            )
        check_torchserve_error(
            management.request("DELETE", "/models/m/3"), 403, "IllegalArgumentException", "default"
        )
        chosen = management.request("PUT", "/models/m/2.0/set-default")
        assert chosen.json() == {"status": 'Model "m" Version: 2 is the default'}
        assert answers() == (3, 4)
        assert management.get("/models/m").json()[0]["modelVersion"] == "2"

        gone = management.request("DELETE", "/models/m/3.0")
        assert gone.json() == {"status": 'Model "m" Version: 3 unregistered'}
        assert versions() == ["1", "2"] and answers() == (3, 3)
        assert management.request("DELETE", "/models/m/1").status == 200
        assert management.request("DELETE", "/models/m/2").json() == {"status": 'Model "m" unregistered'}
        assert management.post("/models?url=m").status == 200
        assert versions() == ["1", "2", "3"] and answers() == (4, 4)


def test_sagemaker_loads_invokes_lists_and_unloads(everywhere):
    _, _, sagemaker, repository = everywhere
    body = {"model_name": "topic", "url": f"{repository}/topic"}
    assert sagemaker.post("/models", body).status == 200
    assert sagemaker.post("/models", body).status == 409
    assert names_of(sagemaker.get("/models")) == ["digits", "topic"]
    assert sagemaker.get("/models/topic").json() == {"modelName": "topic", "modelUrl": "topic"}
    answer = sagemaker.post("/models/topic/invoke", {"instances": ["hello"]})
    assert answer.status == 200, answer
    assert sagemaker.request("DELETE", "/models/topic").status == 200
    check_error(sagemaker.get("/models/topic"), 404, "topic")
    check_error(sagemaker.request("DELETE", "/models/topic"), 404, "topic")
    check_error(sagemaker.post("/models", {"model_name": "a", "url": "/etc"}), 403)
    check_error(sagemaker.post("/models", b"{"), 400, "JSON, byte")


@pytest.fixture
def multi_model(tmp_path):
    """start(*flags) -> a container of several models, and the folder that the platform unpacks archives into."""
    servers = []

    def start(*flags, **options):
        folder = tmp_path / "models"
        folder.mkdir()
        env = {"SAGEMAKER_MULTI_MODEL": "true"}
        args = ["--model-control=explicit", *flags]
        servers.append(Server(folder, args=args, env=env, **options).start())
        return servers[-1], folder

    yield start
    for server in servers:
        server.stop()


def unpack(folder, name, *files):
    """As the platform does before it asks for the model. @return what it asks with."""
    place = folder / name / "model"
    place.mkdir(parents=True)
    for file in files:
        shutil.copy(file, place)
    return {"model_name": name, "url": str(place)}


def test_sagemakers_folders_are_loaded(multi_model):
    server, folder = multi_model()
    body = unpack(folder, "a1b2c3", EXAMPLES / "topic" / "1" / "model.onnx")
    assert server.post("/models", body).status == 200
    assert server.post("/models", body).status == 409
    assert server.get("/models/a1b2c3").json() == {"modelName": "a1b2c3", "modelUrl": "a1b2c3"}
    assert server.post("/models/a1b2c3/invoke", {"instances": ["hello"]}).status == 200
    assert server.request("DELETE", "/models/a1b2c3").status == 200
    shutil.rmtree(folder / "a1b2c3")
    check_error(server.post("/models", body), 404, "a1b2c3")
    for url in (f"{folder}/../a/model", "/etc/x/model", f"{folder}/a/b/model"):
        assert server.post("/models", {"model_name": "a", "url": url}).status == 403, url


def test_a_container_without_a_loaded_model_is_healthy(multi_model):
    server, folder = multi_model()
    assert server.get("/ping").status == 200
    body = unpack(folder, "only", EXAMPLES / "topic" / "1" / "model.onnx")
    server.post("/v2/repository/index")  # looks what lies there
    assert server.get("/ping").status == 200
    assert server.post("/models", body).status == 200
    assert server.request("DELETE", "/models/only").status == 200
    assert server.get("/ping").status == 200


@pytest.mark.parametrize("opened", [True, False])
def test_models_are_loaded_where_other_machines_reach_only_when_that_is_asked_for(multi_model, opened):
    flags = ["--public-inference", *(["--public-models"] if opened else [])]
    server, folder = multi_model(*flags, http=f"0.0.0.0:{free_port()}")
    body = unpack(folder, "one", EXAMPLES / "topic" / "1" / "model.onnx")
    assert server.post("/models", body).status == (200 if opened else 405)
    assert server.get("/models/one").status == (200 if opened else 404)
    assert server.request("DELETE", "/models/one").status == (200 if opened else 405)
    assert server.post("/models", {"model_name": "a", "url": "/etc"}).status == (403 if opened else 405)
    # What else changes the server stays where control is.
    check_error(server.post("/v2/repository/models/one/load"), 404)


def test_a_model_that_does_not_fit_into_memory_is_507(multi_model):
    server, folder = multi_model("--memory-limit=100KiB", "--run-memory=1MiB", "--max-buffered=1MiB")
    large = unpack(folder, "large", EXAMPLES / "digits" / "1" / "model.onnx")
    check_error(server.post("/models", large), 507, "51200 bytes")
    check_error(server.get("/models/large"), 404)


def test_models_are_loaded_on_request_only_when_that_is_their_control():
    address = f"127.0.0.1:{free_port()}"
    with Server(EXAMPLES, args=[f"--http={address}=torchserve-management"]) as server:
        management = server.at(address)
        check_torchserve_error(
            management.request("DELETE", "/models/topic"), 403,
            "IllegalArgumentException", "--model-control=explicit",
        )


def test_the_environment_of_sagemaker_chooses_its_routes():
    with Server(TEST_MODELS, env={"SAGEMAKER_MULTI_MODEL": "true"}) as server:
        model = server.get("/models/add_sub").json()
        assert model == {"modelName": "add_sub", "modelUrl": "add_sub"}
        check_error(server.request("DELETE", "/models/add_sub"), 403, "--model-control=explicit")
