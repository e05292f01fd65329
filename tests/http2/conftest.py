import pytest

from support.checks import unharmed
from support.models import TEST_MODELS
from support.server import Server, free_port


@pytest.fixture(scope="session")
def started():
    grpc, control = (f"127.0.0.1:{free_port()}" for _ in range(2))
    models = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "identity_int32")]
    with Server(*models, args=[f"--grpc={grpc}", f"--control={control}"]) as server:
        server.grpc_address, server.control_address = grpc, control
        yield server


@pytest.fixture
def server(started):
    """A server with two addresses more, `grpc_address` and `control_address`; after each test it is shown to be unharmed."""
    with unharmed(started):
        yield started
