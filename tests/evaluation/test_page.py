"""The report's page in a real browser: no script, no request, no complaint, hostile names inert."""

import os
import pathlib
import re
import subprocess

import pytest
from conftest import evaluate, report
from support.plots import check_drawn, plots, points_of

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


CURVES = {"ROC curve", "Precision over recall", "Calibration"}
SCATTERS = {"Predicted beside true values", "Residuals: true less predicted"}
PLOTS = {
    "cancer": CURVES | {"accuracy by x0", "log_loss lost when a column is shuffled, mean of 5 times"},
    "iris": CURVES | {"accuracy by x0", "log_loss lost when a column is shuffled, mean of 5 times"},
    "diabetes": SCATTERS | {"mae by x0", "rmse lost when a column is shuffled, mean of 5 times"},
}


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_is_there_and_draws_the_figures(cases, tmp_path, name):
    case, page = cases[name], tmp_path / "report.html"
    words = ["--target", "answer", "--slices", "x0", "--importance", "--html", page]
    found = report(case.path, case.rows, *words)
    drawn = plots(page.read_text(encoding="utf-8"))
    assert set(drawn) == PLOTS[name]
    for svg in drawn.values():
        check_drawn(svg)
    bars = drawn[next(title for title in drawn if "shuffled" in title)].findall("rect")
    assert len(bars) == min(case.features.shape[1], 25)
    if name == "diabetes":
        assert len(drawn["Residuals: true less predicted"].findall("g/circle")) == len(case.target)
        return
    roc = drawn["ROC curve"]
    corners = [tuple(float(roc.find("line[@class='diagonal']").get(f"{axis}{end}")) for axis in "xy") for end in "12"]
    lines = [points_of(path) for path in roc.findall("path")]
    assert len(lines) == len(found["roc"])
    for line, curve in zip(lines, found["roc"], strict=True):
        assert [line[0], line[-1]] == corners, "from (0, 0) to (1, 1)"
        assert len(line) == len(curve["true_positive_rate"])
        (left, bottom), (right, top) = corners
        expected = [
            (left + x * (right - left), bottom + y * (top - bottom))
            for x, y in zip(curve["false_positive_rate"], curve["true_positive_rate"], strict=True)
        ]
        assert all(
            abs(one - other) < 0.06
            for point, wanted in zip(line, expected, strict=True)
            for one, other in zip(point, wanted, strict=True)
        )


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
