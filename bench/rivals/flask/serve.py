"""A model behind Flask, as such services are written: rows in, `model.predict` in between."""

import sys

import flask
import numpy
import onnxruntime

model, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
application = flask.Flask(__name__)
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


@application.post("/predict")
def predict():
    rows = numpy.asarray(flask.request.get_json(), dtype=numpy.float32)
    (probabilities,) = session.run(None, {"pixels": rows})
    return flask.jsonify(prediction=probabilities.tolist())


if workers == 0:
    application.run(port=port)
else:
    from gunicorn.app.base import BaseApplication

    class Workers(BaseApplication):
        def load_config(self):
            for key, value in {"bind": f"127.0.0.1:{port}", "workers": workers, "worker_class": "gthread",
                               "threads": 8, "keepalive": 60}.items():
                self.cfg.set(key, value)

        def load(self):
            return application

    sys.argv = sys.argv[:1]
    Workers().run()
