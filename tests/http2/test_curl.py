"""curl over HTTP/2 without TLS, as a person would try it."""

import json
import shutil
import subprocess

import pytest

CURL = shutil.which("curl")


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_infers_in_json(server):
    body = {"inputs": [{"name": "INPUT0", "datatype": "INT32", "shape": [1, 2], "data": [1, 2]}]}
    done = subprocess.run(
        [CURL, "-sS", "--http2-prior-knowledge", "-w", "\n%{http_version} %{http_code}", "--json",
         json.dumps(body), f"{server.url}/v2/models/identity_int32/infer"],
        capture_output=True, text=True, timeout=30, check=True,
    )
    answer, _, facts = done.stdout.rpartition("\n")
    assert facts == "2 200"
    assert json.loads(answer)["outputs"][0]["data"] == [1, 2]
