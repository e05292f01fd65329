#!/usr/bin/env python3
"""Parquet files of 1,000,000 rows and 20 columns: rows a CPU second of Slipway and of pyarrow with one thread, by turns.

    bench/parquet.py [--rows N] [--rounds N]     needs build/release/bench/table and build/venv-parquet (tests/parquet)
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PYTHON = ROOT / "build" / "venv-parquet" / "bin" / "python"
PROGRAM = ROOT / "build" / "release" / "bench" / "table"

WRITE = """
import sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
folder, rows = sys.argv[1], int(sys.argv[2])
draw = np.random.default_rng(1)
doubles = pa.table({f"x{i}": draw.uniform(-100, 100, rows) for i in range(20)})
amounts = pa.table({f"x{i}": draw.integers(0, 1000, rows) / 8 for i in range(20)})
words = np.array([f"category {i}" for i in range(40)])
mixed = pa.table({f"x{i}": draw.integers(0, 10**6, rows) if i % 2 else words[draw.integers(0, 40, rows)] for i in range(20)})
gaps = pa.table({n: pa.array(c, mask=draw.random(rows) < 0.1) for n, c in zip(doubles.column_names, doubles)})
pq.write_table(doubles, f"{folder}/doubles, plain", use_dictionary=False, compression="none")
pq.write_table(doubles, f"{folder}/doubles, plain, snappy", use_dictionary=False, compression="snappy")
pq.write_table(gaps, f"{folder}/doubles with gaps, plain, zstd", use_dictionary=False, compression="zstd")
pq.write_table(amounts, f"{folder}/1000 amounts, dictionary, snappy")
pq.write_table(mixed, f"{folder}/words and whole numbers, dictionary, snappy")
"""
READ = """
import resource, sys
import pyarrow as pa, pyarrow.parquet as pq
pa.set_cpu_count(1), pa.set_io_thread_count(1)
def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
begin = spent()
pq.read_table(sys.argv[1], use_threads=False)
print(spent() - begin)
"""


def seconds_of(*command):
    words = ["taskset", "-c", "1", *map(str, command)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([PYTHON, "-c", WRITE, folder, str(options.rows)], check=True)
        print(f"{'file':44} {'MB':>6} {'pyarrow':>9} {'slipway':>9}  million rows/s; ratio")
        for path in sorted(pathlib.Path(folder).iterdir()):
            theirs, ours = [], []
            for _ in range(options.rounds):
                theirs.append(seconds_of(PYTHON, "-c", READ, path))
                ours.append(seconds_of(PROGRAM, path, 1))
            rates = [options.rows / 1e6 / statistics.median(each) for each in (theirs, ours)]
            print(
                f"{path.name:44} {path.stat().st_size / 1e6:6.1f} {rates[0]:9.2f} {rates[1]:9.2f}  {rates[1] / rates[0]:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
