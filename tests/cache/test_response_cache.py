"""Models that ask for a response cache: what is answered from it, what is not, and what is counted."""

import struct
import threading
import time

import pytest
from support.repository import row_model
from support.server import Server, wait_until
from support.tensors import outputs_of

CACHED = "response_cache { enable: true }"
POLL = ["--model-control=poll", "--poll-interval=100ms"]
FACTORS = {1: 2.0, 2: 5.0}


def ask(server, first=1.0, model="m", **fields):
    """The factor that y has over x, and the version that answered."""
    x = [first, 2.0, 3.0, 4.0]
    answer = server.infer(model, [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": x}], **fields)
    assert answer.status == 200, answer
    y = outputs_of(answer)["y"]["data"]
    assert [value / each for value, each in zip(y, x)] == [y[0] / x[0]] * 4
    return y[0] / x[0], int(answer.json()["model_version"])


def counts(server, model="m"):
    statistics = server.get(f"/v2/models/{model}/stats").json()["model_stats"][0]
    inference = statistics["inference_stats"]
    return {
        "hit": inference["cache_hit"]["count"],
        "miss": inference["cache_miss"]["count"],
        "success": inference["success"]["count"],
        "computed": inference["compute_infer"]["count"],
        "executions": statistics["execution_count"],
        "rows": statistics["inference_count"],
    }


@pytest.fixture
def configured(repository):
    def start(config, *arguments):
        repository.put("m", 1, row_model(FACTORS[1]))
        repository.put_file("m", "config.pbtxt", config)
        return Server(repository, args=arguments)

    return start


def test_a_request_that_comes_again_is_not_computed_again(configured):
    with configured(CACHED) as server:
        for _ in range(5):
            assert ask(server) == (2.0, 1)
        assert ask(server, first=7.0) == (2.0, 1)
        wait_until(lambda: counts(server)["success"] == 6, 10, "the last answer counted")
        assert counts(server) == {"hit": 4, "miss": 2, "success": 6, "computed": 2, "executions": 2, "rows": 2}
        assert server.metric("slipway_response_cache_hits_total", model="m") == 4
        assert server.metric("slipway_response_cache_misses_total", model="m") == 2
        assert server.metric("slipway_response_cache_entries") == 2
        triton = server.get("/metrics/triton").text
        assert 'nv_cache_num_hits_per_model{model="m",version="1"} 4' in triton
        assert 'nv_cache_num_misses_per_model{model="m",version="1"} 2' in triton


def test_the_form_of_a_request_does_not_matter_and_what_it_asks_for_does(configured):
    with configured(CACHED) as server:
        ask(server)
        raw = struct.pack("<4f", 1, 2, 3, 4)
        head = (
            b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}}],'
            b'"parameters":{"binary_data_output":true}}'
        )
        answer = server.post(
            "/v2/models/m/infer", head + raw, {"Inference-Header-Content-Length": str(len(head))}
        )
        assert answer.body.endswith(struct.pack("<4f", 2, 4, 6, 8))
        assert counts(server)["hit"] == 1
        best = server.infer(
            "m",
            [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1.0, 2.0, 3.0, 4.0]}],
            outputs=[{"name": "y", "parameters": {"classification": 1}}],
        )
        assert outputs_of(best)["y"]["data"][0].startswith("8")
        assert counts(server)["hit"] == 1


def test_models_that_do_not_ask_are_computed_and_have_no_counts(configured):
    with configured("") as server:
        assert ask(server) == ask(server)
        assert counts(server)["hit"] == counts(server)["miss"] == 0
        assert "slipway_response_cache_hits_total{" not in server.get("/metrics").text


def test_without_memory_for_caches_the_log_says_so(configured):
    with configured(CACHED, "--cache-size=0") as server:
        assert "asks for a response cache, and the server has none" in server.wait_for_log("response cache")
        assert ask(server) == ask(server)
        assert counts(server)["miss"] == 0


def test_an_answer_is_computed_anew_when_its_time_is_over(configured):
    with configured(CACHED, "--cache-ttl=200ms") as server:
        ask(server)

        def computed_again():
            ask(server)
            return counts(server)["miss"] >= 2

        wait_until(computed_again, 20, "an answer computed anew")


def test_errors_are_not_kept(configured):
    with configured(CACHED) as server:
        for _ in range(2):
            refused = server.infer("m", [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}])
            assert refused.status == 400
        assert counts(server)["miss"] == 0 and server.metric("slipway_response_cache_entries") == 0


def test_answers_take_no_more_memory_than_they_may(configured):
    with configured(CACHED, "--cache-size=8KiB") as server:
        for i in range(100):
            ask(server, first=float(i + 1))
            assert server.metric("slipway_response_cache_bytes") <= 8192
        assert server.metric("slipway_response_cache_evictions_total") > 50
        before = counts(server)["hit"]
        ask(server, first=100.0)
        assert counts(server)["hit"] == before + 1


def test_a_switch_of_versions_under_load_never_gives_an_old_answer(repository):
    repository.put("m", 1, row_model(FACTORS[1]))
    repository.put_file("m", "config.pbtxt", CACHED)
    problems, stop = [], threading.Event()

    def client(server):
        while not stop.is_set():
            try:
                factor, version = ask(server)  # all ask the same
                if factor != FACTORS[version]:
                    problems.append(f"version {version}: {factor}")
            except Exception as error:  # a thread's exception would go unseen
                problems.append(repr(error))
            time.sleep(0.002)

    with Server(repository, args=POLL) as server:
        threads = [threading.Thread(target=client, args=(server,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            repository.put("m", 2, row_model(FACTORS[2]))
            wait_until(lambda: ask(server) == (5.0, 2), 20, "version 2")
            repository.remove("m", 2)
            wait_until(lambda: ask(server) == (2.0, 1), 20, "version 1")
        stop.set()
        for thread in threads:
            thread.join()
        assert problems == []
        assert ask(server) == ask(server)  # a version's counters go with it; this one's have a hit now
        assert server.metric("slipway_response_cache_hits_total", model="m") > 0


def test_other_contents_under_the_same_number_give_other_answers(repository):
    repository.put("m", 1, row_model(2))
    repository.put_file("m", "config.pbtxt", CACHED)
    with Server(repository, args=POLL) as server:
        assert ask(server) == ask(server) == (2.0, 1)
        repository.put("m", 1, row_model(3))
        wait_until(lambda: ask(server) == (3.0, 1), 20, "the new contents")
        assert ask(server) == (3.0, 1)
        wait_until(lambda: server.metric("slipway_response_cache_entries") == 1, 10, "the old answers dropped")
