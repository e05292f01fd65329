"""Bundles as archives that lie: each is refused by name before it takes memory or leaves a file, the others are served."""

import gzip
import io
import os
import tarfile

import pytest

from serving import index, scale
from support.repository import scaled_model
from support.server import Server

MIB = 1 << 20
MAX_GROWTH = 32 * MIB
ENTRIES = 100_000 if os.environ.get("SLIPWAY_TEST_SCALE") == "release" else 20_001


def tar(*entries):
    """A tar of (name, content) or TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                archive.addfile(info, io.BytesIO(entry[1]))
    return out.getvalue()


def linked(kind, target):
    info = tarfile.TarInfo("model.onnx")
    info.type, info.linkname = kind, target
    return tar(info)


def many_entries():
    """Gzip of as many empty files."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        for i in range(ENTRIES):
            packed.write(tarfile.TarInfo(f"{i}").tobuf(tarfile.USTAR_FORMAT))
        packed.write(bytes(1024))
    return out.getvalue()


def claiming(size):
    """An entry that says it is so large, and ends at once."""
    info = tarfile.TarInfo("model.onnx")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


# A tar has no encrypted entries; zip archives are among tests/classical/test_hostile_files.py.
HOSTILE = {
    "parent": (lambda: tar(("../escaped", b"x")), '".." is not allowed'),
    "inner_parent": (lambda: tar(("a/../../escaped", b"x")), '".." is not allowed'),
    "absolute": (lambda: tar(("/tmp/escaped", b"x")), "is absolute"),
    "symbolic_link": (lambda: linked(tarfile.SYMTYPE, "/etc/passwd"), "symbolic link"),
    "hard_link": (lambda: linked(tarfile.LNKTYPE, "/etc/passwd"), "link"),
    "device": (lambda: linked(tarfile.CHRTYPE, ""), "device"),
    "pipe": (lambda: linked(tarfile.FIFOTYPE, ""), "FIFO"),
    "twice": (lambda: tar(("model.onnx", b"a"), ("model.onnx", b"b")), "occurs twice"),
    "entries": (many_entries, "at most 20000 entries"),
    "ratio": (lambda: gzip.compress(tar(("model.onnx", bytes(64 * MIB)))), "more than 100 times"),
    "total": (lambda: claiming(1 << 40), "in total"),
    "cut": (lambda: tar(("manifest.json", b"{}"))[:700], ""),
}


@pytest.fixture
def models(tmp_path):
    """A repository of hostile archives and one honest file."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name, (make, _) in HOSTILE.items():
        (folder / f"{name}.slipway").write_bytes(make())
    (folder / "m.onnx").write_bytes(scaled_model(2))
    return folder


def test_hostile_archives_are_refused_by_name_and_leave_nothing(models, tmp_path):
    data = tmp_path / "data"
    before = sorted(os.listdir(tmp_path)) + sorted(os.listdir(models))
    args = ["--model-control=explicit", "--load-model=m"]
    with Server(models, args=args, data=data) as server:
        rss = server.rss_bytes()
        files = {path.name for path in data.rglob("*")}
        for name, (_, names) in HOSTILE.items():
            answer = server.post(f"/v2/repository/models/{name}/load")
            assert answer.status == 422 and names in answer.error, (name, answer)
            assert names in index(server)[name, "1"]["reason"]
        assert server.rss_bytes() <= rss + MAX_GROWTH
        assert {path.name for path in data.rglob("*")} == files
        assert scale(server) == (1, 2)
    assert [name for name in sorted(os.listdir(tmp_path)) + sorted(os.listdir(models)) if name != "data"] == before
    assert not os.path.exists("/tmp/escaped")
