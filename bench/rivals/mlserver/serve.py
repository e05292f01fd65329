"""MLServer around ONNX Runtime: a runtime of one's own, which is how it serves ONNX."""

import json
import os
import pathlib
import sys

from harness import free_port

model, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
folder = pathlib.Path(sys.argv[4])
(folder / "runtime.py").write_text('''
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse

class Onnx(MLModel):
    async def load(self):
        self._session = onnxruntime.InferenceSession(self.settings.parameters.uri, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload):
        rows = NumpyCodec.decode_input(payload.inputs[0])
        (probabilities,) = self._session.run(None, {"pixels": rows})
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("probabilities", probabilities)])
''')
(folder / "model-settings.json").write_text(
    json.dumps({"name": "digits", "implementation": "runtime.Onnx", "parameters": {"uri": model}}))


# Its default is one worker process beside the one that listens; 0 runs the model in the latter.
(folder / "settings.json").write_text(json.dumps(
    {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "host": "127.0.0.1",
     **({"parallel_workers": 0, "debug": False} if workers else {})}))
program = pathlib.Path(sys.executable).with_name("mlserver")
os.execv(program, [str(program), "start", str(folder)])
