"""Triton's command line starts Slipway on Triton's ports, with Triton's metrics and flags."""

from support.instances import value_of
from support.models import EXAMPLES, check_elements, examples
from support.server import free_port
from switched import Switched, wait_for_metric

EXAMPLE = next(example for model, name, example in examples() if (model, name) == ("digits", "four"))


def ports():
    return {name: free_port() for name in ("http", "grpc", "metrics")}


def words(port, *more):
    return [
        f"--model-repository={EXAMPLES}",
        *(word for name, number in port.items() for word in (f"--{name}-port", number)),
        *more,
    ]


def check_digits(server):
    answer = server.infer("digits", EXAMPLE["inputs"])
    assert answer.status == 200, answer
    check_elements(EXAMPLE["outputs"][0], answer.json()["outputs"][0]["data"])


def test_its_ports_requests_and_metrics():
    port = ports()
    with Switched("triton", words(port, "--log-verbose=1", "--id=mine"), port["http"]) as server:
        check_digits(server)
        check_digits(server.at(port["grpc"]))
        wait_for_metric(server.at(port["metrics"]), 'nv_inference_request_success{model="digits",version="1"} 2')
        server.wait_for_log("--id has no effect: the server's metadata calls it slipway")


def test_loads_what_is_asked_for_by_the_program_s_name(link):
    port = ports()
    command = words(port, "--model-control-mode=explicit", "--load-model=digits", "--http-address=127.0.0.1")
    with Switched("triton", command, port["http"], program=link("tritonserver")) as server:
        index = {model["name"]: model.get("state") for model in server.post("/v2/repository/index").json()}
        assert index["digits"] == "READY" and index["topic"] != "READY"
        assert server.post("/v2/repository/models/topic/load", {}).status == 200


def test_a_variable_names_the_server_too():
    port = ports()
    server = Switched("triton", words(port), port["http"], env={"SLIPWAY_AS": "triton"})
    server.command = [word for word in server.command if word not in ("--as", "triton")]
    with server:
        check_digits(server)


def test_on_vertex_ai_that_address_takes_the_place_of_the_others():
    port = ports()
    vertex = {"AIP_MODE": "PREDICTION", "AIP_HTTP_PORT": str(port["http"]), "AIP_STORAGE_URI": str(EXAMPLES / "digits")}
    vertex |= {"AIP_PREDICT_ROUTE": "/p", "AIP_HEALTH_ROUTE": "/h"}
    own = [f"--metrics-port={port['metrics']}", "--allow-gpu-metrics", "false"]
    with Switched("triton", own, port["http"], env=vertex) as server:
        assert server.get("/h").status == 200
        assert server.post("/p", {"instances": value_of(EXAMPLE["inputs"][0])}).status == 200
        wait_for_metric(server.at(port["metrics"]), 'nv_inference_request_success{model="digits",version="1"} 1')


def test_slipway_s_own_words_win():
    port = ports()
    own = f"127.0.0.1:{free_port()}"
    server = Switched("triton", words(port, "--http", own), port["http"])
    server.address = own
    with server:
        check_digits(server)


def test_what_cannot_be_honoured_is_named(refusal):
    code, text = refusal("triton", "--model-repository=m", "--http-restricted-api=inference:k=v", "--http-port=x")
    assert code == 2
    assert "--http-restricted-api: keys for parts of the API are not offered" in text
    assert '--http-port: expected a whole number, 0 or more, got "x"' in text


def test_what_nobody_knows_is_named(refusal):
    code, text = refusal("triton", "--model-repo=m")
    assert code == 2 and text == (
        "slipway serve: --model-repo is no option of triton nor of slipway serve; "
        'did you mean "--model-root"?\n'
    )
    code, text = refusal("", env={"SLIPWAY_AS": "tritn"})
    assert code == 2 and text.startswith("slipway serve: SLIPWAY_AS: expected one of")
    code, text = refusal("tritn")
    assert code == 2 and 'did you mean "triton"?' in text


def test_a_repository_that_is_missing_is_named(refusal):
    assert refusal("triton") == (2, "slipway serve: --model-repository: is missing\n")


def test_a_port_that_is_none_is_named(refusal):
    code, text = refusal("triton", f"--model-repository={EXAMPLES}", "--http-port=70000")
    assert code == 2 and text == 'slipway serve: --http-port: expected a port, 1 to 65535, got "70000"\n'
