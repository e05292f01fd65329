"""Packages come from the registries that a machine is configured with: none is named anywhere in the repository."""

import json
import re
import subprocess

import pytest

from support.models import ROOT

# Put together here, so that this file does not name them either.
HOSTS = [
    ".".join(words)
    for words in [
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("debian", "org"),
        ("crates", "io"),
        ("repo", "maven"),
        ("repo1", "maven"),
        ("maven", "org"),
        ("sonatype", "org"),
        ("proxy", "golang"),
        ("sum", "golang"),
    ]
]


def tracked(*patterns):
    names = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True)
    if names.returncode != 0:
        pytest.skip("this is no clone of the repository")
    return [ROOT / name for name in names.stdout.split("\0") if name]


def values(node, key):
    """Of every member of that name, however deep."""
    if isinstance(node, list):
        return [found for each in node for found in values(each, key)]
    if not isinstance(node, dict):
        return []
    own = [node[key]] if key in node else []
    return own + [found for each in node.values() for found in values(each, key)]


def test_no_tracked_file_names_a_registry():
    of_any = re.compile("|".join(map(re.escape, HOSTS)).encode(), re.IGNORECASE)
    files = tracked()
    assert len(files) > 1000
    assert [path for path in files if path.is_file() and of_any.search(path.read_bytes())] == []


def test_lock_files_hold_digests_and_no_addresses():
    files = tracked("*package-lock.json", "*npm-shrinkwrap.json")
    assert files
    for path in files:
        content = json.loads(path.read_text(encoding="utf-8"))
        assert values(content, "resolved") == [], path
        packages = [each for name, each in content["packages"].items() if name and not each.get("link")]
        assert packages and all(each["integrity"].startswith("sha512-") for each in packages), path


def test_npm_writes_none_into_them():
    for path in tracked("*package-lock.json"):
        settings = (path.parent / ".npmrc").read_text(encoding="utf-8").splitlines()
        assert "omit-lockfile-registry-resolved=true" in settings, path


def test_lists_of_python_packages_name_no_index():
    for path in tracked("*.txt"):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        assert not [line for line in lines if re.match(r"\s*(-i|--(extra-)?index-url|--find-links|-f)\b", line)], path
