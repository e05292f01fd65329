"""The tables that the models of the test matrix are fitted on and asked about: rows of one kind of input."""

import numpy as np
import pandas as pd

NUMBERS = ("float64", "float32", "integer", "boolean", "missing")
MIXED = "mixed"
WORDS = ("ash", "beech", "cedar")
COLUMNS = 4


def made(kind, rows, seed, positive=False):
    """`rows` rows: COLUMNS numbers, or a DataFrame of a number, an integer, a flag, a text and a category."""
    rng = np.random.default_rng(seed)
    if kind == MIXED:
        return pd.DataFrame(
            {
                "height": np.abs(rng.normal(size=rows)),
                "age": rng.integers(0, 9, rows),
                "healthy": rng.integers(0, 2, rows).astype(bool),
                "tree": rng.choice(WORDS, rows),
                "soil": pd.Categorical(rng.choice(["clay", "loam"], rows)),
            }
        )
    shape = (rows, COLUMNS)
    if kind == "integer":
        return rng.integers(0 if positive else -4, 6, shape)
    if kind == "boolean":
        return rng.integers(0, 2, shape).astype(bool)
    values = rng.normal(size=shape)
    values = np.abs(values) if positive else values
    if kind == "missing":
        values[rng.random(shape) < 0.1] = np.nan
    return values.astype(np.float32) if kind == "float32" else values


def texts(rows, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(["Ash", "beech", "CEDAR", "elm-tree", "fir,", "3"], 5)) for _ in range(rows)]


def score(table):
    """A number of each row that depends on most of its columns, with some noise."""
    numbers = table.select_dtypes(include=["number", "bool"]).to_numpy(float) if hasattr(table, "columns") else table
    numbers = np.nan_to_num(np.asarray(numbers, float))
    noise = np.random.default_rng(1).normal(scale=0.2, size=len(numbers))
    words = 1.5 * (np.asarray(table["tree"]) == WORDS[1]) - (np.asarray(table["soil"]) == "loam") if has_words(table) else 0
    return numbers @ np.linspace(1, -0.5, numbers.shape[1]) + words + noise


def has_words(table):
    return hasattr(table, "columns") and "tree" in table.columns


def labels(kind, table):
    """Labels for the rows: flags beside flags, texts beside fractions and mixed tables, else integers."""
    quantiles = [0.5] if kind[0] == "binary" else [0.35, 0.7]
    of_score = score(table)
    classes = np.searchsorted(np.quantile(of_score, quantiles), of_score)
    if kind[1] == "boolean" and kind[0] == "binary":
        return classes.astype(bool)
    if kind[1] in ("float64", MIXED):
        return np.array(WORDS)[classes]
    return classes


def borderline(table, thresholds, count):
    """Rows of numbers with values on thresholds, (column, value) each, and one ulp beside them in both precisions."""
    usable = [(column, value) for column, value in thresholds if 0 <= column < table.shape[1] and np.isfinite(value)]
    if not usable or table.dtype == bool:
        return table
    rng = np.random.default_rng(2)
    rows = np.array(table[rng.integers(0, len(table), count)], np.float64)
    for row, chosen in zip(rows, rng.integers(0, len(usable), count)):
        column, value = usable[chosen]
        row[column] = rng.choice([*_near(np.float64(value)), *_near(np.float32(value))])
    return np.concatenate([np.asarray(table, np.float64), rows])


def borderline_of_column(table, name, thresholds, count):
    """The rows of a DataFrame, and `count` of them whose column `name` lies on thresholds or beside them."""
    if not thresholds:
        return table
    rng = np.random.default_rng(2)
    rows = table.iloc[rng.integers(0, len(table), count)].copy()
    chosen = rng.choice(np.array(thresholds, np.float64), count)
    rows[name] = [rng.choice([*_near(value), *_near(np.float32(value))]) for value in chosen]
    return pd.concat([table, rows], ignore_index=True)


def with_gaps(table, share=0.1):
    """A mixed table as boosters take it: texts and categories as categories of pandas, some cells missing."""
    rng = np.random.default_rng(5)
    frame = table.assign(healthy=table["healthy"].astype(float), age=table["age"].astype(float))
    frame["tree"] = pd.Categorical(table["tree"], WORDS)
    for name in frame.columns:
        frame.loc[rng.random(len(frame)) < share, name] = np.nan
    return frame


def _near(value):
    infinity = value.dtype.type(np.inf)
    return [value, np.nextafter(value, infinity), np.nextafter(value, -infinity)]
