"""A run that takes too long is ended; one that does not end takes the server's readiness along."""

import threading
import time

from support.models import TEST_MODELS
from support.repository import product_model
from support.server import Server, wait_until


def body(name, values):
    return {"inputs": [{"name": name, "datatype": "INT64", "shape": [len(values)], "data": values}]}


def test_a_run_past_the_limit_is_ended():
    with Server(TEST_MODELS / "slow.onnx", args=("--run-limit", "200ms")) as server:
        begin = time.monotonic()
        for _ in range(2):  # on the connection's thread, and on the pool
            answer = server.post("/v2/models/slow/infer", body("iterations", [10**9]), timeout_s=60)
            assert answer.status == 504
            assert answer.error == 'model "slow": the run took longer than 200 ms, the limit'
        assert time.monotonic() - begin < 30
        assert server.post("/v2/models/slow/infer", body("iterations", [1])).status == 200


def test_a_worker_that_does_not_come_back_makes_the_server_unready(repository):
    repository.put("product", 1, product_model())
    # Within the limit the operator before the long one takes and fills its memory, 256 MB.
    with Server(repository, args=("--run-limit", "4s")) as server:
        for _ in range(3):  # so that the model is known to be slow
            server.post("/v2/models/product/infer", body("n", [256, 256]))
        # About a teraflop in one operator, and the runtime looks only between operators.
        stuck = threading.Thread(
            target=server.post, args=("/v2/models/product/infer", body("n", [8192, 8192])), kwargs={"timeout_s": 300}
        )
        stuck.start()
        wait_until(lambda: server.get("/v2/health/ready").status == 503, timeout_s=60, what="a stuck run")
        while_stuck = server.get("/v2/health/ready"), server.get("/v2/models/product/ready")
        server.wait_for_log("a run that was to be ended does not come back")
        stuck.join()
        assert [answer.status for answer in while_stuck] == [503, 503]
        # The answer is seen before its worker is back.
        for path in ("/v2/health/ready", "/v2/models/product/ready"):
            wait_until(lambda: server.get(path).status == 200, what=f"{path} 200")
