"""Writes Parquet files, and beside them as CSV what pyarrow says they hold: NAME.KIND.parquet and NAME.csv.

    make_parquet.py FOLDER          the small files that lie here
    make_parquet.py FOLDER --all    every codec with every encoding and version of pages, of longer tables too

Packages: tests/parquet/requirements.txt.
"""

import csv
import datetime
import decimal
import itertools
import pathlib
import random
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

LEAN = {"store_schema": False, "write_statistics": False}
CODECS = ("none", "snappy", "gzip", "zstd", "lz4")  # pyarrow's lz4 is LZ4_RAW


def values_of(kind, rows, seed):
    """Values of a type as pyarrow takes them."""
    draw = random.Random(f"{kind} {seed}")
    day = datetime.datetime(1969, 1, 1)
    spans = {
        "int8": (-128, 127), "int16": (-(2**15), 2**15 - 1), "int32": (-(2**31), 2**31 - 1),
        "int64": (-(2**63), 2**63 - 1), "uint8": (0, 255), "uint16": (0, 2**16 - 1),
        "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
    }  # fmt: skip

    def value(row):
        if kind in spans:
            low, high = spans[kind]
            return (low, high, 0)[row] if row < 3 else draw.randint(low, high)
        if kind == "steps":
            return 1_000_000 + 3 * row + draw.randint(0, 2)
        if kind == "bool":
            return draw.random() < 0.4 if row > 20 else row > 10  # runs, then none
        if kind in ("float16", "float32", "float64"):
            special = (0.5, -0.0, float("inf"), float("nan"), 1e-3)
            return special[row] if row < 5 else draw.uniform(-1000, 1000)
        if kind.startswith("decimal"):
            digits = int(kind[len("decimal") :])
            return decimal.Decimal(draw.randint(-(10**digits) + 1, 10**digits - 1)).scaleb(-2)
        if kind == "date":
            return (day + datetime.timedelta(days=draw.randint(0, 40_000))).date()
        if kind == "moment":
            return draw.randint(-(10**9), 4 * 10**9) * 10**9 + draw.randint(0, 10**9 - 1)
        if kind == "clock":
            return draw.randint(0, 86_399_999)
        if kind == "word":
            return draw.choice(("red", "green", "blau", "grün", "x" * 40))
        return f"row {row}: {'ab, ' * draw.randint(0, 6)}{draw.randint(0, 10**9)} \"é\""  # text

    return [value(row) for row in range(rows)]


