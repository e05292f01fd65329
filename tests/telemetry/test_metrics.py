"""What a running server tells Prometheus."""

import re
import shutil
import subprocess

import pytest

from support.models import EXAMPLES, TEST_MODELS
from support.server import Server, wait_until

X = {"name": "INPUT0", "datatype": "FP32", "shape": [1, 1], "data": [1.0]}
ECHO = {"model": "identity_fp32", "version": "1"}


@pytest.fixture(scope="module")
def server():
    with Server(EXAMPLES, TEST_MODELS / "identity_fp32.onnx") as server:
        yield server


def of_echo(server):
    """Counts of the model that the tests ask."""
    names = ("slipway_requests_succeeded_total", "slipway_inference_rows_total", "slipway_model_executions_total")
    counts = [server.metric(name, **ECHO) for name in names]
    phases = ("parse", "queue", "compute", "respond")
    counts += [server.metric("slipway_request_phase_seconds_count", **ECHO, phase=phase) for phase in phases]
    return counts


def test_an_inference_counts_once_in_every_phase(server):
    before = of_echo(server)
    assert server.infer("identity_fp32", [X]).status == 200
    wait_until(lambda: [b - a for a, b in zip(before, of_echo(server))] == [1] * 7, what="one more of each")
    sums = [server.metric("slipway_request_phase_seconds_sum", **ECHO, phase=phase) for phase in ("parse", "compute")]
    assert all(0 < each < 1 for each in sums)


@pytest.mark.parametrize(
    "parameters,change,reason",
    [({}, {"shape": [3, 2]}, "bad_request"), ({}, {"datatype": "INT32"}, "bad_request"),
     ({"timeout": 1}, {}, "deadline_exceeded"), ({"sequence_id": 7}, {}, "not_offered")],
    ids=["shape", "datatype", "deadline", "sequence"],
)
def test_a_refusal_counts_by_its_reason(server, parameters, change, reason):
    failed = lambda: server.metric("slipway_requests_failed_total", **ECHO, reason=reason)
    before = failed()
    assert server.infer("identity_fp32", [X | change], parameters=parameters).status >= 400
    wait_until(lambda: failed() == before + 1, what=f"one more {reason}")
    assert server.metric("slipway_requests_in_flight", **ECHO) == 0


def test_unknown_models_make_no_series(server):
    for i in range(50):
        assert server.infer(f"stranger_{i}", [X]).status == 404
    text = server.get("/metrics").text + server.get("/metrics/triton").text
    assert "stranger" not in text


def test_the_process_tells_its_memory_and_its_loads(server):
    assert 0.5 < server.metric("process_resident_memory_bytes") / server.rss_bytes() < 2
    for model in ("breast_cancer", "digits", "identity_fp32", "topic"):
        assert server.metric("slipway_model_version_state", model=model, state="ready") == 1
        assert server.metric("slipway_model_version_load_seconds", model=model) > 0


def test_triton_names_tell_the_same(server):
    assert server.infer("identity_fp32", [X]).status == 200
    wait_until(lambda: server.metric("slipway_requests_in_flight") == 0)
    rows = re.findall(r'^(nv_\w+){model="identity_fp32",version="1"} (\S+)$', server.get("/metrics/triton").text, re.M)
    triton = {name: float(value) for name, value in rows}
    assert triton["nv_inference_request_success"] == server.metric("slipway_requests_succeeded_total", **ECHO)
    assert triton["nv_inference_count"] == server.metric("slipway_inference_rows_total", **ECHO)
    assert triton["nv_inference_exec_count"] == server.metric("slipway_model_executions_total", **ECHO)
    assert triton["nv_inference_compute_infer_duration_us"] > 0


needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not on the PATH")


def promtool(text):
    """@return (exit code, what it says, a line each)"""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    return done.returncode, (done.stdout + done.stderr).splitlines()


@needs_promtool
def test_promtool_has_nothing_to_say(server):
    assert server.infer("identity_fp32", [X]).status == 200
    assert server.get("/nothing").status == 404
    assert promtool(server.get("/metrics").text) == (0, [])


NAMING_RULES = {
    'counter metrics should have "_total" suffix',
    'non-histogram and non-summary metrics should not have "_count" suffix',
    "metric names should not contain abbreviated units",
}


@needs_promtool
def test_promtool_minds_nothing_in_tritons_names_but_the_names(server):
    assert server.infer("identity_fp32", [X]).status == 200
    text = server.get("/metrics/triton").text
    told = set(re.findall(r"^# TYPE (nv_\w+) (?:counter|gauge)$", text, re.M))
    assert {"nv_inference_request_success", "nv_inference_pending_request_count", "nv_cpu_utilization"} <= told
    _, complaints = promtool(text)
    assert complaints and all(line.startswith("nv_") for line in complaints), complaints
    assert {line.split(" ", 1)[1] for line in complaints} <= NAMING_RULES
    assert promtool(text.replace("nv_inference_count{", "nv_inference_count{{", 1))[1] != complaints
