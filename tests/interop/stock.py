"""The stock clients, installed from the Python package index into build/venv-interop.

Where they cannot be installed, `missing` says why and conftest.py skips every test by name.
"""

import pathlib
import sys

from support import packages

HERE = pathlib.Path(__file__).resolve().parent
VENV = packages.BUILD / "venv-interop"

missing = packages.install(VENV, HERE / "requirements.txt", HERE / "stubs.txt")
if missing is None:
    sys.path.insert(0, packages.folder_of(VENV))  # before Debian's, which may be older
    import grpc
    import ml_dtypes
    import numpy as np
    import tritonclient.grpc as triton_grpc
    import tritonclient.grpc.aio as triton_grpc_aio
    import tritonclient.http as triton
    import tritonclient.http.aio as triton_aio
    import grpc_reflection.v1alpha.proto_reflection_descriptor_database as reflection
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from google.protobuf import descriptor_pb2
    from google.rpc import error_details_pb2
    from grpc_reflection.v1alpha import reflection_pb2
    from grpc_status import rpc_status
    from tritonclient.utils import InferenceServerException
else:
    grpc = health_pb2 = health_pb2_grpc = ml_dtypes = np = None
    descriptor_pb2 = reflection = reflection_pb2 = None
    error_details_pb2 = rpc_status = None
    triton = triton_aio = triton_grpc = triton_grpc_aio = None
    InferenceServerException = Exception


def dtype_of(datatype):
    """The numpy type that the client uses for a data type of the protocol."""
    return {
        "BOOL": np.bool_,
        "UINT8": np.uint8,
        "UINT16": np.uint16,
        "UINT32": np.uint32,
        "UINT64": np.uint64,
        "INT8": np.int8,
        "INT16": np.int16,
        "INT32": np.int32,
        "INT64": np.int64,
        "FP16": np.float16,
        "BF16": ml_dtypes.bfloat16,
        "FP32": np.float32,
        "FP64": np.float64,
        "BYTES": np.object_,
    }[datatype]


def input_of(name, datatype, array, binary):
    tensor = triton.InferInput(name, list(array.shape), datatype)
    return tensor.set_data_from_numpy(array, binary_data=binary)


def grpc_input_of(name, datatype, array):
    tensor = triton_grpc.InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array)
    return tensor


def array_of(tensor):
    """A tensor of a golden example as the array that the client takes."""
    return np.array(tensor["data"], dtype=dtype_of(tensor["datatype"])).reshape(tensor["shape"])


def elements_of(array):
    """Row-major elements as Python values; BYTES as str."""
    return [
        each.decode("utf-8") if isinstance(each, bytes) else each for each in array.ravel().tolist()
    ]
