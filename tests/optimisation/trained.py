"""Networks that slipway trained, and what is in them."""

import numpy as np
import onnx
from onnx import numpy_helper

import tools


class Network:
    """A bundle that slipway trained on every third row of a data set, and the others as a table."""

    def __init__(self, run, folder, data, *options):
        lines = [",".join([*(f"x{i}" for i in range(data.data.shape[1])), "answer"])]
        lines += [
            ",".join([*map(repr, row.tolist()), repr(y.item())]) for row, y in zip(data.data, data.target, strict=True)
        ]
        taught, self.rows, self.path = folder / "taught.csv", folder / "rows.csv", folder / "model"
        taught.write_text("\n".join([lines[0], *lines[1::3]]) + "\n")
        others = np.arange(len(data.data)) % 3 != 0
        self.x, self.y = data.data[others], data.target[others]
        self.rows.write_text("\n".join([lines[0], *np.array(lines[1:], object)[others]]) + "\n")
        done = run("train", taught, "--target", "answer", "--model", "network", *options, "-o", self.path)
        assert done.returncode == 0, done.stderr

    @property
    def judged(self):
        return self.judged_by(None)

    def judged_by(self, chosen):
        """Rows and answers that judge where `chosen` of them choose (None: half of all)."""
        rows = tools.judged_rows(self.y, chosen)
        return self.x[rows], self.y[rows]


def predicted(out, x):
    session = tools.session_of(out)
    inputs = {each.name: each for each in session.get_inputs()}
    if len(inputs) == 1:
        (name,) = inputs
        return session.run(["predict"], {name: x.astype(np.float64)})[0]
    return session.run(["predict"], {f"x{i}": x[:, i].astype(np.float64) for i in range(x.shape[1])})[0]


def layers(out):
    """Weights of the network's layers, the first layer first."""
    graph = onnx.load(str(out)).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    return [constants[node.input[1]] for node in graph.node if node.op_type in ("Gemm", "MatMul")]
