"""Program, examples and an idle server stay small: growth is seen here before it is in an image."""

import pathlib
import subprocess

import pytest

from support.models import EXAMPLES, ROOT, TEST_MODELS, examples
from support.server import Server, has_onnxruntime, slipway_path, wait_until

MEGABYTES = 10.0
MAX_EXAMPLES_MB = 3.0


def test_the_stripped_program_takes_what_it_took_and_little_more(tmp_path):
    stripped = tmp_path / "slipway"
    subprocess.run(["strip", "-o", stripped, slipway_path()], check=True)
    assert stripped.stat().st_size < MEGABYTES * 1e6


def test_the_example_models_with_their_golden_answers_are_small():
    sizes = [path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()]
    assert len(sizes) > len(list(examples())) > 10
    assert sum(sizes) < MAX_EXAMPLES_MB * 1e6


@pytest.mark.parametrize(
    "model,limit_mb",
    [
        pytest.param(
            EXAMPLES, 60.0, marks=pytest.mark.skipif(not has_onnxruntime(), reason="built without ONNX Runtime")
        ),
        (TEST_MODELS / "sklearn" / "ada-boost.pkl", 12.0),
    ],
    ids=["with ONNX Runtime", "native"],
)
def test_an_idle_server_holds_little_memory(model, limit_mb):
    with Server(model) as server:
        maps = pathlib.Path(f"/proc/{server.pid}/maps").read_text(encoding="utf-8")
        assert ("libonnxruntime" in maps) == (model == EXAMPLES)
        wait_until(lambda: server.rss_bytes() <= limit_mb * 1e6, 10, f"at most {limit_mb} MB")


def test_what_reads_bytes_of_anybody_is_the_systems():
    libraries = subprocess.check_output(["ldd", slipway_path()], text=True)
    for name in ("libcrypto", "libssl", "libnghttp2", "libz", "libzstd", "liblz4", "libseccomp", "libutf8proc"):
        assert f"{name}.so" in libraries, name


def test_what_it_needs_to_run_is_named():
    text = (ROOT / "HACKING.md").read_text()
    for line in subprocess.check_output(["ldd", slipway_path()], text=True).splitlines():
        library = line.split()[0]
        if not library.startswith("lib") or library in ("libc.so.6", "libm.so.6", "libgcc_s.so.1"):
            continue  # libstdc++6 brings them
        found = subprocess.check_output(["dpkg", "-S", f"*/{library}"], text=True)
        assert f"`{found.split(':')[0]}`" in text, library
