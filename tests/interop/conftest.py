import pytest

import covered
import stock
from support.models import EXAMPLES, TEST_MODELS
from support.server import Server

WITHOUT_STOCK = (
    "test_documented_curl",
    "test_every_option",
    "test_grpcurl",
    "test_mlserver",
    "test_other_languages",
    "test_perf_analyzer",
    "test_platforms",
    "test_side_by_side",
)

recorder = covered.recorder
recorder.watch()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem == "test_covered_routes")  # after all others
    if stock.missing:
        for item in items:
            if item.path.parent == stock.HERE and item.path.stem not in WITHOUT_STOCK:
                item.add_marker(pytest.mark.skip(reason=stock.missing))


def pytest_runtest_setup(item):
    recorder.current = item.path.stem


def pytest_runtest_call(item):
    recorder.ran.add(item.path.stem)


@pytest.hookimpl(trylast=True)  # after the servers of the test's fixtures have stopped
def pytest_runtest_teardown():
    recorder.settle()
    recorder.current = None


@pytest.fixture(scope="session")
def examples_server():
    with Server(EXAMPLES) as server:
        yield server


@pytest.fixture(scope="session")
def test_models_server():
    with Server(TEST_MODELS) as server:
        yield server


def connected(server, **options):
    return stock.triton.InferenceServerClient(server.address, **options)


@pytest.fixture
def client(examples_server):
    """A client of the server of examples/models."""
    with connected(examples_server) as client:
        yield client


@pytest.fixture
def test_client(test_models_server):
    """A client of the server of tests/models."""
    with connected(test_models_server) as client:
        yield client


@pytest.fixture
def grpc_client(examples_server):
    """A gRPC client of the server of examples/models."""
    with stock.triton_grpc.InferenceServerClient(examples_server.address) as client:
        yield client


@pytest.fixture
def grpc_test_client(test_models_server):
    """A gRPC client of the server of tests/models."""
    with stock.triton_grpc.InferenceServerClient(test_models_server.address) as client:
        yield client
