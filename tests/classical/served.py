"""Models made by frameworks when the tests run, served by one server, beside the answers they gave themselves."""

import contextlib

from support.repository import settled
from support.server import Server


class Served:
    """models: name -> matrix.Model, or the exception that making it raised. states: name -> the repository's entry."""

    def __init__(self, server, models, states):
        self.server = server
        self.models = models
        self.states = states

    def check(self, prefix):
        """Every model whose name begins so answers as its framework did."""
        names = [name for name in self.models if name.startswith(prefix + "-")]
        assert names, f"no model {prefix}"
        wrong = {name: found for name in names if (found := self.wrong(name))}
        assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())

    def wrong(self, name):
        """How a model's answers differ from its framework's; None when they agree."""
        from support.parity import ask, difference

        model = self.models[name]
        if isinstance(model, Exception):
            return f"not made: {type(model).__name__}: {model}"
        if self.states[name]["state"] != "READY":
            return self.states[name]["reason"]
        answers = ask(self.server, name, model.rows)
        found = difference(model.expected, answers)
        return found or same_bits(answers, ask(self.server, name, model.rows, narrow=True))


def same_bits(answers, again):
    """Which output is not the same when numbers came in a narrower type; None when all are."""
    changed = [name for name, each in answers.items() if repr(each.tolist()) != repr(again[name].tolist())]
    return f"{changed} differ when numbers come as BOOL, INT64 or FP32" if changed else None


@contextlib.contextmanager
def serving(repository, plan):
    """plan: name -> what makes that model. Yields them, made and Served from the folder `repository`."""
    models = {name: _made(make) for name, make in plan.items()}
    files = {name: model for name, model in models.items() if not isinstance(model, Exception)}
    for name, model in files.items():
        folder = repository / name / "1"
        folder.mkdir(parents=True)
        (folder / model.file_name).write_bytes(model.content)
    with Server(repository, wait_ready=False) as server:
        yield Served(server, models, settled(server, len(files)))


def _made(make):
    try:
        return make()
    except Exception as error:  # told by the test of this model
        return error
