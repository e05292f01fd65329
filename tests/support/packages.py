"""Packages of the Python package index, in virtual environments below build/."""

import hashlib
import pathlib
import subprocess
import sys

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
INSTALL_TIMEOUT_S = 300


def install(venv, requirements):
    """Brings the environment up to date. @return None, or why that was not possible."""
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp = venv / "requirements.sha256"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return None
    steps = [
        [sys.executable, "-m", "venv", "--clear", venv],
        [
            venv / "bin" / "pip",
            "install",
            "--quiet",
            "--retries",
            "1",
            "--timeout",
            "15",
            "--disable-pip-version-check",
            "--requirement",
            requirements,
        ],
    ]
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
