"""The Open Inference Protocol through stock gRPC clients of JavaScript, Go and Java."""

import base64
import os
import re
import shutil
import signal
import ssl

import pytest

from client_programs import MAKERS, OK, CannotMake, ClientProgram
from support import frames
from support.certificates import Authority
from support.models import EXAMPLES, TEST_MODELS, check_elements, examples
from support.server import Server, wait_until
from support.tensors import pack, unpack
from test_grpc_connections import PREFACE, Tap, pings

CANCELLED, DEADLINE_EXCEEDED, NOT_FOUND, UNAVAILABLE = 1, 4, 5, 14
SERVICE = "inference.GRPCInferenceService"
INFER, STREAM = f"{SERVICE}/ModelInfer", f"{SERVICE}/ModelStreamInfer"
PING_S = {"grpc-js": 1, "grpc-go": 10, "grpc-java": 10}  # the least that each takes
PINGING = [name for name in MAKERS if PING_S[name] == 1 or os.environ.get("SLIPWAY_TEST_SCALE") == "release"]
CHECK, WATCH = "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch"
GOLDEN = [(model, example) for model, _, example in examples() if model in ("digits", "breast_cancer")]


@pytest.fixture(scope="module", params=MAKERS)
def client(request):
    try:
        command, environment = MAKERS[request.param]()
    except CannotMake as why:
        pytest.skip(f"{request.param}: {why}")
    program = ClientProgram(command, environment)
    yield program
    program.stop()


@pytest.fixture
def address(examples_server):
    return examples_server.address


def described(tensor):
    return {name: tensor[name] for name in ("name", "datatype", "shape")}


def raw_request(model, inputs, **fields):
    contents = [base64.b64encode(pack(each["datatype"], each["data"])).decode() for each in inputs]
    return {"model_name": model, "inputs": list(map(described, inputs)), "raw_input_contents": contents, **fields}


def pixels(rows, value=0.0):
    return {"name": "pixels", "datatype": "FP32", "shape": [rows, 1, 8, 8], "data": [value] * rows * 64}


def check_raw(response, golden_outputs):
    for golden, output, raw in zip(
        golden_outputs, response["outputs"], response["raw_output_contents"], strict=True
    ):
        assert (output["name"], output["datatype"]) == (golden["name"], golden["datatype"])
        assert [int(dim) for dim in output["shape"]] == golden["shape"]
        check_elements(golden, unpack(golden["datatype"], base64.b64decode(raw)))


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_golden_examples(client, address, gzip):
    for model, example in GOLDEN:
        names = [{"name": each["name"]} for each in example["outputs"]]
        request = raw_request(model, example["inputs"], outputs=names)
        check_raw(client.ask(address, INFER, request, gzip=gzip), example["outputs"])


def test_typed_contents_both_ways(client, address):
    fields = {"FP32": "fp32_contents", "INT64": "int64_contents"}
    model, example = next(each for each in GOLDEN if each[0] == "digits")
    inputs = [described(e) | {"contents": {fields[e["datatype"]]: e["data"]}} for e in example["inputs"]]
    parameters = {"binary_data_output": {"bool_param": False}}
    answer = client.ask(address, INFER, {"model_name": model, "inputs": inputs, "parameters": parameters})
    for golden in example["outputs"]:
        [output] = [each for each in answer["outputs"] if each["name"] == golden["name"]]
        elements = output["contents"][fields[golden["datatype"]]]
        check_elements(golden, [type(golden["data"][0])(each) for each in elements])


