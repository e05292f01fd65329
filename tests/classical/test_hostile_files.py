"""Files that would run code, or are broken, are refused by name; nothing happens and the server goes on."""

import gzip
import io
import json
import os
import pickle
import pickletools
import zipfile
import zlib

import pytest

from support.classical import FIXTURES
from support.pickles import Calls
from support.repository import settled
from support.server import Server

MARK = "slipway-was-here"


def spelled(module, name, argument):
    """The opcodes of protocol 2 that call module.name(argument), which need not exist here."""
    return (
        b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"X" + len(argument).to_bytes(4, "little")
        + argument.encode() + b"\x85R."
    )


def system_call(folder):
    return pickle.dumps(Calls(os.system, f"touch {folder / MARK}"))


def offset_of(data):
    """Of the first global of a pickle, unpacked."""
    unpacked = {b"\x1f": gzip.decompress, b"\x78": zlib.decompress}.get(data[:1], bytes)(data)
    return next(at for op, _, at in pickletools.genops(unpacked) if op.name in ("GLOBAL", "STACK_GLOBAL"))


def hostile_pickles(folder):
    """name -> (bytes, the global that its refusal names)."""
    touch = f"touch {folder / MARK}"
    evil = system_call(folder)
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


def zipped(member, data):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as wrapped:
        wrapped.writestr(member, data)
    return archive.getvalue()


def encrypted(archive):
    """The zip with its one member marked as encrypted."""
    marked = bytearray(archive)
    marked[6] |= 1
    marked[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(marked)


def archives(folder):
    """file name -> (bytes, what its refusal says): the pickle of a call inside files of other formats."""
    evil = system_call(folder)
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    npy = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + evil  # as numpy.save writes objects
    return {
        "zipped_pickle.pkl": (zipped("model.pkl", evil), "a zip archive without schema.json"),
        "zipped_joblib.joblib": (zipped("model.pkl", evil), "a zip archive without schema.json"),
        "zipped_skops.skops": (zipped("model.pkl", evil), "a zip archive without schema.json"),
        "beside_schema.skops": (zipped("../schema.json", evil), "expected a name inside the archive"),
        "encrypted.skops": (encrypted(zipped("schema.json", b"{}")), 'member "schema.json" is encrypted'),
        "as_schema.skops": (zipped("schema.json", evil), "schema.json"),
        "torch.pkl": (zipped("archive/data.pkl", evil), "a PyTorch file"),
        "savez.pkl": (zipped("arr_0.npy", npy), "a file of numpy.savez"),
        "save.pkl": (npy, "a file of numpy.save, no model"),
        "gzipped_zip.pkl": (gzip.compress(zipped("model.pkl", evil)), "a zip archive, no pickle"),
    }


def skops_naming(module, name):
    """A skops file that holds an instance of module.name."""
    node = {"__class__": name, "__module__": module, "__loader__": "ObjectNode", "protocol": 2}
    return zipped("schema.json", json.dumps(node))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A repository of hostile files and one good model, served: (server, the folder)."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (data, _) in hostile_pickles(folder).items():
        (folder / f"{name}.pkl").write_bytes(data)
    for name, (data, _) in archives(folder).items():
        (folder / name).write_bytes(data)
    (folder / "skops.skops").write_bytes(skops_naming("os", "system"))
    good = next(fixture for fixture in FIXTURES.values() if fixture.model.suffix == ".ubj")
    (folder / "good.ubj").write_bytes(good.model.read_bytes())
    with Server(folder, wait_ready=False) as server:
        settled(server, len(list(folder.iterdir())))
        yield server, folder


def reasons_of(server):
    index = server.post("/v2/repository/index").json()
    return {entry["name"]: (entry["state"], entry.get("reason", "")) for entry in index}


def test_calls_are_refused_by_name_and_offset_and_never_made(served):
    server, folder = served
    expected = {name: (culprit, offset_of(data)) for name, (data, culprit) in hostile_pickles(folder).items()}
    reasons = reasons_of(server)
    for name, (culprit, offset) in {**expected, "skops": ("os.system", 0)}.items():
        state, reason = reasons[name]
        assert state == "UNAVAILABLE", name
        assert f"byte {offset}: names {culprit}, " in reason, f"{name}: {reason}"
    assert not (folder / MARK).exists()


def test_files_that_hold_a_call_in_another_format_are_refused_by_that_format(served):
    server, folder = served
    reasons = reasons_of(server)
    for name, (_, expected) in archives(folder).items():
        state, reason = reasons[name.split(".")[0]]
        assert state == "UNAVAILABLE", name
        assert expected in reason, f"{name}: {reason}"
    assert not (folder / MARK).exists()


def test_the_mark_would_be_seen(tmp_path):
    pickle.loads(system_call(tmp_path))
    assert (tmp_path / MARK).exists()


def test_the_good_model_is_served(served):
    server, _ = served
    assert reasons_of(server)["good"][0] == "READY"
    assert server.get("/v2/models/good/ready").status == 200
