"""Triton's server with its Python backend, from PyTriton's package: its ONNX Runtime backend is in containers only."""

import os
import pathlib
import shutil
import sys
import sysconfig

from harness import free_port

model, port, tuned = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
folder = pathlib.Path(sys.argv[4])
packages = pathlib.Path(sysconfig.get_path("purelib"))
triton = packages / "pytriton" / "tritonserver"

backend = folder / "backends" / "python"
shutil.copytree(triton / "backends" / "python", backend)
python = f"{sys.version_info.major}.{sys.version_info.minor}"
shutil.copy(triton / "python_backend_stubs" / python / "triton_python_backend_stub", backend)

version = folder / "models" / "digits" / "1"
version.mkdir(parents=True)
(version / "model.py").write_text(f'''
import sys
sys.path.insert(0, {str(packages)!r})
import numpy
import onnxruntime
import triton_python_backend_utils as triton

class TritonPythonModel:
    def initialize(self, args):
        self._session = onnxruntime.InferenceSession({model!r}, providers=["CPUExecutionProvider"])

    def execute(self, requests):
        inputs = [triton.get_input_tensor_by_name(each, "pixels").as_numpy() for each in requests]
        (rows,) = self._session.run(None, {{"pixels": numpy.concatenate(inputs)}})
        ends = numpy.cumsum([len(each) for each in inputs])[:-1]
        return [triton.InferenceResponse([triton.Tensor("probabilities", each)]) for each in numpy.split(rows, ends)]
''')
(version.parent / "config.pbtxt").write_text(f'''
backend: "python"
max_batch_size: 8
input {{ name: "pixels" data_type: TYPE_FP32 dims: [1, 8, 8] }}
output {{ name: "probabilities" data_type: TYPE_FP32 dims: [10] }}
instance_group {{ kind: KIND_CPU count: 1 }}
{"dynamic_batching { }" if tuned else ""}
''')

# Eight threads for HTTP are its default.
tuning = ["--http-thread-count=1", "--allow-metrics=false"] if tuned else []
os.environ["LD_LIBRARY_PATH"] = str(packages / "nvidia_pytriton.libs")
program = str(triton / "bin" / "tritonserver")
os.execv(program, [
    program, f"--model-repository={folder / 'models'}", f"--backend-directory={backend.parent}",
    "--http-address=127.0.0.1", f"--http-port={port}",
    "--grpc-address=127.0.0.1", f"--grpc-port={free_port()}",
    "--metrics-address=127.0.0.1", f"--metrics-port={free_port()}", *tuning])
