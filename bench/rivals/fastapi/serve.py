"""A model behind FastAPI and uvicorn."""

import sys

import fastapi
import numpy
import onnxruntime
import uvicorn

model, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
application = fastapi.FastAPI()
options = onnxruntime.SessionOptions()
if workers:
    options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@application.post("/predict")
async def predict(request: fastapi.Request):
    rows = numpy.asarray(await request.json(), dtype=numpy.float32)
    (probabilities,) = session.run(None, {"pixels": rows})
    return {"prediction": probabilities.tolist()}


# uvicorn's own best: its C parser and loop, no log of each request.
best = {"http": "httptools", "loop": "uvloop", "access_log": False, "log_level": "warning"} if workers else {}
uvicorn.run(application, port=port, **best)
