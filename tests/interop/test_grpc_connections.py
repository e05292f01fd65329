"""What stock gRPC clients do with a connection: pings that keep it, calls that outlive SIGTERM, many messages for one
answer."""

import contextlib
import signal
import socket
import threading
import time

import pytest

from stock import grpc, grpc_input_of, health_pb2, health_pb2_grpc, np, triton_grpc
from support import frames
from support.models import TEST_MODELS
from support.server import Server, free_port, wait_until

PREFACE = 24
PING_MS, IDLE_MS, QUIET_S = 1000, 1700, 4  # the client sends one a second at most
SERVING = 1


class Tap:
    """An address that passes everything on to a server and keeps it: a pair for each connection, of what its client
    said and what the server said."""

    def __init__(self, server):
        host, _, port = server.address.rpartition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.connections = []

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                said = (bytearray(), bytearray())
                self.connections.append(said)
                for pair in ((client, server, said[0]), (server, client, said[1])):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    @staticmethod
    def _pass_on(source, target, kept):
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                kept += part
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def pings(said, flags):
    return [payload for kind, got, _, payload in frames.parse(bytes(said)) if (kind, got) == (frames.PING, flags)]


def test_pings_keep_a_quiet_connection():
    keep_alive = {
        "grpc.keepalive_time_ms": PING_MS,
        "grpc.keepalive_timeout_ms": 1000,
        "grpc.keepalive_permit_without_calls": 1,
        "grpc.http2.max_pings_without_data": 0,
    }
    with Server(TEST_MODELS / "add_sub.onnx", args=[f"--idle-timeout={IDLE_MS}ms"]) as server, Tap(server) as tap:
        with grpc.insecure_channel(tap.address, list(keep_alive.items())) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            for wait_s in (0, QUIET_S):
                time.sleep(wait_s)
                assert health.Check(health_pb2.HealthCheckRequest(), timeout=10).status == SERVING
            [(client_said, server_said)] = tap.connections
            asked, answered = pings(client_said[PREFACE:], 0), pings(server_said, frames.ACK)
    assert frames.goaway_code(bytes(server_said)) in (None, 0)
    assert len(asked) >= 2
    assert answered == asked[: len(answered)] and len(answered) >= len(asked) - 1


def test_without_pings_a_quiet_connection_ends():
    """So that what is shown above are the pings."""
    with Server(TEST_MODELS / "add_sub.onnx", args=[f"--idle-timeout={IDLE_MS}ms"]) as server, Tap(server) as tap:
        with grpc.insecure_channel(tap.address) as channel:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
            [(_, server_said)] = tap.connections
            wait_until(lambda: frames.goaway_code(bytes(server_said)) == 0, what="GOAWAY without an error")


def iterations(count):
    return grpc_input_of("iterations", "INT64", np.array([count], np.int64))


@pytest.mark.parametrize("calls", [1, 4])
def test_calls_in_flight_at_sigterm_are_answered(calls):
    with Server(TEST_MODELS / "slow.onnx") as server:
        with triton_grpc.InferenceServerClient(server.address) as client:
            for _ in range(3):  # the server learns that its runs are long
                client.infer("slow", [iterations(3000)])
            done = []

            def note(result, error):
                done.append((error, result and result.as_numpy("y").shape))

            for _ in range(calls):
                client.async_infer("slow", [iterations(40_000)], callback=note)
            wait_until(lambda: server.metric("slipway_requests_in_flight") == calls, what="calls in flight")
            server.send_signal(signal.SIGTERM)
            server.wait_for_log("draining")
            assert not done
            wait_until(lambda: len(done) == calls, 30, "the answers")
            assert done == [(None, (64, 64))] * calls
        assert server.wait(30) == 0


INFER, STREAM = (f"/inference.GRPCInferenceService/{name}" for name in ("ModelInfer", "ModelStreamInfer"))


def numbers(value):
    request = triton_grpc.service_pb2.ModelInferRequest(model_name="identity_int32")
    request.inputs.add(name="INPUT0", datatype="INT32", shape=[1, 2])
    request.raw_input_contents.append(np.array([value, 2], np.int32).tobytes())
    return request.SerializeToString()


def stream_unary(server, method, requests):
    with grpc.insecure_channel(server.address) as channel:
        return channel.stream_unary(method)(iter(requests), timeout=20)


def test_a_client_may_stream_to_one_answer(test_models_server):
    service = triton_grpc.service_pb2
    answer = service.ModelInferResponse.FromString(stream_unary(test_models_server, INFER, [numbers(1)]))
    assert np.frombuffer(answer.raw_output_contents[0], np.int32).tolist() == [1, 2]
    answer = service.ModelStreamInferResponse.FromString(stream_unary(test_models_server, STREAM, [numbers(3)]))
    assert np.frombuffer(answer.infer_response.raw_output_contents[0], np.int32).tolist() == [3, 2]


@pytest.mark.parametrize("count", [0, 2])
def test_a_method_of_one_message_takes_no_more_and_no_less(test_models_server, count):
    with pytest.raises(grpc.RpcError) as caught:
        stream_unary(test_models_server, INFER, [numbers(1)] * count)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "message" in caught.value.details()
