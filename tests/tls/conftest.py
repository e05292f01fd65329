import pytest

from support.certificates import Authority
from support.checks import unharmed
from support.server import Server
from tls_clients import MODELS, trusting

@pytest.fixture(scope="session")
def root(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "root")


@pytest.fixture(scope="session")
def issuing(root):
    """What issues the certificates of servers: an intermediate authority."""
    return Authority(root.folder, "issuing", issuer=root)


@pytest.fixture(scope="session")
def clients(root):
    """What issues the certificates of clients."""
    return Authority(root.folder, "clients")


@pytest.fixture(scope="session")
def started(root, issuing):
    identity = issuing.issue("localhost")
    args = [*identity.arguments, "--header-timeout=1s", "--max-handshakes=20"]
    with Server(*MODELS, args=args, tls=trusting(root)) as server:
        yield server


@pytest.fixture
def server(started):
    """A server with a short header timeout; after each test it is shown to be unharmed."""
    with unharmed(started):
        yield started
