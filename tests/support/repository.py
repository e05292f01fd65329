"""A model repository in a temporary folder, changed the way operators change one: by rename."""

import hashlib
import itertools
import json
import os
import shutil
import struct
import time

from support.models import TEST_MODELS
from support.protobuf import field

LOADING_S = 600  # a thousand models at most
SCALED = (TEST_MODELS / "optional_input.onnx").read_bytes()
SCALE = struct.pack("<f", 3)  # its constant, once in the file


def scaled_model(factor):
    """The bytes of a model that multiplies: x FP32 [-1,4] -> y = factor x."""
    assert SCALED.count(SCALE) == 1
    return SCALED.replace(SCALE, struct.pack("<f", factor))


def _value(name, *dims):
    """A ValueInfoProto of FP32; a str is a dynamic dimension."""
    shape = b"".join(
        field(1, field(2 if isinstance(dim, str) else 1, dim)) for dim in dims
    )
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def heavy_model(factor, columns=1 << 18):
    """As `scaled_model`, but y [-1] = factor x sum(x), by way of 16 bytes of weights for each column."""
    weights = struct.pack("<f", factor) * (4 * columns)
    tensor = field(1, 4) + field(1, columns) + field(2, 1) + field(8, "w") + field(9, weights)
    matmul = field(1, "x") + field(1, "w") + field(2, "wide") + field(4, "MatMul")
    axes = field(1, "axes") + field(8, 1) + field(20, 7)
    keep = field(1, "keepdims") + field(3, 0) + field(20, 2)
    reduce = field(1, "wide") + field(2, "y") + field(4, "ReduceMax") + field(5, axes) + field(5, keep)
    graph = field(1, matmul) + field(1, reduce) + field(2, "heavy") + field(5, tensor)
    graph += field(11, _value("x", "batch", 4)) + field(12, _value("y", "batch"))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def row_model(factor, x="x", y="y", operator="Mul"):
    """As `scaled_model`, of rows alone: x FP32 [-1,4] -> y = factor x."""
    tensor = field(1, 1) + field(2, 1) + field(8, "w") + field(9, struct.pack("<f", factor))
    multiply = field(1, x) + field(1, "w") + field(2, y) + field(4, operator)
    graph = field(1, multiply) + field(2, "rows") + field(5, tensor)
    graph += field(11, _value(x, "batch", 4)) + field(12, _value(y, "batch", 4))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def product_model():
    """n INT64 [2] -> the sum over the product of two n[0] x n[1] matrices of ones, one long operator."""
    one = field(2, 1) + field(8, "one") + field(9, struct.pack("<f", 1))
    expand = field(1, "one") + field(1, "n") + field(2, "wide") + field(4, "Expand")
    multiply = field(1, "wide") + field(1, "wide") + field(2, "product") + field(4, "MatMul")
    keep = field(1, "keepdims") + field(3, 0) + field(20, 2)
    add = field(1, "product") + field(2, "y") + field(4, "ReduceSum") + field(5, keep)
    size = field(1, "n") + field(2, field(1, field(1, 7) + field(2, field(1, field(1, 2)))))
    graph = field(1, expand) + field(1, multiply) + field(1, add) + field(2, "product") + field(5, one)
    graph += field(11, size) + field(12, _value("y"))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def power_model(size, times):
    """x FP32 [size,size] -> y = x, multiplied with itself so many times: long runs that divide well."""
    names = ["x", *(f"m{i}" for i in range(1, times)), "y"]
    graph = b"".join(
        field(1, field(1, before) + field(1, "x") + field(2, after) + field(4, "MatMul"))
        for before, after in itertools.pairwise(names)
    )
    graph += field(2, "power") + field(11, _value("x", size, size)) + field(12, _value("y", size, size))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def external_model(location, length=4):
    """x FP32 [-1,4] -> y = w x, where the FP32 w lies in the file `location`."""
    entries = [("location", location), ("length", str(length))]
    external = b"".join(field(13, field(1, key) + field(2, value)) for key, value in entries)
    tensor = field(1, 1) + field(2, 1) + field(8, "w") + external + field(14, 1)
    multiply = field(1, "x") + field(1, "w") + field(2, "y") + field(4, "Mul")
    graph = field(1, multiply) + field(2, "external") + field(5, tensor)
    graph += field(11, _value("x", "batch", 4)) + field(12, _value("y", "batch", 4))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


class Repository:
    """A folder with the layout name/version/model.onnx. What appears in it appears whole."""

    def __init__(self, folder):
        self.folder = folder / "models"
        self._staging = folder / "staging"
        self._number = itertools.count()
        for each in (self.folder, self._staging):
            each.mkdir(parents=True)

    def __fspath__(self):
        return str(self.folder)

    __str__ = __fspath__

    def _staged(self):
        return self._staging / str(next(self._number))

    def put(self, model, version, content):
        """Adds or replaces a version: bytes of an .onnx file, or a function that fills a folder."""
        staged = self._staged()
        staged.mkdir()
        if callable(content):
            content(staged)
        else:
            (staged / "model.onnx").write_bytes(content)
        (self.folder / model).mkdir(exist_ok=True)
        target = self.folder / model / str(version)
        if target.exists():
            self.remove(model, version)
        staged.rename(target)

    def put_file(self, model, name, text):
        """Writes a file of the model, such as aliases.json, by rename."""
        staged = self._staged()
        staged.write_text(text, encoding="utf-8")
        (self.folder / model).mkdir(exist_ok=True)
        os.replace(staged, self.folder / model / name)

    def remove(self, model, version=None):
        path = self.folder / model
        if version is not None:
            path = path / str(version)
        removed = self._staged()
        path.rename(removed)
        shutil.rmtree(removed)


def seal(folder):
    """Makes the manifest of a bundle's folder list the files as they are now."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        data = (folder / entry["path"]).read_bytes()
        entry["size"], entry["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


def settled(server, count):
    """name -> the repository's entry, once every model is ready or refused."""
    deadline = time.monotonic() + LOADING_S
    while time.monotonic() < deadline:
        assert server.is_running(), f"the server ended with {server.exit_code()}:\n{server.log_text()}"
        try:
            entries = server.post("/v2/repository/index", b"{}", {}).json()
        except OSError:
            entries = []
        if len(entries) == count and all(each["state"] in ("READY", "UNAVAILABLE") for each in entries):
            return {each["name"]: each for each in entries}
        time.sleep(0.1)
    raise AssertionError(f"models are not loaded after {LOADING_S} s")
