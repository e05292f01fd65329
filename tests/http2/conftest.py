import pytest

from support.checks import unharmed
from support.models import TEST_MODELS
from support.server import Server, free_port


@pytest.fixture(scope="session")
def started():
    grpc = f"127.0.0.1:{free_port()}"
    models = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "identity_int32")]
    with Server(*models, args=[f"--grpc={grpc}"]) as server:
        server.grpc_address = grpc
        yield server


@pytest.fixture
def server(started):
    """A server with an address more, `grpc_address`; after each test it is shown to be unharmed."""
    with unharmed(started):
        yield started
