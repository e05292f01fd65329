"""BentoML around ONNX Runtime."""

import os
import pathlib
import sys

model, port = sys.argv[1], int(sys.argv[2])
folder = pathlib.Path(sys.argv[4])
(folder / "service.py").write_text(f'''
import bentoml
import numpy
import onnxruntime

@bentoml.service
class Digits:
    def __init__(self):
        self.session = onnxruntime.InferenceSession({model!r}, providers=["CPUExecutionProvider"])

    @bentoml.api
    def predict(self, rows: list) -> list:
        (probabilities,) = self.session.run(None, {{"pixels": numpy.asarray(rows, dtype=numpy.float32)}})
        return probabilities.tolist()
''')
os.chdir(folder)
os.environ.update(BENTOML_DO_NOT_TRACK="True", BENTOML_HOME=str(folder / "home"))
program = pathlib.Path(sys.executable).with_name("bentoml")
os.execv(program, [str(program), "serve", "service:Digits", "--host", "127.0.0.1", "--port", str(port)])
