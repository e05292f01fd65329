"""Stock clients over TLS, HTTP and gRPC, with a certificate of their own."""

import ssl

import pytest

from stock import grpc, health_pb2, health_pb2_grpc, triton, triton_grpc
from support.certificates import Authority
from support.models import EXAMPLES
from support.server import Server

SERVING = 1


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "root", key="rsa")


@pytest.fixture(scope="module")
def robot(authority):
    return authority.issue("robot")


@pytest.fixture(scope="module")
def server(authority, robot):
    context = ssl.create_default_context(cafile=authority.certificate)
    context.load_cert_chain(robot.certificate, robot.key)
    args = [*authority.issue("localhost").arguments, "--tls-client-ca", authority.certificate]
    with Server(EXAMPLES, args=args, tls=context) as running:
        yield running


def test_tritonclient_over_grpc(server, authority, robot):
    client = triton_grpc.InferenceServerClient(
        server.address, ssl=True, root_certificates=str(authority.certificate),
        private_key=str(robot.key), certificate_chain=str(robot.certificate),
    )
    assert client.is_server_ready() and client.is_model_ready("digits")


def test_tritonclient_over_http(server, authority, robot):
    client = triton.InferenceServerClient(
        server.address, ssl=True, ssl_context_factory=lambda: server.tls,
    )
    assert client.is_server_ready() and client.is_model_ready("digits")


def test_grpcio_with_and_without_a_certificate(server, authority, robot):
    def check(**shown):
        credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes(), **shown)
        with grpc.secure_channel(server.address, credentials) as channel:
            request = health_pb2.HealthCheckRequest()
            return health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status

    shown = {
        "private_key": robot.key.read_bytes(),
        "certificate_chain": robot.certificate.read_bytes(),
    }
    assert check(**shown) == SERVING
    with pytest.raises(grpc.RpcError) as caught:
        check()
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
