"""GET /openapi.json describes the listener that is asked: what it offers, and in whose dialect."""

from described import document_of
from support.models import EXAMPLES
from support.server import Server, free_port

REGISTRATION = {"model_name": "topic", "url": "topic"}
# What changes and tells which models are loaded: in this order, with the statuses of the answers.
MANAGEMENT = [
    ("post", "/models", "?url=topic&model_name=topic", None, 200),
    ("post", "/models", "", REGISTRATION, 409),
    ("post", "/models", "?url=/etc", None, 403),
    ("get", "/models", "?limit=1", None, 200),
    ("get", "/models/{model}", "", None, 200),
    ("get", "/models/{model}/{version}", "", None, 200),
    ("put", "/models/{model}", "?min_worker=2", None, 200),
    ("put", "/models/{model}/{version}", "?min_worker=2&max_worker=1", None, 400),
    ("put", "/models/{model}/{version}/set-default", "", None, 200),
    ("delete", "/models/{model}/{version}", "", None, 200),
    ("delete", "/models/{model}", "", None, 404),
]
MULTI_MODEL = [
    ("post", "/models", "", REGISTRATION, 200),
    ("post", "/models", "", REGISTRATION, 409),
    ("get", "/models", "", None, 200),
    ("get", "/models/{model}", "", None, 200),
    ("delete", "/models/{model}", "", None, 200),
    ("delete", "/models/{model}", "", None, 404),
]


def check_models_routes(server, calls, tag, check_answer, validate, folder):
    document = document_of(server)
    validate(document, folder)
    described = {
        (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if path.startswith("/models") and tag in operation["tags"]
    }
    called = {(method, path) for method, path, *_ in calls}
    assert described - {("post", "/models/{model}/invoke")} == called
    for method, path, query, body, status in calls:
        target = path.format(model="topic", version="1") + query
        answer = server.request(method.upper(), target, body)
        assert answer.status == status, answer
        check_answer(answer, method, path, document)


def test_torchserves_management_is_described_where_it_is(
    by_dialect, check_answer, validate, tmp_path
):
    server = by_dialect["torchserve-management"]
    check_models_routes(server, MANAGEMENT, "TorchServe", check_answer, validate, tmp_path)


def test_sagemakers_multi_model_routes_are_described_where_they_are(
    by_dialect, check_answer, validate, tmp_path
):
    server = by_dialect["sagemaker"]
    check_models_routes(server, MULTI_MODEL, "SageMaker", check_answer, validate, tmp_path)


def test_a_listener_describes_what_it_offers():
    control = f"127.0.0.1:{free_port()}"
    with Server(EXAMPLES, args=["--control", control]) as server:
        public = document_of(server)["paths"]
        private = document_of(server.at(control))["paths"]
    load, infer = "/v2/repository/models/{model}/load", "/v2/models/{model}/infer"
    assert infer in public and load not in public
    assert load in private and infer not in private
