"""The program stays small: growth is seen here before it is in an image."""

import subprocess

from support.server import slipway_path

MEGABYTES = 12.0


def test_the_stripped_program_takes_what_it_took_and_little_more(tmp_path):
    stripped = tmp_path / "slipway"
    subprocess.run(["strip", "-o", stripped, slipway_path()], check=True)
    assert stripped.stat().st_size < MEGABYTES * 1e6


def test_openssl_is_the_systems():
    libraries = subprocess.check_output(["ldd", slipway_path()], text=True)
    assert "libcrypto.so" in libraries and "libssl.so" in libraries
