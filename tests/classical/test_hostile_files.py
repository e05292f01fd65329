"""Files that would run code, or are broken, are refused by name; nothing happens and the server goes on."""

import gzip
import io
import json
import os
import pickle
import zipfile
import zlib

import pytest

from support.classical import FIXTURES
from support.server import Server

MARK = "slipway-was-here"


class Calls:
    """Pickles to a call of `function` with `arguments`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def spelled(module, name, argument):
    """The opcodes of protocol 2 that call module.name(argument), which need not exist here."""
    return (
        b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"X" + len(argument).to_bytes(4, "little")
        + argument.encode() + b"\x85R."
    )


def hostile_pickles(folder):
    """name -> (bytes, the global that its refusal names)."""
    touch = f"touch {folder / MARK}"
    evil = pickle.dumps(Calls(os.system, touch))
    found = {
        "system": (evil, "posix.system"),
        "protocol_0": (pickle.dumps(Calls(os.system, touch), protocol=0), "posix.system"),
        "eval": (pickle.dumps(Calls(eval, f"open({str(folder / MARK)!r}, 'w')")), "builtins.eval"),
        "open": (pickle.dumps(Calls(open, str(folder / MARK), "w")), "io.open"),
        "nested": (pickle.dumps({"coef_": [Calls(os.system, touch)]}), "posix.system"),
        "gzip": (gzip.compress(evil), "posix.system"),
        "zlib": (zlib.compress(evil), "posix.system"),
    }
    for module, name in [
        ("subprocess", "Popen"), ("builtins", "exec"), ("builtins", "getattr"), ("nt", "system"), ("runpy", "run_path"),
        ("operator", "attrgetter"), ("importlib", "import_module"), ("pip", "main"), ("socket", "create_connection"),
        ("torch.serialization", "load"), ("numpy.testing._private.utils", "runstring"), ("sklearn.utils", "os.system"),
        ("joblib._memmapping_reducer", "delete_folder"), ("webbrowser", "open"), ("shutil", "rmtree"),
    ]:
        found[f"{module}-{name}".replace(".", "_")] = (spelled(module, name, touch), f"{module}.{name}")
    return found


def rewrapped(data):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as wrapped:
        wrapped.writestr("data.pkl", data)
    return archive.getvalue()


def skops_naming(module, name):
    """A skops file that holds an instance of module.name."""
    node = {"__class__": name, "__module__": module, "__loader__": "ObjectNode", "protocol": 2}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("schema.json", json.dumps(node))
    return archive.getvalue()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A repository of hostile files and one good model, served: (server, name -> the global each names)."""
    folder = tmp_path_factory.mktemp("hostile")
    pickles = hostile_pickles(folder)
    for name, (data, _) in pickles.items():
        (folder / f"{name}.pkl").write_bytes(data)
    (folder / "zipped.pkl").write_bytes(rewrapped(pickles["system"][0]))
    (folder / "zipped.skops").write_bytes(rewrapped(pickles["system"][0]))
    (folder / "skops.skops").write_bytes(skops_naming("os", "system"))
    good = next(fixture for fixture in FIXTURES.values() if fixture.model.suffix == ".ubj")
    (folder / "good.ubj").write_bytes(good.model.read_bytes())
    with Server(folder, wait_ready=False) as server:
        server.wait_for_log("Slipway serves on|model loaded", timeout_s=60)
        culprits = {name: culprit for name, (_, culprit) in pickles.items()}
        yield server, folder, {**culprits, "skops": "os.system"}


def reasons_of(server):
    index = server.post("/v2/repository/index").json()
    return {entry["name"]: (entry["state"], entry.get("reason", "")) for entry in index}


def test_calls_are_refused_by_name_and_never_made(served):
    server, folder, culprits = served
    reasons = reasons_of(server)
    for name, culprit in culprits.items():
        state, reason = reasons[name]
        assert state == "UNAVAILABLE", name
        assert culprit in reason and "byte " in reason, f"{name}: {reason}"
    assert not (folder / MARK).exists()


def test_archives_are_refused(served):
    server, folder, _ = served
    assert reasons_of(server)["zipped"][0] == "UNAVAILABLE"
    assert not (folder / MARK).exists()


def test_the_good_model_is_served(served):
    server, _, _ = served
    assert reasons_of(server)["good"][0] == "READY"
    assert server.get("/v2/models/good/ready").status == 200
