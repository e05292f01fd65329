"""TensorFlow Serving's gRPC API through the stubs of tensorflow-serving-api.

TensorFlow itself is not installed: the messages of its core that the stubs import are made from proto/ here, so the
stubs' own descriptors have to fit them.
"""

import importlib
import pathlib
import shutil
import subprocess
import sys

import pytest

from stock import array_of, grpc, np
from support.models import check_elements, examples
from support.packages import BUILD
from support.repository import Repository, row_model
from support.server import Server
from test_dtypes import ELEMENTS
from test_grpc_methods import declarations_of

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
GOLDEN = list(examples())
NAMES = [f"{model}-{name}" for model, name, _ in GOLDEN]
DT = {
    "FP32": ("DT_FLOAT", "float_val"),
    "FP64": ("DT_DOUBLE", "double_val"),
    "INT32": ("DT_INT32", "int_val"),
    "UINT8": ("DT_UINT8", "int_val"),
    "INT16": ("DT_INT16", "int_val"),
    "INT8": ("DT_INT8", "int_val"),
    "BYTES": ("DT_STRING", "string_val"),
    "INT64": ("DT_INT64", "int64_val"),
    "BOOL": ("DT_BOOL", "bool_val"),
    "UINT16": ("DT_UINT16", "int_val"),
    "UINT32": ("DT_UINT32", "uint32_val"),
    "UINT64": ("DT_UINT64", "uint64_val"),
    "FP16": ("DT_HALF", "half_val"),
    "BF16": ("DT_BFLOAT16", "half_val"),
}


@pytest.fixture(scope="module")
def core():
    """The modules that TensorFlow would bring, in a folder of their own."""
    if shutil.which("protoc") is None:
        pytest.skip("no protoc")
    folder = BUILD / "tensorflow-core"
    folder.mkdir(exist_ok=True)
    paths = [*PROTO.glob("tensorflow/core/**/*.proto"), *PROTO.glob("xla/**/*.proto")]
    files = sorted(str(path.relative_to(PROTO)) for path in paths)
    subprocess.run(
        ["protoc", f"-I{PROTO}", f"--python_out={folder}", *files], check=True, timeout=60
    )
    sys.path.insert(0, str(folder))
    yield importlib.import_module("tensorflow.core.framework.types_pb2")
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def apis(core):
    """Imports a module of tensorflow_serving.apis."""
    return lambda name: importlib.import_module(f"tensorflow_serving.apis.{name}")


@pytest.fixture
def prediction(apis, examples_server):
    with grpc.insecure_channel(examples_server.address) as channel:
        yield apis("prediction_service_pb2_grpc").PredictionServiceStub(channel)


@pytest.fixture
def prediction_of(apis):
    """prediction_of(server, request) -> the answer to a PredictRequest."""

    def ask(server, request):
        with grpc.insecure_channel(server.address) as channel:
            return apis("prediction_service_pb2_grpc").PredictionServiceStub(channel).Predict(request, timeout=20)

    return ask


@pytest.fixture
def test_prediction(apis, test_models_server):
    with grpc.insecure_channel(test_models_server.address) as channel:
        yield apis("prediction_service_pb2_grpc").PredictionServiceStub(channel)


def request_for(apis, model, **tensors):
    request = apis("predict_pb2").PredictRequest()
    request.model_spec.name = model
    for name, (datatype, array, raw) in tensors.items():
        fill(request.inputs[name], datatype, array, raw)
    return request


def bits_of(array):
    return array.view(np.uint16).ravel().tolist()


def fill(tensor, datatype, array, raw=True):
    """As tf.make_tensor_proto does when `raw`, as clients in other languages do otherwise."""
    name, field = DT[datatype]
    tensor.dtype = importlib.import_module("tensorflow.core.framework.types_pb2").DataType.Value(name)
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if field == "string_val":
        tensor.string_val.extend(
            each if isinstance(each, bytes) else each.encode() for each in array.ravel().tolist()
        )
    elif raw:
        tensor.tensor_content = array.tobytes()
    elif field == "half_val":
        tensor.half_val.extend(bits_of(array))
    else:
        getattr(tensor, field).extend(array.ravel().tolist())


def values_of(tensor, datatype):
    return list(getattr(tensor, DT[datatype][1]))


@pytest.mark.parametrize("raw", [True, False], ids=["content", "typed"])
@pytest.mark.parametrize("model,_name,example", GOLDEN, ids=NAMES)
def test_golden_example(apis, prediction, model, _name, example, raw):
    tensors = {e["name"]: (e["datatype"], array_of(e), raw) for e in example["inputs"]}
    answer = prediction.Predict(request_for(apis, model, **tensors), timeout=20)
    assert (answer.model_spec.name, answer.model_spec.version.value) == (model, 1)
    assert answer.model_spec.signature_name == "serving_default"
    for golden in example["outputs"]:
        tensor = answer.outputs[golden["name"]]
        assert [dim.size for dim in tensor.tensor_shape.dim] == golden["shape"]
        values = values_of(tensor, golden["datatype"])
        if golden["datatype"] == "BYTES":
            values = [each.decode() for each in values]
        check_elements(golden, values)


