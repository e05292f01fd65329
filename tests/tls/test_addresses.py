"""Every kind of address speaks TLS and knows its clients: --http, --grpc, --control, and those of one dialect."""

import pytest

from support import grpc_stream
from support.raw_http import head
from support.server import Server, free_port
from support.tensors import pack
from tls_clients import MODELS, trusting

MODEL = "identity_int32"
NUMBERS = {"name": "INPUT0", "datatype": "INT32", "shape": [1, 2], "data": [1, 2]}
LOAD = f"/v2/repository/models/{MODEL}/load"


def infers(server):
    assert server.infer(MODEL, [NUMBERS]).json()["outputs"][0]["data"] == [1, 2]


def answers_calls(server):
    server.tls.set_alpn_protocols(["h2"])
    assert grpc_stream.infer(server, MODEL, [[NUMBERS]]) == [[pack("INT32", [1, 2])]]


def loads(server):
    assert server.post(LOAD).status == 200


def describes(server):
    assert server.get(f"/models/{MODEL}").json()[0]["modelName"] == MODEL


def names(server):
    assert server.get(f"/models/{MODEL}").json() == {"modelName": MODEL, "modelUrl": MODEL}


KINDS = {  # of address: its flag, and what it alone or it as well answers
    "http": ("--http={}", infers),
    "grpc": ("--grpc={}", answers_calls),
    "control": ("--control={}", loads),
    "torchserve": ("--http={}=torchserve-management", describes),
    "sagemaker": ("--http={}=sagemaker", names),
}


@pytest.fixture(scope="module")
def known(clients):
    return clients.issue("robot")


@pytest.fixture(scope="module")
def addresses(root, issuing, clients, known):
    """kind -> a server at that address, which asks for certificates."""
    own = {kind: f"127.0.0.1:{free_port()}" for kind in KINDS}
    args = [flag.format(own[kind]) for kind, (flag, _) in KINDS.items()]
    args += [*issuing.issue("localhost").arguments, "--tls-client-ca", clients.certificate]
    args += ["--model-control=explicit", "--load-model=*"]
    with Server(*MODELS, args=args, tls=trusting(root, shows=known)) as server:
        yield {kind: server.at(address) for kind, address in own.items()}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def test_a_known_client_is_served(addresses, root, known, kind):
    server = addresses[kind]
    server.tls = trusting(root, shows=known)
    KINDS[kind][1](server)


def test_a_client_without_a_certificate_is_refused(addresses, root, kind):
    server = addresses[kind]
    server.tls = trusting(root)
    with pytest.raises(OSError):
        server.get("/v2/health/live")


def test_plain_http_is_told_so(addresses, kind):
    with addresses[kind].connect_raw() as raw:
        raw.sendall(head(path="/v2/health/live", method="GET"))
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ") and b"speaks TLS" in answer


def test_control_is_at_its_own_address_alone(addresses, root, known):
    for kind, server in addresses.items():
        server.tls = trusting(root, shows=known)
        assert server.post(LOAD).status == (200 if kind == "control" else 404), kind
