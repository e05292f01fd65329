"""Pickles and joblib files of values whose reading src/import/pickle/reader_test.cc checks.

    python3 make_pickles.py [folder]

Needs numpy, joblib and lz4; the files beside were made with numpy 2.4, joblib 1.6 and Python 3.11. With
numpy 1 (1.26) it makes the files numpy1_*, and only these.
"""
import collections
import pathlib
import pickle
import sys
import zlib

import joblib
import numpy

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/..").resolve()


class Point:
    """An instance with a state; each file names it as shapes.Point."""

    def __init__(self, x, y):
        self.x, self.y = x, y


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


class WithArguments:
    def __getnewargs_ex__(self):
        return (7,), {"unit": "mm"}

    def __new__(cls, size, unit):
        return super().__new__(cls)


class Items(list):
    pass


for value in (Point, Slotted, WithArguments, Items):
    value.__module__ = "shapes"
    value.__qualname__ = value.__name__
shapes = type(sys)("shapes")
shapes.__dict__.update(Point=Point, Slotted=Slotted, WithArguments=WithArguments, Items=Items)
sys.modules["shapes"] = shapes


def values():
    shared = ["shared"]
    return {
        "none": None,
        "true": True,
        "false": False,
        "ints": [0, 1, -1, 255, 256, 65535, 65536, -(2**31), 2**31, 2**62, -(2**63), 2**63 - 1],
        "big": 2**127,
        "floats": [0.0, -1.5, 1e300, 5e-324, float("inf"), float("-inf")],
        "nan": float("nan"),
        "texts": ["", "plain", "line\nbreak \\ tab\t", "Grüße", "漢字", "🎈", "x" * 300],
        "bytes": [b"", b"\x00\xff'\"\\", b"y" * 300],
        "bytearray": bytearray(b"\x01\x80"),
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "set": {3},
        "frozenset": frozenset([4]),
        "dict": {1: "one", "two": 2, (3,): None},
        "shared": [shared, shared],
        "point": Point(1, [2.5]),
        "with_arguments": WithArguments(7, unit="mm"),
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "items": Items([5, 6]),
        "class": Point,
        "function": len,
    }


def arrays():
    nodes = numpy.zeros(
        2, dtype={"names": ["left", "threshold", "flag"], "formats": ["<i8", "<f8", "u1"],
                  "offsets": [0, 8, 16], "itemsize": 24})
    nodes["left"] = [1, -1]
    nodes["threshold"] = [0.25, -2.0]
    nodes["flag"] = [1, 0]
    grid = numpy.arange(24, dtype=numpy.float64).reshape(2, 3, 4)
    return {
        "f8": numpy.array([0.5, -1.0, numpy.inf]),
        "f4": numpy.array([[0.5], [-1.0]], dtype=numpy.float32),
        "f2": numpy.array([0.5, -2.0], dtype=numpy.float16),
        "i8": numpy.array([-(2**62), 3], dtype=numpy.int64),
        "i1": numpy.array([-1, 1], dtype=numpy.int8),
        "u8": numpy.array([2**64 - 1], dtype=numpy.uint64),
        "bool": numpy.array([True, False]),
        "big_endian": numpy.array([1.5, -2.5], dtype=">f8"),
        "big_endian_nodes": nodes.astype(
            numpy.dtype([("left", ">i8"), ("threshold", ">f8"), ("flag", "u1")])),
        "fortran": numpy.asfortranarray(grid),
        "transposed": grid.transpose(1, 0, 2),
        "empty": numpy.zeros((0, 3)),
        "rank0": numpy.array(2.5),
        "U": numpy.array(["a", "Größe"]),
        "S": numpy.array([b"ab", b"c"]),
        "O": numpy.array(["x", None, 3], dtype=object),
        "O2": numpy.asfortranarray(numpy.array([["a", "b"], ["c", "d"]], dtype=object)),
        "nodes": nodes,
        "record": numpy.rec.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", ">f8")]),
        "vectors": numpy.array([(1, (2, 3))], dtype=[("a", "<i4"), ("b", "<i4", (2,))]),
        "c16": numpy.array([1 + 2j]),
        "long_double": numpy.array([1.5], dtype=numpy.longdouble),
        "scalar_f8": numpy.float64(0.25),
        "scalar_i8": numpy.int64(-7),
        "scalar_bool": numpy.bool_(True),
        "scalar_U": numpy.str_("abc"),
        "date": numpy.array(["2020-01-02"], dtype="datetime64[D]"),
    }


def write(name, content):
    (FOLDER / name).write_bytes(content)


if numpy.__version__.startswith("1."):
    for protocol in (2, 3, 4, 5):
        write(f"numpy1_arrays_{protocol}.pkl", pickle.dumps(arrays(), protocol))
    joblib.dump(arrays(), FOLDER / "numpy1_joblib.joblib")
    sys.exit()

for protocol in range(6):
    write(f"values_{protocol}.pkl", pickle.dumps(values(), protocol))
    write(f"arrays_{protocol}.pkl", pickle.dumps(arrays(), protocol))
cycle = []
cycle.append(cycle)
write("cycle.pkl", pickle.dumps(cycle, 4))

packings = {"plain": 0, "zlib": ("zlib", 3), "gzip": ("gzip", 3), "bz2": ("bz2", 3), "xz": ("xz", 3),
            "lzma": ("lzma", 3), "lz4": ("lz4", 3)}
for name, compress in packings.items():
    joblib.dump(arrays(), FOLDER / f"joblib_{name}.joblib", compress=compress)
joblib.dump(arrays(), FOLDER / "joblib_protocol2.joblib", protocol=2)


write("bomb.zlib", zlib.compress(b"]" + b"\x00" * (4 << 20), 9))