@pytest.mark.parametrize("raw", [True, False], ids=["content", "typed"])
@pytest.mark.parametrize("datatype", ELEMENTS)
def test_every_data_type(apis, test_prediction, datatype, raw):
    array = array_of({"datatype": datatype, "data": ELEMENTS[datatype], "shape": [2, 3]})
    request = request_for(
        apis, f"identity_{datatype.lower()}", INPUT0=(datatype, array, raw)
    )
    answer = test_prediction.Predict(request, timeout=20).outputs["OUTPUT0"]
    assert [dim.size for dim in answer.tensor_shape.dim] == [2, 3]
    if datatype in ("FP16", "BF16"):
        assert values_of(answer, datatype) == bits_of(array)
    elif datatype == "BYTES":
        assert values_of(answer, datatype) == list(request.inputs["INPUT0"].string_val)
    else:
        assert values_of(answer, datatype) == array.ravel().tolist()


def test_one_value_fills_a_tensor(apis, test_prediction):
    request = request_for(apis, "identity_fp32", INPUT0=("FP32", np.array([7], np.float32), False))
    del request.inputs["INPUT0"].tensor_shape.dim[:]
    request.inputs["INPUT0"].tensor_shape.dim.add(size=2)
    request.inputs["INPUT0"].tensor_shape.dim.add(size=3)
    answer = test_prediction.Predict(request, timeout=20)
    assert list(answer.outputs["OUTPUT0"].float_val) == [7] * 6


def test_large_tensors_both_ways(apis, test_prediction):
    array = np.random.default_rng(7).standard_normal([2000, 300]).astype(np.float32)
    request = request_for(apis, "identity_fp32", INPUT0=("FP32", array, True))
    answer = test_prediction.Predict(request, timeout=20).outputs["OUTPUT0"]
    assert (np.array(answer.float_val, np.float32).reshape(array.shape) == array).all()


def pixels():
    return ("FP32", np.zeros([1, 1, 8, 8], np.float32), True)


def test_versions_labels_and_filters(apis, prediction):
    request = request_for(apis, "digits", pixels=pixels())
    request.model_spec.version.value = 1
    request.output_filter.append("probabilities")
    assert list(prediction.Predict(request, timeout=20).outputs) == ["probabilities"]
    request.model_spec.version_label = "stable"
    assert prediction.Predict(request, timeout=20).model_spec.version.value == 1


def failure(call, *arguments, **options):
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **options)
    return caught.value.code().name, caught.value.details()


def refusal(call, request):
    return failure(call, request, timeout=20)


def test_refusals_are_those_of_the_real_server(apis, prediction):
    request = request_for(apis, "digit", pixels=pixels())
    code, message = refusal(prediction.Predict, request)
    assert code == "NOT_FOUND" and message.startswith("Servable not found for request: Latest(digit)")
    request = request_for(apis, "digits", pixels=pixels())
    request.model_spec.version.value = 7
    code, message = refusal(prediction.Predict, request)
    assert code == "NOT_FOUND" and "Specific(digits, 7)" in message
    request = request_for(apis, "digits", pixels=pixels())
    request.model_spec.signature_name = "other"
    assert refusal(prediction.Predict, request) == (
        "FAILED_PRECONDITION",
        'Serving signature key "other" not found.',
    )
    request = request_for(apis, "digits", pixels=pixels())
    request.output_filter.append("scores")
    code, message = refusal(prediction.Predict, request)
    assert code == "INVALID_ARGUMENT" and "scores" in message
    assert refusal(prediction.Predict, apis("predict_pb2").PredictRequest()) == (
        "INVALID_ARGUMENT",
        "Missing ModelSpec",
    )
    wrong = ("FP64", np.zeros([1, 1, 8, 8]), True)
    code, message = refusal(prediction.Predict, request_for(apis, "digits", pixels=wrong))
    assert code == "INVALID_ARGUMENT" and "FP32" in message and "FP64" in message


def test_metadata(apis, prediction):
    module = apis("get_model_metadata_pb2")
    request = module.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "digits"
    answer = prediction.GetModelMetadata(request, timeout=20)
    assert (answer.model_spec.name, answer.model_spec.version.value) == ("digits", 1)
    signatures = module.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    signature = signatures.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert signature.inputs["pixels"].dtype == 1
    assert [d.size for d in signature.inputs["pixels"].tensor_shape.dim] == [-1, 1, 8, 8]
    assert "probabilities" in signature.outputs
    for fields in ([], ["graph_def"]):
        request = module.GetModelMetadataRequest(metadata_field=fields)
        request.model_spec.name = "digits"
        assert refusal(prediction.GetModelMetadata, request)[0] == "INVALID_ARGUMENT"


