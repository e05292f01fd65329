"""Calls that their client gives up at any moment, over the stock gRPC channel."""

import os
import random
import time

from stock import grpc, grpc_input_of, np, triton_grpc
from support.server import wait_until

CANCELS = 10_000 if os.environ.get("SLIPWAY_TEST_SCALE") == "release" else 500


def infer(client, callback):
    numbers = grpc_input_of("INPUT0", "INT32", np.array([[1, 2]], dtype=np.int32))
    return client.async_infer("identity_int32", [numbers], callback=callback)


def test_cancelled_calls_leave_nothing_behind(test_models_server):
    """A client may be told to calm down (UNAVAILABLE) and connects again; nothing else may happen to it."""
    server, chance, odd = test_models_server, random.Random(7), []
    allowed = (None, grpc.StatusCode.CANCELLED.name, grpc.StatusCode.UNAVAILABLE.name)

    def note(result, error):
        code = error and error.status().removeprefix("StatusCode.")
        if code not in allowed:
            odd.append((code, str(error)))

    files = server.open_files()
    with triton_grpc.InferenceServerClient(server.address) as client:
        assert client.is_server_live()
        for _ in range(CANCELS):
            call = infer(client, note)
            time.sleep(chance.uniform(0, 0.002))
            call.cancel()
    assert not odd, odd[:5]
    wait_until(lambda: server.open_files() <= files, what=f"{files} open files")
    with triton_grpc.InferenceServerClient(server.address) as client:
        numbers = grpc_input_of("INPUT0", "INT32", np.array([[3, 4]], dtype=np.int32))
        answer = client.infer("identity_int32", [numbers])
        assert answer.as_numpy("OUTPUT0").tolist() == [[3, 4]]
    assert server.is_running()