def test_ready_and_metadata(client, address):
    assert client.ask(address, f"{SERVICE}/ServerReady", {})["ready"]
    metadata = client.ask(address, f"{SERVICE}/ModelMetadata", {"name": "digits"})
    assert (metadata["name"], metadata["versions"]) == ("digits", ["1"])
    [pixel_input] = metadata["inputs"]
    assert (pixel_input["name"], pixel_input["datatype"]) == ("pixels", "FP32")
    assert [int(dim) for dim in pixel_input["shape"]] == [-1, 1, 8, 8]


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_a_stream_answers_each_message_in_order(client, address, gzip):
    requests = [
        raw_request(model, example["inputs"], id=f"{model} {round_}")
        for round_ in range(10) for model, example in GOLDEN
    ]
    requests.insert(7, raw_request("digit", [pixels(1)], id="wrong"))
    messages, code, details = client.call(address, STREAM, *requests, gzip=gzip)
    assert (code, len(messages)) == (OK, len(requests)), details
    wrong = messages.pop(7)
    assert "digit" in wrong["error_message"] and wrong["infer_response"]["id"] == "wrong"
    del requests[7]
    for number, (request, message) in enumerate(zip(requests, messages)):
        _, example = GOLDEN[number % len(GOLDEN)]
        answer = message["infer_response"]
        assert answer["id"] == request["id"] and not message.get("error_message")
        of = {each["name"]: each for each in example["outputs"]}
        check_raw(answer, [of[each["name"]] for each in answer["outputs"]])


def test_large_messages_both_ways(client, test_models_server):
    rows = [list(range(start, start + 250_000)) for start in (0, 5)]
    inputs = [{"name": "INPUT0", "datatype": "INT32", "shape": [1000, 250], "data": each} for each in rows]
    requests = [raw_request("identity_int32", [each]) for each in inputs] * 3
    messages, code, details = client.call(test_models_server.address, STREAM, *requests)
    assert (code, len(messages)) == (OK, len(requests)), details
    for request, message in zip(requests, messages):
        assert message["infer_response"]["raw_output_contents"] == request["raw_input_contents"]


@pytest.fixture(scope="module")
def compressing_server():
    with Server(TEST_MODELS / "identity_int32.onnx", args=["--grpc-compression=low"]) as server:
        yield server


@pytest.mark.parametrize("method", [INFER, STREAM])
def test_compressed_answers(client, compressing_server, method):
    server, rows = compressing_server, list(range(1000)) * 64

    def sent():
        return server.metric("slipway_http_response_bytes_total", route=f"/{method}")

    tensor = {"name": "INPUT0", "datatype": "INT32", "shape": [64, 1000], "data": rows}
    request, before = raw_request("identity_int32", [tensor]), sent()
    answer = client.ask(server.address, method, request)
    answer = answer.get("infer_response", answer)
    assert answer["raw_output_contents"] == request["raw_input_contents"]
    assert wait_until(lambda: sent() - before) < 4 * len(rows) / 2


def test_an_unknown_model_is_not_found_by_name(client, address):
    messages, code, details = client.call(address, INFER, raw_request("größe 100%", [pixels(1)]))
    assert (messages, code) == ([], NOT_FOUND)
    assert "größe 100%" in details


@pytest.fixture
def slow_server():
    """Of its own: what a test makes it learn of slow runs is nothing to others."""
    with Server(TEST_MODELS / "slow.onnx") as server:
        yield server


@pytest.mark.parametrize("method", [INFER, STREAM])
def test_a_deadline_ends_the_call(client, slow_server, method):
    a_minute = slow_request(10_000_000)
    messages, code, details = client.call(slow_server.address, method, a_minute, deadline_ms=300)
    if messages:  # the server's word for the one request came before the client's for the stream
        [message] = messages
        assert method == STREAM and "deadline" in message["error_message"]
    else:
        assert code == DEADLINE_EXCEEDED, details


def slow_request(count):
    return raw_request("slow", [{"name": "iterations", "datatype": "INT64", "shape": [1], "data": [count]}])


def test_a_call_in_flight_at_sigterm_is_answered(client, slow_server):
    server = slow_server
    for _ in range(3):  # the server learns that its runs are long
        client.ask(server.address, INFER, slow_request(3000))
    call = client.start(server.address, INFER, slow_request(40_000))
    wait_until(lambda: server.metric("slipway_requests_in_flight") == 1, what="a call in flight")
    server.send_signal(signal.SIGTERM)
    server.wait_for_log("draining")
    messages, code, details = call.end()
    assert code == OK, details
    [message] = messages
    assert [int(dim) for dim in message["outputs"][0]["shape"]] == [64, 64]
    assert server.wait(30) == 0