def test_status(apis, examples_server):
    module = apis("get_model_status_pb2")
    with grpc.insecure_channel(examples_server.address) as channel:
        models = apis("model_service_pb2_grpc").ModelServiceStub(channel)
        request = module.GetModelStatusRequest()
        request.model_spec.name = "digits"
        [status] = models.GetModelStatus(request, timeout=20).model_version_status
        assert (status.version, status.state) == (1, module.ModelVersionStatus.AVAILABLE)
        assert status.status.error_code == 0
        request.model_spec.version.value = 9
        code, message = refusal(models.GetModelStatus, request)
        assert (code, message) == ("NOT_FOUND", "Could not find version 9 of model digits")
        request.model_spec.name = "digit"
        code, message = refusal(models.GetModelStatus, request)
        assert code == "NOT_FOUND" and message.startswith("Could not find any versions of model digit")


@pytest.fixture
def reload(apis):
    """reload(server, (name, base_path, fields of a ModelConfig), …) -> the answer's status."""

    def ask(server, *configs):
        request = apis("model_management_pb2").ReloadConfigRequest()
        request.config.model_config_list.SetInParent()
        for name, base_path, fields in configs:
            request.config.model_config_list.config.add(
                name=name, base_path=str(base_path), model_platform="tensorflow", **fields
            )
        with grpc.insecure_channel(server.address) as channel:
            models = apis("model_service_pb2_grpc").ModelServiceStub(channel)
            return models.HandleReloadConfigRequest(request, timeout=20).status

    return ask


def test_a_configuration_is_what_is_served(apis, prediction_of, reload, tmp_path):
    repository = Repository(tmp_path)
    for version in (1, 2, 3):
        repository.put("half", version, row_model(version / 2))
    repository.put("double", 1, row_model(2))
    half, double = repository.folder / "half", repository.folder / "double"
    with Server(repository, args=["--model-control=explicit", "--load-model=double"]) as server:

        def served():
            index = server.post("/v2/repository/index", {"ready": True}).json()
            return [(each["name"], each["version"]) for each in index]

        def factor(**spec):
            request = request_for(apis, "half", x=("FP32", np.ones((1, 4), np.float32), True))
            for field, value in spec.items():
                setattr(request.model_spec, field, value)
            return prediction_of(server, request).outputs["y"].float_val[0]

        assert served() == [("double", "1")]
        everything = {"all": {}}
        labels = {"stable": 1, "canary": 3}
        status = reload(server, ("half", half, {"model_version_policy": everything, "version_labels": labels}))
        assert (status.error_code, status.error_message) == (0, "")
        assert served() == [("half", "1"), ("half", "2"), ("half", "3")]
        assert [factor(), factor(version_label="stable"), factor(version_label="canary")] == [1.5, 0.5, 1.5]

        for place, (policy, versions) in enumerate(
            (({"latest": {"num_versions": 2}}, "23"), ({"specific": {"versions": [1, 3]}}, "13"), (None, "3"))
        ):
            fields = {"model_version_policy": policy} if policy else {}
            reload(server, ("half", half, fields), ("double", double, {}))
            assert served() == [("double", "1"), *(("half", each) for each in versions)], place
        code, message = failure(factor, version_label="stable")
        assert code == "NOT_FOUND" and "stable" in message

        for config, code, words in (
            (("half", double, {}), "INVALID_ARGUMENT", 'that of "double"'),
            (("half", "/etc", {}), "PERMISSION_DENIED", "repositories"),
            (("none", repository.folder / "none", {}), "NOT_FOUND", 'model "none"'),
            (("half", half, {"model_version_policy": {"specific": {"versions": [7]}}}), "NOT_FOUND", "version 7"),
            (("half", half, {"version_labels": {"next": 7}}), "NOT_FOUND", '"next": version 7'),
            (("half", half, {"version_labels": {"Next": 3}}), "INVALID_ARGUMENT", '"Next"'),
            (("half", half, {"logging_config": {}}), "UNIMPLEMENTED", "logging_config"),
        ):
            got, message = failure(reload, server, config)
            assert got == code and words in message and config[0] in message, message
        assert served() == [("double", "1"), ("half", "3")]
        reload(server)
        assert served() == []


def test_a_configuration_needs_explicit_control(reload, examples_server):
    code, message = failure(reload, examples_server, ("digits", "digits", {}))
    assert code == "PERMISSION_DENIED" and "--model-control=explicit" in message


