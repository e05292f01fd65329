"""Small tables, written as CSV without any framework."""

import csv
import math
import random


def write_csv(path, columns):
    """columns: {name: values}."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def mixed(path, rows=300, seed=1):
    """Numbers with gaps, categories, times and texts; the answer follows from the first two."""
    draw = random.Random(seed)
    table = {name: [] for name in ("age", "city", "since", "note", "bought")}
    for row in range(rows):
        age, city = draw.gauss(40, 12), draw.choice(["Bonn", "Köln", "Paris", "Rome"])
        table["age"].append("" if row % 10 == 0 else f"{age:.2f}")
        table["city"].append("" if row % 13 == 0 else city)
        table["since"].append(f"20{draw.randrange(10, 26)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}")
        words = [draw.choice(["good", "bad", "slow", "fine", "broken"]) for _ in range(6)]
        table["note"].append(" ".join(words) + f" order {row}")
        table["bought"].append("yes" if age > 40 or city == "Rome" else "no")
    return write_csv(path, table)


def waves(path, rows=2000, seed=2):
    """Two numbers and a class that no line tells apart."""
    draw = random.Random(seed)
    x = [draw.uniform(-3, 3) for _ in range(rows)]
    z = [draw.uniform(-3, 3) for _ in range(rows)]
    label = [int(math.sin(2 * a) > b) for a, b in zip(x, z, strict=True)]
    return write_csv(path, {"x": x, "z": z, "label": label})
