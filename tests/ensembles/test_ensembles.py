"""Ensembles of a Triton repository: several models that answer one request, and what happens when one is missing."""

import threading

import pytest
from support.models import TEST_MODELS
from support.repository import row_model
from support.server import Server, wait_until
from support.tensors import outputs_of

X = [1.0, 2.0, 3.0, 4.0]
POLL = ["--model-control=poll", "--poll-interval=100ms"]
CHAIN = """
platform: "ensemble"
input { name: "IN" data_type: TYPE_FP32 dims: [ -1, 4 ] }
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ -1, 4 ] } %s ]
ensemble_scheduling { step [
  { model_name: "second" model_version: -1
    input_map { key: "x" value: "between" } output_map { key: "y" value: "OUT" } },
  { model_name: "first" model_version: -1
    input_map { key: "x" value: "IN" } output_map { key: "y" value: "between" } }
] }
"""


def put_ensemble(repository, config, name="e"):
    repository.put_file(name, "config.pbtxt", config)
    (repository.folder / name / "1").mkdir(exist_ok=True)


def put_chain(repository, config=CHAIN % ""):
    repository.put("first", 1, row_model(2))
    repository.put("second", 1, row_model(5))
    put_ensemble(repository, config)


def infer(server, model="e", x=None, name="IN", **options):
    x = x or X
    inputs = [{"name": name, "datatype": "FP32", "shape": [len(x) // 4, 4], "data": x}]
    return server.infer(model, inputs, **options)


def factor(answer):
    assert answer.status == 200, answer
    y = outputs_of(answer)["OUT"]["data"]
    assert y == [each * y[0] / X[0] for each in X]
    return y[0] / X[0]


def statistics(server, model):
    return server.get(f"/v2/models/{model}/stats").json()["model_stats"][0]


def refusal(server, model="e"):
    entries = server.post("/v2/repository/index").json()
    return next(entry["reason"] for entry in entries if entry["name"] == model)


def test_steps_run_in_the_order_of_their_tensors(repository):
    put_chain(repository)
    with Server(repository) as server:
        assert factor(infer(server)) == 10
        assert server.get("/v2/models/e").json()["platform"] == "ensemble"
        assert server.get("/v2/models/e/ready").status == 200
        for model in ("e", "first", "second"):
            wait_until(lambda m=model: statistics(server, m)["inference_stats"]["success"]["count"] == 1)
            assert statistics(server, model)["execution_count"] == 1


def test_tensors_between_the_steps_can_be_outputs_too(repository):
    put_chain(repository, CHAIN % ', { name: "between" data_type: TYPE_FP32 dims: [ -1, 4 ] }')
    with Server(repository) as server:
        outputs = outputs_of(infer(server))
        assert outputs["between"]["data"] == [2 * each for each in X]
        only = infer(server, outputs=[{"name": "between"}]).json()["outputs"]
        assert [each["name"] for each in only] == ["between"]


def test_a_step_may_take_what_several_steps_made(repository):
    for model in ("left", "join"):
        repository.put(model, 1, (TEST_MODELS / "add_sub.onnx").read_bytes())
    step = (
        '{ model_name: "%s" model_version: 1 input_map { key: "INPUT0" value: "%s" } '
        'input_map { key: "INPUT1" value: "%s" } '
        'output_map { key: "OUTPUT0" value: "%s" } output_map { key: "OUTPUT1" value: "%s" } }'
    )
    steps = ",".join([step % ("join", "SUM", "DIFFERENCE", "TWICE_A", "TWICE_B"), step % ("left", "A", "B", "SUM", "DIFFERENCE")])
    tensor = '{ name: "%s" data_type: TYPE_INT32 dims: 16 }'
    put_ensemble(
        repository,
        'platform: "ensemble" max_batch_size: 4\n'
        f'input [ {tensor % "A"}, {tensor % "B"} ] output [ {tensor % "TWICE_A"}, {tensor % "TWICE_B"} ]\n'
        f"ensemble_scheduling {{ step [ {steps} ] }}",
    )
    with Server(repository) as server:
        a, b = list(range(32)), [7] * 32
        tensors = [{"name": n, "datatype": "INT32", "shape": [2, 16], "data": d} for n, d in (("A", a), ("B", b))]
        outputs = outputs_of(server.infer("e", tensors))
        assert outputs["TWICE_A"]["data"] == [2 * each for each in a]
        assert outputs["TWICE_B"]["data"] == [2 * each for each in b]
        assert outputs["TWICE_A"]["shape"] == [2, 16]
        assert statistics(server, "e")["inference_count"] == 2


def test_steps_that_wait_in_queues_are_answered_each_with_its_own(repository):
    batching = "max_batch_size: 8 dynamic_batching { preferred_batch_size: 8 max_queue_delay_microseconds: 100000 }"
    put_chain(repository)
    for model in ("first", "second"):
        repository.put_file(model, "config.pbtxt", batching)
    answers = {}
    with Server(repository) as server:

        def ask(i):
            answers[i] = outputs_of(infer(server, x=[float(i)] * 4))["OUT"]["data"]

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {i: [10.0 * i] * 4 for i in range(24)}
        for model in ("first", "second"):  # both steps ran together with others
            assert statistics(server, model)["execution_count"] < 24, model


def test_an_ensemble_is_ready_while_its_members_are(repository):
    put_chain(repository)
    args = ["--model-control=explicit", *(f"--load-model={name}" for name in ("first", "second", "e"))]
    with Server(repository, args=args) as server:
        assert server.get("/v2/models/e/ready").status == 200
        assert server.post("/v2/repository/models/second/unload").status == 200
        assert server.get("/v2/models/e/ready").status == 503
        assert server.get("/v2/models/first/ready").status == 200
        assert infer(server).status == 503
        assert server.post("/v2/repository/models/second/load").status == 200
        assert server.get("/v2/models/e/ready").status == 200
        assert factor(infer(server)) == 10


def test_members_are_unloaded_with_their_ensemble_where_that_is_asked_for(repository):
    put_chain(repository)
    names = ("first", "second", "e")
    args = ["--model-control=explicit", *(f"--load-model={name}" for name in names)]
    with Server(repository, args=args) as server:

        def ready():
            return [server.get(f"/v2/models/{name}/ready").status == 200 for name in names]

        assert server.post("/v2/repository/models/e/unload").status == 200
        assert ready() == [True, True, False]
        assert server.post("/v2/repository/models/e/load").status == 200
        body = {"parameters": {"unload_dependents": True}}
        assert server.post("/v2/repository/models/e/unload", body).status == 200
        assert ready() == [False, False, False]


def test_a_failing_step_is_named(repository):
    put_chain(repository)
    repository.put_file("second", "config.pbtxt", "max_batch_size: 2")
    with Server(repository) as server:
        refused = infer(server, x=X * 3)
        assert refused.status == 400
        assert refused.error == (
            'step 2 of ensemble "e", model "second": expected a batch of at most 2 rows, got 3'
        )
        assert infer(server, x=X * 2).status == 200
        wait_until(lambda: statistics(server, "e")["inference_stats"]["fail"]["count"] == 1)


def test_a_member_uses_its_cache_and_the_ensemble_has_none(repository):
    put_chain(repository, CHAIN % "" + "response_cache { enable: true }")
    repository.put_file("first", "config.pbtxt", "response_cache { enable: true }")
    with Server(repository) as server:
        assert "response_cache" in server.wait_for_log("fields without effect")
        assert factor(infer(server)) == factor(infer(server)) == 10
        wait_until(lambda: statistics(server, "first")["inference_stats"]["cache_hit"]["count"] == 1)
        assert statistics(server, "second")["execution_count"] == 2


def test_a_deadline_ends_the_step_that_runs(repository):
    repository.put("slow", 1, (TEST_MODELS / "slow.onnx").read_bytes())
    put_ensemble(
        repository,
        """platform: "ensemble"
        input { name: "IN" data_type: TYPE_INT64 dims: 1 } output { name: "OUT" data_type: TYPE_FP32 dims: [ 64, 64 ] }
        ensemble_scheduling { step { model_name: "slow" model_version: -1
          input_map { key: "iterations" value: "IN" } output_map { key: "y" value: "OUT" } } }""",
    )
    with Server(repository, args=["--request-timeout=300ms"]) as server:
        tensors = [{"name": "IN", "datatype": "INT64", "shape": [1], "data": [10**10]}]
        late = server.infer("e", tensors)
        assert late.status == 504 and 'step 1 of ensemble "e", model "slow"' in late.error


@pytest.mark.parametrize(
    "edit,message",
    [
        (("model_name: \"first\"", "model_name: \"nobody\""), 'config.pbtxt:8: step with model "nobody": the model is not served'),
        (("key: \"x\" value: \"IN\"", "key: \"z\" value: \"IN\""), 'step with model "first": the model has no input "z"'),
        (("key: \"y\" value: \"OUT\"", "key: \"z\" value: \"OUT\""), 'step with model "second": the model has no output "z"'),
        (("input { name: \"IN\" data_type: TYPE_FP32", "input { name: \"IN\" data_type: TYPE_INT64"), 'input "x": expected FP32 [-1,4], "IN" is INT64 [-1,4]'),
        (("\"OUT\" data_type: TYPE_FP32 dims: [ -1, 4 ]", "\"OUT\" data_type: TYPE_FP32 dims: [ -1, 5 ]"), 'output "OUT": the configuration says FP32 [-1,5], a step makes FP32 [-1,4]'),
        (("model_name: \"second\"", "model_name: \"e2\""), "an ensemble in an ensemble is not supported yet"),
    ],
)
def test_an_ensemble_that_does_not_fit_its_members_is_refused(repository, edit, message):
    put_chain(repository)
    put_ensemble(repository, CHAIN % "", name="a_good_one")
    config = CHAIN % ""
    assert edit[0] in config
    put_ensemble(repository, config.replace(*edit).replace('"e2"', '"a_good_one"'))
    with Server(repository) as server:
        assert message in refusal(server)
        assert factor(infer(server, model="a_good_one")) == 10


def test_an_ensemble_follows_its_members(repository):
    put_chain(repository)
    held = repository.folder / "second"
    aside = repository.folder.parent / "aside"
    held.rename(aside)
    with Server(repository, args=POLL) as server:
        assert "the model is not served" in refusal(server)
        aside.rename(held)  # what was missing comes
        wait_until(lambda: infer(server).status == 200, 20, "the ensemble served")
        repository.put("second", 2, row_model(7))  # a new version of a member
        wait_until(lambda: factor(infer(server)) == 14, 20, "the member's new version")
        held.rename(aside)  # a member goes
        wait_until(lambda: infer(server).status == 503, 20, "the member missed")
        answer = infer(server)
        assert 'step 1 of ensemble "e"' in answer.error or 'step 2 of ensemble "e"' in answer.error
        assert '"second"' in answer.error and "retry-after" in answer.headers


def test_loading_an_ensemble_loads_its_members(repository):
    put_chain(repository)
    with Server(repository, args=["--model-control=explicit"]) as server:
        assert infer(server).status == 404
        loaded = server.post("/v2/repository/models/e/load")
        assert loaded.status == 200, loaded
        assert factor(infer(server)) == 10
    with Server(repository, args=["--model-control=explicit", "--load-model=e"]) as server:
        assert factor(infer(server)) == 10


def test_members_are_switched_under_load_without_a_failure(repository):
    put_chain(repository)
    problems, stop = [], threading.Event()

    def client(server):
        while not stop.is_set():
            try:
                answer = infer(server)
                if answer.status != 200 or factor(answer) not in (10, 14):
                    problems.append(repr(answer))
            except Exception as error:  # a thread's exception would go unseen
                problems.append(repr(error))

    with Server(repository, args=POLL) as server:
        threads = [threading.Thread(target=client, args=(server,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            repository.put("second", 2, row_model(7))
            wait_until(lambda: factor(infer(server)) == 14, 20, "version 2")
            repository.remove("second", 2)
            wait_until(lambda: factor(infer(server)) == 10, 20, "version 1")
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []
