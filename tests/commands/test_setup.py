"""tools/setup installs what the build reads: a header that some other package happened to bring breaks a bare machine."""

import pathlib
import re
import subprocess

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
