"""docs/dialects-routes.md: every dialect's routes, and which tests with stock clients call each."""

import json
import re

from support.models import ROOT

PAGE = ROOT / "docs" / "dialects-routes.md"
PROTO = ROOT / "proto"
PACKAGE = re.compile(r"^package ([\w.]+);", re.M)
SERVICE = re.compile(r"^service (\w+) {$(.*?)^}$", re.M | re.S)
METHOD = re.compile(r"^  rpc (\w+)\((stream )?[\w.]+\)\s+returns \((stream )?", re.M)
GRPC = {
    "Open Inference v2, gRPC": ["inference/grpc_service"],
    "TensorFlow Serving, gRPC": ["tensorflow_serving/apis/prediction_service", "tensorflow_serving/apis/model_service"],
    "TorchServe, gRPC": ["torchserve/inference", "torchserve/management", "torchserve/open_inference_grpc"],
    "gRPC's health and reflection": ["grpc/health/v1/health", "grpc/reflection/v1/reflection", "grpc/reflection/v1alpha/reflection"],
}
COVERED = ROOT / "tests" / "interop" / "covered_routes.json"
HEAD = """\
<!-- Generated: `SLIPWAY_WRITE_ROUTES_PAGE=1 python3 -m pytest tests/openapi/test_routes_page.py` -->
# Every dialect's routes

As [`/openapi.json`](openapi.md) describes them, here for a server on loopback with the routes of Vertex AI and Azure ML
at made-up paths, and for addresses of TorchServe's management API and of SageMaker's multi-model containers. The last
column names the tests of `tests/interop`, which drive stock clients or compare with the real server, that call a route;
*none* is a gap. Methods of gRPC are those of the contracts in `proto/`; [protocols](protocols/) says what each answers.
"""


def rows_of(documents):
    """dialect -> [(method, path, summary)] by path; routes that only refuse as malformed are left out."""
    rows = {}
    for document in documents:
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if operation["summary"] != "Malformed.":
                    for dialect in operation["tags"]:
                        row = (method.upper(), path, operation["summary"])
                        rows.setdefault(dialect, {})[row] = None  # a set in order
    return {dialect: sorted(rows[dialect], key=lambda row: row[1]) for dialect in sorted(rows)}


def grpc_rows():
    """dialect -> [(method, path, summary)] of the contracts, in their order."""
    rows = {}
    for dialect, contracts in GRPC.items():
        for contract in contracts:
            text = (PROTO / f"{contract}.proto").read_text(encoding="utf-8")
            package = PACKAGE.search(text)[1]
            for service, body in SERVICE.findall(text):
                for method, takes, gives in METHOD.findall(body):
                    summary = f"{'Messages' if takes else 'A message'} for {'messages' if gives else 'a message'}."
                    rows.setdefault(dialect, []).append(("POST", f"/{package}.{service}/{method}", summary))
    return rows


def page_of(documents):
    covered = json.loads(COVERED.read_text(encoding="utf-8"))
    lines = [HEAD]
    for dialect, rows in (rows_of(documents) | grpc_rows()).items():
        called = sum(f"{method} {path}" in covered for method, path, _ in rows)
        lines += [
            f"## {dialect}",
            f"{called} of {len(rows)} routes are called.",
            "",
            "| method | path | | called by |",
            "|---|---|---|---|",
        ]
        for method, path, summary in rows:
            tests = ", ".join(covered.get(f"{method} {path}", [])) or "*none*"
            lines.append(f"| {method} | `{path}` | {summary} | {tests} |")
        lines.append("")
    return "\n".join(lines)
