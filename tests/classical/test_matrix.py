"""Every supported estimator gives its framework's answers, whatever it was fitted on (matrix.py).

The models are made by current frameworks when the tests run; where those cannot be installed, tests are skipped by name.
"""

import itertools
import time

import pytest

import estimators
import frameworks
from support.server import Server

if frameworks.missing is None:
    import boosters
    import matrix
    import tables
    from support.parity import ask, difference

    KINDS = tables.NUMBERS
    FORMS = boosters.FORMS
else:
    KINDS, FORMS = (), {}

pytestmark = pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))

ESTIMATORS = [(each, target) for each in estimators.supported() for target in each.targets]
BOOSTERS = [
    (framework, form, target)
    for framework, forms in FORMS.items()
    for form, target in itertools.product(forms, (estimators.BINARY, estimators.MULTI, estimators.REGRESSION))
]
LOAD_TIMEOUT_S = 600


def name_of(*parts):
    return "-".join(parts).replace(".", "_")


def planned():
    """name -> what makes that model."""
    plan = {}
    for index, (estimator, target) in enumerate(ESTIMATORS):
        for table in matrix.tables_of(index, estimator):
            name = name_of(estimator.package, estimator.name, target, table)
            plan[name] = lambda of=(estimator, target, table): matrix.fitted(*of)
    for index, (framework, form, target) in enumerate(BOOSTERS):
        for table in KINDS if matrix.IS_RELEASE else [KINDS[index % len(KINDS)], "missing"]:
            name = name_of(framework, form, target, table)
            plan[name] = lambda of=(framework, target, form, table): boosters.fitted(*of)
    return plan


class Served:
    """All models of the matrix, made, and served by one server."""

    def __init__(self, server, models, states):
        self.server = server
        self.models = models
        self.states = states

    def check(self, prefix):
        """Every model whose name begins so answers as its framework did."""
        names = [name for name in self.models if name.startswith(prefix + "-")]
        assert names, f"no model {prefix}"
        wrong = {name: found for name in names if (found := self._wrong(name))}
        assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())

    def _wrong(self, name):
        model = self.models[name]
        if isinstance(model, Exception):
            return f"not made: {type(model).__name__}: {model}"
        if self.states[name]["state"] != "READY":
            return self.states[name]["reason"]
        return difference(model.expected, ask(self.server, name, model.rows))


def made(make):
    try:
        return make()
    except Exception as error:  # told by the test of this model
        return error


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    repository = tmp_path_factory.mktemp("matrix")
    models = {name: made(make) for name, make in planned().items()}
    files = {name: model for name, model in models.items() if not isinstance(model, Exception)}
    for name, model in files.items():
        folder = repository / name / "1"
        folder.mkdir(parents=True)
        (folder / model.file_name).write_bytes(model.content)
    with Server(repository, wait_ready=False) as server:
        yield Served(server, models, settled(server, len(files)))


def settled(server, count):
    """name -> the repository's entry, once every model is ready or refused."""
    deadline = time.monotonic() + LOAD_TIMEOUT_S
    while time.monotonic() < deadline:
        assert server.is_running(), server.log_text()
        try:
            entries = server.post("/v2/repository/index", b"{}", {}).json()
        except OSError:
            entries = []
        if len(entries) == count and all(each["state"] in ("READY", "UNAVAILABLE") for each in entries):
            return {each["name"]: each for each in entries}
        time.sleep(0.1)
    raise AssertionError(f"models are not loaded after {LOAD_TIMEOUT_S} s")


@pytest.mark.parametrize("estimator, target", ESTIMATORS, ids=[f"{each.name}-{target}" for each, target in ESTIMATORS])
def test_estimator_answers_as_scikit_learn(served, estimator, target):
    served.check(name_of(estimator.package, estimator.name, target))


@pytest.mark.parametrize("framework, form, target", BOOSTERS, ids=["-".join(each) for each in BOOSTERS])
def test_booster_answers_as_its_framework(served, framework, form, target):
    served.check(name_of(framework, form, target))
