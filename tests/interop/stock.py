"""The stock clients, or None where they are not installed (conftest.py then skips the tests by name)."""

try:
    import ml_dtypes
    import numpy as np
    import tritonclient.http as triton
    from tritonclient.utils import InferenceServerException
except ImportError as error:
    ml_dtypes = np = triton = None
    InferenceServerException = Exception
    missing = str(error)
else:
    missing = None


def dtype_of(datatype):
    """The numpy type that the client uses for a data type of the protocol."""
    return {
        "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
        "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
        "FP16": np.float16, "BF16": ml_dtypes.bfloat16, "FP32": np.float32, "FP64": np.float64,
        "BYTES": np.object_,
    }[datatype]


def input_of(name, datatype, array, binary):
    tensor = triton.InferInput(name, list(array.shape), datatype)
    return tensor.set_data_from_numpy(array, binary_data=binary)


def array_of(tensor):
    """A tensor of a golden example as the array that the client takes."""
    return np.array(tensor["data"], dtype=dtype_of(tensor["datatype"])).reshape(tensor["shape"])


def elements_of(array):
    """Row-major elements as Python values; BYTES as str."""
    return [each.decode("utf-8") if isinstance(each, bytes) else each for each in array.ravel().tolist()]
