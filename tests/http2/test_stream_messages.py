"""Messages of one ModelStreamInfer call that come together run together, and are answered in their order."""

from support import grpc_stream
from support.repository import Repository, row_model
from support.server import Server
from support.tensors import pack

MESSAGES = 16
ROUNDS = 20


def test_messages_that_come_together_run_together(tmp_path):
    repository = Repository(tmp_path)
    repository.put("m", 1, row_model(2))
    with Server(repository, args=("--io-threads", "1")) as server:
        rows = [[float(i), 0.5, -1.0, 2.0] for i in range(MESSAGES)]
        requests = [[{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": row}] for row in rows]
        for _ in range(ROUNDS):
            answers = grpc_stream.infer(server, "m", requests)
            assert answers == [[pack("FP32", [2 * each for each in row])] for row in rows]
        statistics = server.get("/v2/models/m/stats").json()["model_stats"][0]
    assert statistics["inference_count"] == MESSAGES * ROUNDS
    assert statistics["execution_count"] <= MESSAGES * ROUNDS // 2
