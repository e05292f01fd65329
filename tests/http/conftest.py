import pytest

from support.checks import unharmed
from support.models import TEST_MODELS
from support.server import Server


@pytest.fixture(scope="session")
def started():
    models = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "identity_int32", "identity_uint8")]
    with Server(*models, args=["--header-timeout=1s"]) as server:
        yield server


@pytest.fixture
def server(started):
    """A server with a short header timeout; after each test it is shown to be unharmed."""
    with unharmed(started):
        yield started
