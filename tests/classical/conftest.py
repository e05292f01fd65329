import pytest

from support.classical import FIXTURES
from support.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Serves every model of scikit-learn, XGBoost, LightGBM and CatBoost among the tests' models."""
    repository = tmp_path_factory.mktemp("classical")
    for name, fixture in FIXTURES.items():
        folder = repository / name / "1"
        folder.mkdir(parents=True)
        (folder / fixture.served_name).write_bytes(fixture.model.read_bytes())
    with Server(repository, ready_timeout_s=300) as started:
        yield started
