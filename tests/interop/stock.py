"""The stock clients, installed from the Python package index into build/venv-interop.

Where they cannot be installed, `missing` says why and conftest.py skips every test by name.
"""

import hashlib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build"
VENV = BUILD / "venv-interop"
INSTALL_TIMEOUT_S = 300


def install(venv, requirements, stubs=None):
    """Brings the virtual environment up to date. `stubs` lists packages to install without what they depend on.

    @return None, or why that was not possible.
    """
    files = [each for each in (requirements, stubs) if each]
    content = b"".join(each.read_bytes() for each in files)
    wanted = hashlib.sha256(content + sys.version.encode()).hexdigest()
    stamp = venv / "requirements.sha256"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return None
    pip = [venv / "bin" / "pip", "install", "--quiet", "--retries", "1", "--timeout", "15"]
    pip += ["--disable-pip-version-check"]
    steps = [[sys.executable, "-m", "venv", "--clear", venv], [*pip, "--requirement", requirements]]
    if stubs:
        steps.append([*pip, "--no-deps", "--requirement", stubs])
    for step in steps:
        try:
            done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"no stock clients: {error}"
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            return f"no stock clients: {said[-1] if said else step}"
    stamp.write_text(wanted, encoding="ascii")
    return None


missing = install(VENV, HERE / "requirements.txt", HERE / "stubs.txt")
if missing is None:
    # The same interpreter made the folder, so its packages fit; before Debian's, which may be older.
    sys.path.insert(0, str(next(VENV.glob("lib/python*/site-packages"))))
    import grpc
    import ml_dtypes
    import numpy as np
    import tritonclient.grpc as triton_grpc
    import tritonclient.grpc.aio as triton_grpc_aio
    import tritonclient.http as triton
    import grpc_reflection.v1alpha.proto_reflection_descriptor_database as reflection
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
    from tritonclient.utils import InferenceServerException
else:
    grpc = health_pb2 = health_pb2_grpc = ml_dtypes = np = None
    reflection = reflection_pb2 = reflection_pb2_grpc = None
    triton = triton_grpc = triton_grpc_aio = None
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
