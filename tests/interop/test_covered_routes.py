"""What stock clients call is what docs/dialects-routes.md says that they call."""

import os

import pytest

import covered
from covered import recorder
from stock import HERE

MODULES = {path.stem for path in HERE.glob("test_*.py")}


def test_covered_routes_are_those_of_the_list(request):
    recorder.settle()
    if os.environ.get("SLIPWAY_WRITE_COVERED_ROUTES"):
        covered.write(recorder.routes(), recorder.ran)
    config = request.config
    items = request.session.items
    if {item.path.stem for item in items} < MODULES or config.getoption("keyword"):
        pytest.skip("only a part of the folder runs")
    listed = {
        route: ran
        for route, modules in covered.written().items()
        if (ran := [module for module in modules if module in recorder.ran])
    }
    called = recorder.routes()
    differing = {
        route: {"called": called.get(route), "listed": listed.get(route)}
        for route in sorted({*called, *listed})
        if called.get(route) != listed.get(route)
    }
    assert not differing, f"run with SLIPWAY_WRITE_COVERED_ROUTES=1: {differing}"