def test_a_stream_may_be_cancelled(client, address):
    requests = [raw_request("digits", [pixels(1)])] * 3
    messages, code, _ = client.call(address, STREAM, *requests, take=3)
    assert (code, len(messages)) == (CANCELLED, 3)


@pytest.mark.parametrize("client", PINGING, indirect=True)
@pytest.mark.parametrize("keeps_alive", [True, False])
def test_pings_keep_a_quiet_connection(client, keeps_alive, request):
    ping_ms = 1000 * PING_S[request.node.callspec.params["client"]]
    idle_ms, quiet_ms = ping_ms * 3 // 2, ping_ms * 5 // 2
    with Server(EXAMPLES / "digits", args=[f"--idle-timeout={idle_ms}ms"]) as server, Tap(server) as tap:
        messages, code, details = client.call(
            tap.address, CHECK, {}, keep_alive_ms=ping_ms if keeps_alive else 0, quiet_ms=quiet_ms
        )
    assert (code, [message["status"] for message in messages]) == (OK, ["SERVING"] * 2), details
    client_said, server_said = map(bytes, tap.connections[0])
    if not keeps_alive:
        assert len(tap.connections) == 2 and frames.goaway_code(server_said) == 0
        return
    assert len(tap.connections) == 1 and frames.goaway_code(server_said) in (None, 0)
    asked, answered = pings(client_said[PREFACE:], 0), pings(server_said, frames.ACK)
    assert len(asked) >= 2 and answered == asked[: len(answered)] and len(answered) >= len(asked) - 1


def test_health_checks(client, address):
    assert client.ask(address, CHECK, {"service": "digits"})["status"] == "SERVING"
    _, code, details = client.call(address, CHECK, {"service": "nobody"})
    assert code == NOT_FOUND and "nobody" in details


def test_watches_are_told_each_change(client, tmp_path):
    shutil.copytree(EXAMPLES / "digits", tmp_path / "digits")
    with Server(tmp_path, args=["--model-control=explicit"]) as server:
        watch = client.start(server.address, WATCH, {"service": "digits"}, take=3)
        assert watch.next()["status"] == "NOT_SERVING"
        assert server.post("/v2/repository/models/digits/load").status == 200
        assert watch.next()["status"] == "SERVING"
        assert server.post("/v2/repository/models/digits/unload").status == 200
        assert watch.next()["status"] == "NOT_SERVING"
        assert watch.end()[1] == CANCELLED
        counted = re.compile(rf'^slipway_http_requests_total{{route="/{WATCH}",.*}} 1$', re.M)
        wait_until(lambda: counted.search(server.get("/metrics").text), what="a count of the watch that has ended")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "root")


@pytest.fixture(scope="module")
def robot(authority):
    return authority.issue("robot")


@pytest.fixture(scope="module")
def tls_addresses(authority, robot):
    """One that asks for no certificate, and one that asks for one of the same authority."""
    own, digits = authority.issue("localhost").arguments, EXAMPLES / "digits" / "1"
    context = ssl.create_default_context(cafile=authority.certificate)
    context.load_cert_chain(robot.certificate, robot.key)
    with (
        Server(digits, args=own, tls=context) as open_to_all,
        Server(digits, args=[*own, "--tls-client-ca", authority.certificate], tls=context) as closed,
    ):
        yield open_to_all.address, closed.address


def test_tls_with_and_without_a_certificate_of_the_client(client, authority, robot, tls_addresses):
    open_to_all, closed = tls_addresses
    of_robot = {"certificate": robot.certificate, "key": robot.key}
    for address, shown in ((open_to_all, {}), (closed, of_robot)):
        answer = client.ask(address, CHECK, {}, ca=authority.certificate, **shown)
        assert answer["status"] == "SERVING"
    _, code, _ = client.call(closed, CHECK, {}, ca=authority.certificate)
    assert code == UNAVAILABLE
    stranger = robot.certificate  # no authority of the server's
    _, code, _ = client.call(open_to_all, CHECK, {}, ca=stranger)
    assert code == UNAVAILABLE
