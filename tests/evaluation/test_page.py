"""The report's page in a real browser: no script, no request, no complaint, hostile names inert."""

import os
import pathlib
import re
import subprocess

import pytest
from conftest import evaluate

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def rendered(page, profile):
    """The document as Chromium has it after loading, and what its console said."""
    if not pathlib.Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    run = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--enable-logging=stderr",
         "--virtual-time-budget=2000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=110,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, [line for line in run.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("name", ["cancer", "iris", "diabetes"])
def test_the_page_shows_its_plots_without_script_and_network(cases, tmp_path, name):
    case, page = cases[name], tmp_path / "report.html"
    evaluate(case.path, case.rows, "--target", "answer", "--slices", "x0", "--importance", "--html", page)
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|\bsrc=|\bhref=|url\(|@import|\bon\w+=", text)
    document, complaints = rendered(page, tmp_path / "profile")
    assert complaints == []
    assert document.count("<svg") >= 4
    assert document.count("<svg") == document.count("<title>") - 1  # each plot has one, and the page


def test_names_that_attack_the_page_are_inert(cases, tmp_path):
    case, page = cases["diabetes"], tmp_path / "report.html"
    attack = "'\"><script>document.title='canary'</script><svg onload=alert(1)>"
    rows = tmp_path / "rows.csv"
    first, rest = case.rows.read_text(encoding="utf-8").split("\n", 1)
    quoted = '"' + attack.replace('"', '""') + '"'
    rows.write_text(first.replace("x0", quoted) + "\n" + rest, encoding="utf-8")
    evaluate(case.path, rows, "--target", "answer", "--importance", "--slices", attack, "--html", page)
    document, complaints = rendered(page, tmp_path / "profile")
    assert complaints == []
    assert "<script" not in document and "canary" in document
    assert "<title>Evaluation of" in document
