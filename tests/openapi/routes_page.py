"""docs/dialects-routes.md: every dialect's routes, and which tests with stock clients call each."""

import json

from support.models import ROOT

PAGE = ROOT / "docs" / "dialects-routes.md"
COVERED = ROOT / "tests" / "interop" / "covered_routes.json"
HEAD = """\
<!-- Generated: `SLIPWAY_WRITE_ROUTES_PAGE=1 python3 -m pytest tests/openapi/test_routes_page.py` -->
# Every dialect's routes

As [`/openapi.json`](openapi.md) describes them, here for a server on loopback with the routes of Vertex AI and Azure ML
at made-up paths, and for addresses of TorchServe's management API and of SageMaker's multi-model containers. The last
column names the tests of `tests/interop`, which drive stock clients or compare with the real server, that call a route;
*none* is a gap. Methods of gRPC are in the pages of [protocols](protocols/).
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


def page_of(documents):
    covered = json.loads(COVERED.read_text(encoding="utf-8"))
    lines = [HEAD]
    for dialect, rows in rows_of(documents).items():
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
