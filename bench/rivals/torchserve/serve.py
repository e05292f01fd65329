"""TorchServe around ONNX Runtime: a handler of one's own, archived with the model. Wants Java 17."""

import json
import os
import pathlib
import subprocess
import sys

from harness import free_port

model, port, tuned = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
folder = pathlib.Path(sys.argv[4])
programs = pathlib.Path(sys.executable).parent
(folder / "handler.py").write_text('''
import numpy
import onnxruntime

class Onnx:
    def initialize(self, context):
        path = context.system_properties["model_dir"] + "/model.onnx"
        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def handle(self, requests, context):
        rows = numpy.concatenate([numpy.asarray(each["body"], numpy.float32) for each in requests])
        return [[row] for row in self._session.run(None, {"pixels": rows})[0].tolist()]
''')
subprocess.run(
    [programs / "torch-model-archiver", "--model-name", "digits", "--version", "1.0", "--handler", folder / "handler.py",
     "--extra-files", model, "--export-path", folder], check=True)

# Its defaults write a line of log and of metrics for each request, and answer each by itself.
tuning = {}
if tuned:
    (folder / "log4j2.xml").write_text(
        '<Configuration><Loggers><Root level="error"/></Loggers></Configuration>')
    version = {"defaultVersion": True, "marName": "digits.mar", "minWorkers": 1, "maxWorkers": 1,
               "batchSize": 8, "maxBatchDelay": 1}  # ms; 0 means its default, 100
    tuning["models"] = json.dumps({"digits": {"1.0": version}})
settings = {
    "inference_address": f"http://127.0.0.1:{port}",
    "management_address": f"http://127.0.0.1:{free_port()}",
    "metrics_address": f"http://127.0.0.1:{free_port()}",
    "grpc_inference_port": free_port(),
    "grpc_management_port": free_port(),
    "disable_token_authorization": "true",
    "model_store": folder,
    "load_models": "digits.mar",
    **tuning,
}
(folder / "config.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
os.environ.update(PATH=f"{programs}:{os.environ['PATH']}", LOG_LOCATION=str(folder), METRICS_LOCATION=str(folder),
                  TMPDIR=str(folder))
log = ["--log-config", folder / "log4j2.xml"] if tuned else []
os.execv(programs / "torchserve", ["torchserve", "--foreground", "--ncs", "--ts-config", folder / "config.properties", *log])
