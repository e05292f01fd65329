"""Every supported estimator gives its framework's answers, whatever it was fitted on (matrix.py).

The models are made by current frameworks when the tests run; where those cannot be installed, tests are skipped by name.
"""

import itertools

import pytest

import estimators
import frameworks
from served import serving

if frameworks.missing is None:
    import boosters
    import matrix
    import tables

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
        kinds = KINDS if matrix.IS_RELEASE else [KINDS[index % len(KINDS)], "missing"]
        for table in kinds if (framework, form) in boosters.NO_WORDS else [*kinds, tables.MIXED]:
            name = name_of(framework, form, target, table)
            plan[name] = lambda of=(framework, target, form, table): boosters.fitted(*of)
    return plan


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("matrix"), planned()) as served:
        yield served


@pytest.mark.parametrize("estimator, target", ESTIMATORS, ids=[f"{each.name}-{target}" for each, target in ESTIMATORS])
def test_estimator_answers_as_scikit_learn(served, estimator, target):
    served.check(name_of(estimator.package, estimator.name, target))


@pytest.mark.parametrize("framework, form, target", BOOSTERS, ids=["-".join(each) for each in BOOSTERS])
def test_booster_answers_as_its_framework(served, framework, form, target):
    served.check(name_of(framework, form, target))
