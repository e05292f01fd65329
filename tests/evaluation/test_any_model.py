"""`slipway evaluate` judges models of every format, and endpoints of every protocol, by what their framework answered."""

import math
import random
import ssl
import subprocess

import pytest
from conftest import evaluate, report
from support.certificates import Authority
from support.classical import FIXTURES
from support.server import Server, slipway_path

MODELS = {
    "XGBoost JSON": "xgboost-multi_softprob",
    "XGBoost UBJSON": "xgboost-binary_logistic_ubjson",
    "LightGBM text": "lightgbm-multiclass",
    "CatBoost cbm": "catboost-multiclass",
    "CatBoost JSON": "catboost-multiclass_json",
    "skops": "skops-gradient-boosting",
    "pickle": "sklearn-bagging",
    "ONNX": "lightgbm-binary",
    "MLflow": "skops-pipeline-forest",
}


class Case:
    """A committed model as a format has it, rows of numbers with made-up truths, and what the framework's answers come to."""

    def __init__(self, name, folder):
        fixture = FIXTURES[MODELS[name]]
        self.model = fixture.model
        if name == "ONNX":
            self.model = folder / "model.onnx"
            subprocess.run([slipway_path(), "convert", fixture.model, "-o", self.model], check=True, capture_output=True, timeout=60)
        if name == "MLflow":
            self.model = folder / "mlflow"
            self.model.mkdir()
            (self.model / "model.skops").write_bytes(fixture.model.read_bytes())
            (self.model / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.skops\n    serialization_format: skops\n")
        self._read(fixture.expected())
        self.rows = folder / "rows.csv"
        self._write()

    def _read(self, expected):
        (rows,) = expected["inputs"].values()
        predicted, shares = (expected["outputs"][output] for output in ("predict", "predict_proba"))
        width, classes = rows["shape"][1], shares["shape"][1]
        self.labels = sorted(set(predicted["data"]))
        assert len(self.labels) == classes
        draw = random.Random(3)
        self.table = []
        for row, label in enumerate(predicted["data"]):
            values = rows["data"][row * width : (row + 1) * width]
            if any(isinstance(value, str) for value in values):
                continue  # infinite
            truth = label if draw.random() < 0.7 else draw.choice(self.labels)
            self.table.append((values, truth, label, shares["data"][row * classes : (row + 1) * classes]))
        for label in self.labels:
            assert any(truth == label for _, truth, _, _ in self.table)

    def _write(self):
        lines = [",".join([*(f"x{i}" for i in range(len(self.table[0][0]))), "answer"])]
        lines += [",".join(["" if value is None else repr(value) for value in values] + [str(truth)]) for values, truth, _, _ in self.table]
        self.rows.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def check(self, found):
        values = {metric["name"]: metric["value"] for metric in found["metrics"]}
        right = sum(truth == label for _, truth, label, _ in self.table) / len(self.table)
        least = 2.220446049250313e-16  # of the type's, as scikit-learn has it
        losses = [-math.log(min(max(shares[self.labels.index(truth)], least), 1 - least)) for _, truth, _, shares in self.table]
        assert values["accuracy"] == pytest.approx(right)
        assert values["log_loss"] == pytest.approx(sum(losses) / len(losses), rel=1e-5)
        matrix = [[sum((truth, label) == (row, column) for _, truth, label, _ in self.table) for column in self.labels] for row in self.labels]
        assert [row[:-1] for row in found["confusion"]] == matrix


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_any_format_is_judged_by_what_its_framework_answered(tmp_path, name):
    case = Case(name, tmp_path)
    found = report(case.model, case.rows, "--target", "answer", "--task", "classification", "--resamples", 0)
    case.check(found)


def test_an_endpoint_is_judged_over_grpc_and_tls_as_over_http(tmp_path):
    case = Case("XGBoost JSON", tmp_path)
    authority = Authority(tmp_path, "authority")
    models = tmp_path / "models" / "softprob" / "1"
    models.mkdir(parents=True)
    (models / "model.json").write_bytes(case.model.read_bytes())
    rows = (case.rows, "--target", "answer", "--task", "classification", "--resamples", 0)
    with Server(tmp_path / "models") as server:
        plain = report(f"{server.url}/v2/models/softprob", *rows)
        case.check(plain)
        called = report(f"{server.url}/v2/models/softprob", *rows, "--protocol", "grpc")
    identity = authority.issue("localhost")
    trust = ("--tls-ca", authority.certificate)
    with Server(tmp_path / "models", args=identity.arguments, tls=ssl.create_default_context(cafile=authority.certificate)) as server:
        secret = report(f"https://{server.address}/v2/models/softprob", *rows, *trust)
        both = report(f"grpcs://{server.address}/v2/models/softprob", *rows, *trust)
        stranger = Authority(tmp_path, "stranger")
        refused = evaluate(f"https://{server.address}/v2/models/softprob", *rows, "--tls-ca", stranger.certificate, code=1)
        assert "certificate" in refused.stderr
    for found in (called, secret, both):
        assert found["metrics"] == plain["metrics"]
