"""docs/dialects-routes.md says what the server describes and what the interop run found."""

import os

from described import document_of
from routes_page import PAGE, page_of


def test_the_page_of_routes_is_up_to_date(document, by_dialect):
    page = page_of([document, *map(document_of, by_dialect.values())])
    if os.environ.get("SLIPWAY_WRITE_ROUTES_PAGE"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "run with SLIPWAY_WRITE_ROUTES_PAGE=1"
