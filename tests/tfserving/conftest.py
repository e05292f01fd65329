import pytest

from support.checks import unharmed
from support.models import EXAMPLES, TEST_MODELS
from support.server import Server


@pytest.fixture(scope="session")
def started():
    with Server(EXAMPLES, TEST_MODELS) as server:
        yield server


@pytest.fixture
def server(started):
    """A server of all models; after each test it is shown to be unharmed."""
    with unharmed(started):
        yield started
