"""Health, metadata, configuration and statistics through the stock client."""

import pytest

from stock import InferenceServerException, np, triton
from support.server import wait_until


def ask_digits(client, rows):
    pixels = triton.InferInput("pixels", [rows, 1, 8, 8], "FP32")
    pixels.set_data_from_numpy(np.zeros([rows, 1, 8, 8], np.float32))
    return client.infer("digits", [pixels])


def test_server_is_live_and_ready(client):
    assert client.is_server_live()
    assert client.is_server_ready()


def test_model_is_ready_by_name_version_and_alias(client):
    assert client.is_model_ready("digits")
    assert client.is_model_ready("digits", "1")
    assert client.is_model_ready("digits", "stable")
    assert client.is_model_ready("digits", "latest")


def test_unknown_model_and_version_are_not_ready(client):
    assert not client.is_model_ready("digit")
    assert not client.is_model_ready("digits", "2")


def test_server_metadata_names_the_extensions(client):
    metadata = client.get_server_metadata()
    assert metadata["name"] == "slipway"
    assert metadata["version"]
    assert {
        "binary_tensor_data",
        "classification",
        "statistics",
        "model_repository",
        "model_configuration",
    } <= set(metadata["extensions"])


def test_tracing_is_off_and_logging_says_what_it_logs(client):
    assert client.get_trace_settings() == client.get_trace_settings("digits") == {"trace_level": ["OFF"]}
    with pytest.raises(InferenceServerException, match="nobody"):
        client.get_trace_settings("nobody")
    logs = client.get_log_settings()
    assert logs["log_info"] and logs["log_error"] and logs["log_verbose_level"] == 0
    assert client.update_log_settings({}) == logs
    for change, settings in [
        (client.update_trace_settings, {"settings": {"trace_level": ["TIMESTAMPS"]}}),
        (client.update_trace_settings, {"model_name": "digits", "settings": {"trace_rate": None}}),
        (client.update_log_settings, {"settings": {"log_info": False}}),
    ]:
        with pytest.raises(InferenceServerException, match="not offered") as caught:
            change(**settings)
        assert caught.value.status() == "501"


def test_model_metadata_has_the_batch_dimension(client):
    metadata = client.get_model_metadata("digits")
    assert metadata["name"] == "digits"
    assert metadata["versions"] == ["1"]
    assert metadata["platform"] == "onnxruntime_onnx"
    assert metadata["inputs"] == [{"name": "pixels", "datatype": "FP32", "shape": [-1, 1, 8, 8]}]
    assert metadata["outputs"] == [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}]


def test_model_metadata_of_a_version(client):
    assert client.get_model_metadata("topic", "1")["inputs"] == [
        {"name": "text", "datatype": "BYTES", "shape": [-1, 1]}
    ]


@pytest.mark.parametrize("version", ["", "1"])
def test_model_config_is_that_of_config_pbtxt(client, version):
    config = client.get_model_config("digits", version)
    assert config["name"] == "digits"
    assert config["backend"] == "onnxruntime"
    assert config["max_batch_size"] == 64
    [pixels] = config["input"]
    assert (pixels["name"], pixels["data_type"], pixels["dims"]) == (
        "pixels",
        "TYPE_FP32",
        [1, 8, 8],
    )
    [probabilities] = config["output"]
    assert probabilities["label_filename"] == "labels.txt"


def test_model_config_is_derived_where_there_is_none(client):
    config = client.get_model_config("breast_cancer")
    assert config["max_batch_size"] == 0
    [features] = config["input"]
    assert (features["name"], features["data_type"], features["dims"]) == (
        "features",
        "TYPE_FP32",
        [-1, 30],
    )


def test_statistics_count_requests_and_rows(client):
    def counts():
        [stats] = client.get_inference_statistics("digits", "1")["model_stats"]
        assert (stats["name"], stats["version"]) == ("digits", "1")
        success = stats["inference_stats"]["success"]
        return stats["inference_count"], stats["execution_count"], success["count"], success["ns"]

    before = counts()
    ask_digits(client, rows=4)
    # An answer is counted once it is sent, which its client may see earlier.
    wait_until(lambda: [now - then for now, then in zip(counts()[:3], before)] == [4, 1, 1])
    assert counts()[3] > before[3]


def test_statistics_of_all_models(client):
    stats = client.get_inference_statistics()["model_stats"]
    assert sorted(each["name"] for each in stats) == ["breast_cancer", "digits", "topic"]
