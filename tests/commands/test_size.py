"""The program stays small: growth is seen here before it is in an image."""

import subprocess

from support.models import ROOT
from support.server import slipway_path

MEGABYTES = 10.0


def test_the_stripped_program_takes_what_it_took_and_little_more(tmp_path):
    stripped = tmp_path / "slipway"
    subprocess.run(["strip", "-o", stripped, slipway_path()], check=True)
    assert stripped.stat().st_size < MEGABYTES * 1e6


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
