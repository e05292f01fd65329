"""MLflow's scoring server on an ONNX model."""

import os
import pathlib
import sys

import mlflow.onnx
import onnx

model, port = sys.argv[1], int(sys.argv[2])
saved = pathlib.Path(sys.argv[4]) / "model"
mlflow.onnx.save_model(onnx.load(model), saved)
program = pathlib.Path(sys.executable).with_name("mlflow")
os.environ["PATH"] = f"{program.parent}:{os.environ['PATH']}"
os.execv(program, [str(program), "models", "serve", "-m", str(saved), "-p", str(port), "--env-manager", "local"])
