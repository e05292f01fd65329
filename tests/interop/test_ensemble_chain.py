"""A chain of two models behind one name, through the stock client."""

import pytest

from stock import grpc_input_of, input_of, np, triton, triton_grpc
from support.repository import Repository, row_model
from support.server import Server, wait_until

CONFIG = """
platform: "ensemble"
max_batch_size: 8
input { name: "IN" data_type: TYPE_FP32 dims: 4 }
output { name: "OUT" data_type: TYPE_FP32 dims: 4 }
ensemble_scheduling { step [
  { model_name: "first" model_version: -1 input_map { key: "x" value: "IN" } output_map { key: "y" value: "t" } },
  { model_name: "second" model_version: -1 input_map { key: "x" value: "t" } output_map { key: "y" value: "OUT" } }
] }
"""
X = np.arange(8, dtype=np.float32).reshape(2, 4) if np else None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    repository = Repository(tmp_path_factory.mktemp("ensembles"))
    repository.put("first", 1, row_model(2))
    repository.put("second", 1, row_model(5))
    repository.put_file("e", "config.pbtxt", CONFIG)
    (repository.folder / "e" / "1").mkdir()
    with Server(repository) as server:
        yield server


def test_http_answers_and_statistics(server):
    with triton.InferenceServerClient(server.address) as client:
        assert client.is_model_ready("e")
        assert client.get_model_metadata("e")["platform"] == "ensemble"
        assert client.get_model_config("e")["max_batch_size"] == 8
        result = client.infer("e", [input_of("IN", "FP32", X, True)])
        assert (result.as_numpy("OUT") == 10 * X).all()

        def counted():  # once the answer has gone
            [statistics] = client.get_inference_statistics("e")["model_stats"]
            return statistics["inference_count"]

        wait_until(lambda: counted() >= 2, what="two rows in the statistics")


def test_grpc_answers(server):
    with triton_grpc.InferenceServerClient(server.address) as client:
        result = client.infer("e", [grpc_input_of("IN", "FP32", X)])
        assert (result.as_numpy("OUT") == 10 * X).all()
        assert client.get_model_config("e").config.platform == "ensemble"
