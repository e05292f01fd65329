"""tools/setup installs what the build reads: a header that some other package happened to bring breaks a bare machine.
It installs nothing twice, and nothing that is not what it asked for."""

import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import pytest

from support.models import ROOT
from support.server import slipway_path


def declared_packages():
    text = (ROOT / "tools/setup").read_text()
    listed = re.search(r"^build_packages=\((.*?)^\)", text, re.MULTILINE | re.DOTALL).group(1)
    return {word for line in listed.splitlines() for word in line.split("#")[0].split()}


def with_dependencies(packages):
    """The packages and all that apt installs for them."""
    rows = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${Depends}, ${Pre-Depends}\n"],
        capture_output=True, text=True, check=True).stdout.splitlines()
    needs = {}
    for row in rows:
        name, dependencies = row.split("\t")
        needs[name] = set(re.findall(r"(?:^|[,|]) *([a-z0-9][a-z0-9.+-]*)", dependencies))
    found, left = set(), list(packages)
    while left:
        package = left.pop()
        if package not in found:
            found.add(package)
            left.extend(needs.get(package, ()))
    return found


def test_every_header_of_the_build_is_of_a_declared_package():
    build = next(folder for folder in pathlib.Path(slipway_path()).parents if (folder / "build.ninja").exists())
    lines = subprocess.run(["ninja", "-C", build, "-t", "deps"],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    headers = set()
    of_the_program = False
    for line in lines:
        if not line.startswith(" "):
            of_the_program = line.startswith("src/") and "/tests_of_" not in line
        elif of_the_program and line.strip().startswith("/usr/include/"):
            headers.add(line.strip())
    assert len(headers) > 500
    owners = subprocess.run(["dpkg", "-S", *sorted(headers)], capture_output=True, text=True)
    packages = {name.split(":")[0] for line in owners.stdout.splitlines() if not line.startswith("diversion ")
                for name in line.rsplit(": ", 1)[0].split(", ")}
    assert len(packages) > 10, owners.stderr
    assert sorted(packages - with_dependencies(declared_packages())) == []


def test_the_program_is_configured_without_what_only_tests_and_benches_need(tmp_path):
    absent = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("simdjson", "benchmark", "gRPC")]
    done = subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *absent],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Stubs:
    """Programs that take the place of the machine's: what was called of them stands in `called`."""

    def __init__(self, folder):
        self._folder = folder / "stubs"
        self._folder.mkdir()
        self._calls = folder / "calls"
        self._calls.touch()

    def put(self, name, text):
        path = self._folder / name
        path.write_text(f'#!/bin/sh\necho {name} "$@" >>{self._calls}\n{text}\n')
        path.chmod(0o755)

    @property
    def called(self):
        return self._calls.read_text().splitlines()

    def run(self, *command):
        env = {**os.environ, "PATH": f"{self._folder}:{os.environ['PATH']}"}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def stubs(tmp_path):
    return Stubs(tmp_path)


@pytest.mark.parametrize("group", ["build", "test"])
def test_a_second_run_asks_nobody_and_changes_nothing(stubs, group):
    for name in ("apt-get", "npm", "dpkg-deb"):
        stubs.put(name, "exit 97")
    written = lambda: {path: path.stat().st_mtime_ns for path in (ROOT / "third_party").rglob("*")}
    before = written()
    done = stubs.run(ROOT / "tools/setup", group)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.splitlines()[-1] == f"setup: all in place for {group}"
    assert stubs.called == []
    assert written() == before


def test_a_library_of_another_digest_is_refused_and_not_installed(stubs, tmp_path):
    if not (ROOT / "third_party/onnxruntime").is_dir():
        pytest.skip("ONNX Runtime is the system's here")
    with tarfile.open(tmp_path / "tampered.tgz", "w:gz") as archive:
        for node_arch in ("x64", "arm64"):
            archive.add(__file__, f"package/bin/napi-v6/linux/{node_arch}/libonnxruntime.so.1")
    stubs.put("npm", f"cp {tmp_path}/tampered.tgz package.tgz && echo package.tgz")
    stubs.put("apt-get", "exit 97")
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/setup", tmp_path / "tools")
    done = stubs.run(tmp_path / "tools/setup", "build")
    assert done.returncode == 1, done
    assert re.search(r"onnxruntime-node@\S+ has the wrong digest: expected sha512 \w{128}, got \w{128}", done.stderr)
    [call] = [call.split() for call in stubs.called]
    assert call[:2] == ["npm", "pack"] and "--ignore-scripts" in call
    assert not (tmp_path / "third_party").exists()
