"""Writes a model and its golden examples as a bundle folder (docs/formats/bundle.md, format version 1).

The bytes depend on the model and the examples alone: no time, no machine, sorted names.
"""

import dataclasses
import hashlib
import inspect
import json
import pathlib
import shutil

import numpy as np
from onnx import TensorProto, helper

MODELS = pathlib.Path(__file__).resolve().parents[1] / "models"
DATATYPES = {
    TensorProto.FLOAT: ("FP32", np.float32),
    TensorProto.INT64: ("INT64", np.int64),
    TensorProto.STRING: ("BYTES", object),
}


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """|result - golden| <= absolute + relative * |golden|."""

    absolute: float = 0
    relative: float = 0


@dataclasses.dataclass(frozen=True)
class Example:
    """One call, and what the framework that trained the model answered to it."""

    name: str
    inputs: dict
    outputs: dict
    origin: str
    version: str


class Bundle:
    """Version 1 of one model; `write` replaces examples/models/<name>/1."""

    def __init__(self, name, model):
        self.name = name
        self.model = model
        self.labels = {}  # output -> names of the classes
        self.features = {}  # input -> names of the columns
        self.tolerances = {}  # output -> Tolerance; exact when absent
        self.examples = []
        # The exporters note where they were called from, file paths included.
        for entity in [
            model.graph,
            *model.graph.node,
            *model.graph.input,
            *model.graph.output,
            *model.graph.value_info,
            *model.graph.initializer,
        ]:
            entity.ClearField("metadata_props")
            entity.ClearField("doc_string")
        # skl2onnx lists them in the order of a hash set, and one domain twice.
        opsets = sorted({(opset.domain, opset.version) for opset in model.opset_import})
        del model.opset_import[:]
        model.opset_import.extend(helper.make_opsetid(*opset) for opset in opsets)

    def add(self, example):
        self.examples.append(example)

    def write(self):
        folder = MODELS / self.name / "1"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "examples").mkdir(parents=True)
        signature = self._signature()
        dtypes = {spec["name"]: spec["dtype"] for specs in signature.values() for spec in specs}
        (folder / "model.onnx").write_bytes(self.model.SerializeToString(deterministic=True))
        for example in self.examples:
            path = folder / "examples" / f"{example.name}.json"
            path.write_text(self._example_text(example, dtypes), encoding="utf-8")
        manifest = {
            "format_version": 1,
            "name": self.name,
            "signature": signature,
            **self._feature_schema(),
            "lineage": self._lineage(),
            "files": [describe(folder, path) for path in files_of(folder)],
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")

    def _signature(self):
        graph = self.model.graph
        outputs = [spec(value) for value in graph.output]
        for output in outputs:
            if output["name"] in self.labels:
                output["labels"] = self.labels[output["name"]]
        return {"inputs": [spec(value) for value in graph.input], "outputs": outputs}

    def _feature_schema(self):
        features = [{"name": name} for names in self.features.values() for name in names]
        return {"feature_schema": {"features": features}} if features else {}

    def _lineage(self):
        script = pathlib.Path(inspect.stack()[-1].filename).name
        created_by = f"{self.model.producer_name} {self.model.producer_version}".strip()
        return {
            "source_format": self.examples[0].origin,
            "framework": self.examples[0].origin,
            "framework_version": self.examples[0].version,
            "training_script": f"examples/train/{script}",
            "created_by": created_by,
        }

    def _example_text(self, example, dtypes):
        inputs = [tensor(name, dtypes[name], value) for name, value in example.inputs.items()]
        outputs = []
        for name, value in example.outputs.items():
            outputs.append(tensor(name, dtypes[name], value))
            if name in self.tolerances:
                outputs[-1]["tolerance"] = dataclasses.asdict(self.tolerances[name])
        return (
            "{\n"
            f'  "origin": {json.dumps(example.origin)},\n'
            f'  "framework_version": {json.dumps(example.version)},\n'
            f'  "inputs": [\n{lines(inputs)}\n  ],\n'
            f'  "outputs": [\n{lines(outputs)}\n  ]\n'
            "}\n"
        )


def spec(value):
    """A graph input or output as the manifest's signature has it."""
    tensor_type = value.type.tensor_type
    shape = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor_type.shape.dim]
    return {"name": value.name, "dtype": DATATYPES[tensor_type.elem_type][0], "shape": shape}


def tensor(name, datatype, value):
    """A tensor in the protocol's JSON form; float32 with the fewest digits that read back the same."""
    value = np.asarray(value)
    if datatype == "BYTES":
        data = [str(element) for element in value.ravel()]
    elif datatype == "INT64":
        data = [int(element) for element in value.ravel()]
    else:
        data = [float(str(element)) for element in value.astype(np.float32).ravel()]
    return {"name": name, "datatype": datatype, "shape": list(value.shape), "data": data}


def lines(tensors):
    return ",\n".join("    " + json.dumps(each, ensure_ascii=False) for each in tensors)


def files_of(folder):
    """Sorted by the bytes of their names in the bundle."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix().encode())


def describe(folder, path):
    content = path.read_bytes()
    return {
        "path": path.relative_to(folder).as_posix(),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
