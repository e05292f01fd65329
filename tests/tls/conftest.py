import ssl

import pytest

from support.certificates import Authority
from support.checks import unharmed
from support.models import TEST_MODELS
from support.server import Server

MODELS = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "identity_int32", "identity_uint8")]


def trusting(authority, shows=None, **settings):
    """A client's context: it trusts that authority alone and shows `shows`, an Issued."""
    context = ssl.create_default_context(cafile=authority.certificate)
    if shows:
        context.load_cert_chain(shows.certificate, shows.key)
    for name, value in settings.items():
        setattr(context, name, value)
    return context


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
