"""Packages of the Python package index, in virtual environments below build/."""

import hashlib
import pathlib
import subprocess
import sys

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
INSTALL_TIMEOUT_S = 300
PIP_OPTIONS = ("--quiet", "--retries", "1", "--timeout", "15", "--disable-pip-version-check")


def install(venv, requirements, stubs=None):
    """Brings the environment up to date. `stubs` lists packages to install without what they depend on.

    @return None, or why that was not possible.
    """
    content = b"".join(each.read_bytes() for each in (requirements, stubs) if each)
    wanted = hashlib.sha256(content + sys.version.encode()).hexdigest()
    stamp = venv / "requirements.sha256"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return None
    pip = [venv / "bin" / "pip", "install", *PIP_OPTIONS]
    steps = [[sys.executable, "-m", "venv", "--clear", venv], [*pip, "--requirement", requirements]]
    if stubs:
        steps.append([*pip, "--no-deps", "--requirement", stubs])
    for step in steps:
        try:
            done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"not installed: {error}"
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            return f"not installed: {said[-1] if said else step}"
    stamp.write_text(wanted, encoding="ascii")
    return None


def folder_of(venv):
    """Where its packages lie. The same interpreter made the environment, so they fit."""
    return str(next(venv.glob("lib/python*/site-packages")))
