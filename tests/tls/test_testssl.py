"""What testssl.sh finds: nothing of severity LOW or worse in protocols, ciphers and vulnerabilities."""

import json
import shutil
import subprocess

import pytest

PROGRAM = shutil.which("testssl") or shutil.which("testssl.sh")


@pytest.mark.skipif(PROGRAM is None, reason="testssl.sh is not installed")
def test_testssl_finds_nothing(server, tmp_path):
    report = tmp_path / "report.json"
    done = subprocess.run(
        [PROGRAM, "--quiet", "--color", "0", "--warnings", "off", "--protocols", "--std",
         "--server-preference", "--vulnerable", "--jsonfile", report, server.address],
        capture_output=True, text=True, timeout=300,
    )
    findings = json.loads(report.read_text(encoding="utf-8"))
    assert len(findings) > 40, done.stdout
    found = [f for f in findings if f["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL")]
    assert not found