def test_the_contracts_are_those_of_the_stubs(apis, tmp_path):
    """Nothing of ours differs from theirs. Their services, which are called above, cannot be looked into."""
    from google.protobuf import descriptor_pb2
    from test_grpc_methods import declarations

    output = tmp_path / "contracts"
    folder = PROTO / "tensorflow_serving"
    paths = [path.relative_to(PROTO) for path in folder.rglob("*.proto") if "service" not in path.stem]
    subprocess.run(
        ["protoc", f"-I{PROTO}", f"--descriptor_set_out={output}", *map(str, paths)],
        check=True,
        timeout=60,
    )
    files = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes()).file
    assert {file.name for file in files} == set(map(str, paths))
    for file in files:
        module = file.name.removesuffix(".proto").replace("/", ".")
        theirs = importlib.import_module(f"{module}_pb2")
        assert declarations(file).items() <= declarations_of(theirs).items()


def add_example(examples, **features):
    example = examples.add()
    for name, values in features.items():
        feature = example.features.feature[name]
        kind = {bytes: "bytes_list", float: "float_list", int: "int64_list"}[type(values[0])]
        getattr(feature, kind).value.extend(values)


@pytest.mark.parametrize("model,_name,example", GOLDEN, ids=NAMES)
def test_classify_golden_examples(apis, prediction, model, _name, example):
    request = apis("classification_pb2").ClassificationRequest()
    request.model_spec.name = model
    [tensor] = example["inputs"]
    width = int(np.prod(tensor["shape"][1:]))
    for row in range(tensor["shape"][0]):
        values = tensor["data"][row * width : (row + 1) * width]
        if tensor["datatype"] == "BYTES":
            values = [each.encode() for each in values]
        else:
            values = [float(each) for each in values]
        add_example(request.input.example_list.examples, **{tensor["name"]: values})
    answer = prediction.Classify(request, timeout=20)
    assert answer.model_spec.version.value == 1
    [golden] = [each for each in example["outputs"] if each["name"] == "probabilities"]
    rows = answer.result.classifications
    check_elements(golden, [each.score for row in rows for each in row.classes])
    labels = [each.label for each in rows[0].classes]
    assert all(labels) and len(set(labels)) == golden["shape"][1]


def test_regress_with_a_context(apis, test_prediction):
    request = apis("regression_pb2").RegressionRequest()
    request.model_spec.name = "identity_fp32"
    add_example(request.input.example_list.examples, INPUT0=[1.5])
    add_example(request.input.example_list.examples, INPUT0=[-8.0])
    answer = test_prediction.Regress(request, timeout=20)
    assert [each.value for each in answer.result.regressions] == [1.5, -8.0]
    context = request.input.example_list_with_context
    context.examples.add()
    context.examples.add()
    context.context.features.feature["INPUT0"].float_list.value.append(3)
    answer = test_prediction.Regress(request, timeout=20)
    assert [each.value for each in answer.result.regressions] == [3, 3]


def test_multi_inference(apis, test_prediction):
    request = apis("inference_pb2").MultiInferenceRequest()
    for method in ("classify", "regress"):
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name = "identity_fp32"
    add_example(request.input.example_list.examples, INPUT0=[1.5])
    classified, regressed = test_prediction.MultiInference(request, timeout=20).results
    assert classified.classification_result.classifications[0].classes[0].score == 1.5
    assert regressed.regression_result.regressions[0].value == 1.5
    assert regressed.model_spec.name == "identity_fp32"
    request.tasks[1].method_name = "tensorflow/serving/predict"
    assert refusal(test_prediction.MultiInference, request)[0] == "UNIMPLEMENTED"
    request.tasks[1].method_name = "tensorflow/serving/classify"
    assert refusal(test_prediction.MultiInference, request) == (
        "INVALID_ARGUMENT",
        "Duplicate evaluation of signature: serving_default",
    )
    request.tasks[1].model_spec.name = "identity_fp64"
    assert "same model name" in refusal(test_prediction.MultiInference, request)[1]


def test_bad_examples_are_refused_by_name(apis, prediction):
    request = apis("classification_pb2").ClassificationRequest()
    assert refusal(prediction.Classify, request) == ("INVALID_ARGUMENT", "Missing ModelSpec")
    request.model_spec.name = "breast_cancer"
    assert refusal(prediction.Classify, request) == ("INVALID_ARGUMENT", "Input is empty.")
    add_example(request.input.example_list.examples, feature=[1.0])
    code, message = refusal(prediction.Classify, request)
    assert code == "INVALID_ARGUMENT" and message == 'example 0: the model has no input "feature"'
    request.model_spec.signature_name = "other"
    assert "No signature was found" in refusal(prediction.Classify, request)[1]
    request.model_spec.name = "nobody"
    request.model_spec.signature_name = ""
    code, message = refusal(prediction.Classify, request)
    assert code == "NOT_FOUND" and message.startswith("Servable not found for request: Latest(nobody)")