def table_of(rows, nullable, seed=1):
    moments = pa.array(values_of("moment", rows, seed), pa.int64())

    def ticks(per_second):
        """The moments in coarser units; some have no fraction."""
        return pc.divide(moments, 10**9 // per_second)

    def clock(unit, per_ms):
        return [each * per_ms for each in values_of("clock", rows, unit)]

    columns = {
        "flag": pa.array(values_of("bool", rows, seed)),
        **{
            kind: pa.array(values_of(kind, rows, seed), getattr(pa, kind)())
            for kind in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
        },
        "steps": pa.array(values_of("steps", rows, seed), pa.int64()),
        "small steps": pa.array(values_of("steps", rows, seed), pa.int32()),
        "half": pa.array(values_of("float16", rows, seed), pa.float64()).cast(pa.float16()),
        "float": pa.array(values_of("float32", rows, seed), pa.float32()),
        "double": pa.array(values_of("float64", rows, seed)),
        "decimal5": pa.array(values_of("decimal5", rows, seed), pa.decimal128(5, 2)),
        "decimal12": pa.array(values_of("decimal12", rows, seed), pa.decimal128(12, 2)),
        "decimal30": pa.array(values_of("decimal30", rows, seed), pa.decimal128(30, 2)),
        "decimal60": pa.array(values_of("decimal60", rows, seed), pa.decimal256(60, 2)),
        "date": pa.array(values_of("date", rows, seed), pa.date32()),
        "ms": ticks(1_000).cast(pa.timestamp("ms")),
        "us": ticks(1_000_000).cast(pa.timestamp("us")),
        "ns": moments.cast(pa.timestamp("ns")),
        "utc": ticks(1_000_000).cast(pa.timestamp("us", tz="UTC")),
        "clock ms": pa.array(clock("ms", 1), pa.int32()).cast(pa.time32("ms")),
        "clock us": pa.array(clock("us", 1_000), pa.int64()).cast(pa.time64("us")),
        "word": pa.array(values_of("word", rows, seed)),
        "text": pa.array(values_of("text", rows, seed)),
        "category": pa.array(values_of("word", rows, seed + 1)).dictionary_encode(),
    }
    if nullable:
        for place, (name, column) in enumerate(columns.items()):
            draw = random.Random(f"{name} {seed}")
            share = (0, 0.2, 0.9)[place % 3]
            present = pa.array([draw.random() >= share for _ in range(rows)])
            columns[name] = pc.if_else(present, column, pa.scalar(None, column.type))
        columns["never"] = pa.nulls(rows, pa.float64())
    fields = [pa.field(name, column.type, nullable=nullable) for name, column in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def cells_of(column):
    """The column as CSV has it; doubles in full, times of day in seconds."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.string())
    if pa.types.is_time(kind):
        ticks = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[kind.unit]
        whole = column.cast(pa.int32() if kind.bit_width == 32 else pa.int64()).to_pylist()
        return ["" if each is None else repr(each / ticks) for each in whole]

    def cell(value):
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        return repr(float(value)) if isinstance(value, float) else str(value)

    return [cell(value) for value in column.to_pylist()]


def write_csv(path, table):
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*(cells_of(column) for column in table.columns)))


def encodings_of(table, family):
    """An encoding of the family for each column that can have one."""
    wanted = {}
    for field in table.schema:
        kind = field.type
        is_int = pa.types.is_integer(kind) or pa.types.is_temporal(kind)
        is_fixed = pa.types.is_float16(kind) or (pa.types.is_decimal(kind))
        if family == "delta" and is_int:
            wanted[field.name] = "DELTA_BINARY_PACKED"
        if family == "delta" and pa.types.is_string(kind):
            wanted[field.name] = "DELTA_LENGTH_BYTE_ARRAY"
        if family in ("delta", "prefix") and (pa.types.is_string(kind) or is_fixed):
            if family == "prefix" or is_fixed:
                wanted[field.name] = "DELTA_BYTE_ARRAY"
        if family == "split" and (is_int or is_fixed or pa.types.is_floating(kind)):
            wanted[field.name] = "BYTE_STREAM_SPLIT"
        if family == "delta" and pa.types.is_boolean(kind):
            wanted[field.name] = "RLE"
    return wanted


def write(path, table, family, codec, version, **options):
    if family != "dictionary":
        options["use_dictionary"] = False
        options["column_encoding"] = encodings_of(table, family)
        if family != "plain":  # pyarrow takes no dictionary arrays there
            options["use_dictionary"] = []
    pq.write_table(table, path, compression=codec, data_page_version=version, **LEAN, **options)


def write_refused(folder):
    """Files that are refused by the name of a column, or for their compression."""
    nested = pa.table({"x": [1, 2], "tags": [["a"], ["b", "c"]]})
    pq.write_table(nested, folder / "refused.list.parquet", **LEAN)
    pq.write_table(pa.table({"x": [1], "who": [{"a": 1}]}), folder / "refused.struct.parquet", **LEAN)
    words = pa.table({"word": ["red"] * 9})
    pq.write_table(words, folder / "refused.brotli.parquet", compression="brotli", **LEAN)

    class Keys(pe.KmsClient):
        def __init__(self, _):
            super().__init__()

        def wrap_key(self, key, _):
            return key

        def unwrap_key(self, key, _):
            return key

    factory = pe.CryptoFactory(lambda config: Keys(config))
    for kind, plaintext in (("encrypted", False), ("encrypted-column", True)):
        settings = pe.EncryptionConfiguration(
            footer_key="f", column_keys={"c": ["word"]}, plaintext_footer=plaintext
        )
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), settings)
        with pq.ParquetWriter(
            folder / f"refused.{kind}.parquet", words.schema, encryption_properties=properties, **LEAN
        ) as writer:
            writer.write_table(words)


def write_others(folder, rows):
    """By other writers, and with what they alone write."""
    table = table_of(rows, nullable=True, seed=2)
    plain = table.drop_columns(["half", "decimal60", "ns"])
    write_csv(folder / "others.csv", plain)
    database = duckdb.connect()
    database.register("t", plain)
    for name, options in {
        "duckdb": "COMPRESSION zstd",
        "duckdb-v2": "COMPRESSION snappy, PARQUET_VERSION V2",
    }.items():
        path = folder / f"others.{name}.parquet"
        database.execute(f"COPY (SELECT * FROM t) TO '{path}' (FORMAT parquet, {options})")
    frame = table.drop_columns(["half", "decimal60", "clock ms", "clock us", "decimal30"])
    write_csv(folder / "polars.csv", frame)
    pl.from_arrow(frame).write_parquet(folder / "polars.polars.parquet", statistics=False)
    narrow = table.select(["flag", "int32", "double", "us", "word", "text", "category"])
    write_csv(folder / "pandas.csv", narrow)
    shuffled = narrow.to_pandas()
    shuffled.index = [each * 7 % 1009 for each in range(rows)]  # an index that is stored
    shuffled.to_parquet(folder / "pandas.pandas.parquet")
    moments = table.select(["ms", "us", "ns"])
    write_csv(folder / "moments.csv", moments)
    pq.write_table(
        moments, folder / "moments.int96.parquet", use_deprecated_int96_timestamps=True, **LEAN
    )


def main(folder, everything):
    folder.mkdir(parents=True, exist_ok=True)
    write_refused(folder)
    write_others(folder, 400 if everything else 24)
    tables = {"types": table_of(26, True), "required": table_of(24, False)}
    kinds = [
        ("plain", "none", "1.0"), ("dictionary", "snappy", "1.0"), ("delta", "zstd", "2.0"),
        ("split", "lz4", "1.0"), ("prefix", "gzip", "2.0"),
    ]  # fmt: skip
    if everything:
        kinds = list(
            itertools.product(("plain", "dictionary", "delta", "split", "prefix"), CODECS, ("1.0", "2.0"))
        )
        tables["long"] = table_of(30_000, True)
        tables["long-required"] = table_of(9_000, False)
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
        for family, codec, version in kinds:
            stem = folder / f"{name}.{family}-{codec}-{version[0]}"
            write(f"{stem}.parquet", table, family, codec, version)
    pages = {"data_page_size": 64, "write_batch_size": 7}
    for family, version in (("dictionary", "2.0"), ("plain", "1.0"))[: 2 if everything else 1]:
        path = folder / f"types.pages-{family}.parquet"
        write(path, tables["types"], family, "snappy", version, row_group_size=17, **pages)
    if everything:
        options = {"row_group_size": 7_001, "data_page_size": 4_000, "write_page_checksum": True}
        for family, codec in itertools.product(("plain", "dictionary", "delta"), CODECS):
            path = folder / f"long.groups-{family}-{codec}.parquet"
            write(path, tables["long"], family, codec, "2.0", **options)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), "--all" in sys.argv)
