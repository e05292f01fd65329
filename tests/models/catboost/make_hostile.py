"""Makes hostile files for the fuzzer and the unit tests: python make_hostile.py [FOLDER]

FlatBuffers whose tables share one vector, or one text, so that a small file asks for much memory; statistics whose
hashes share one row; JSON without biases.
"""

import pathlib
import struct
import sys

SEEDS = pathlib.Path(__file__).parents[3] / "fuzz/corpus/catboost"
PARAMS = b'{"loss_function":{"type":"RMSE"}}'
WITHOUT_BIASES = """{
 "features_info": {"float_features": [{"flat_feature_index": 0, "nan_value_treatment": "AsIs"}]},
 "model_info": {"params": {"loss_function": {"type": "RMSE"}}},
 "scale_and_bias": [1, []], %s
}
"""


class Buffer:
    """A FlatBuffer whose parts lie in the order in which they are added; offsets lead forward."""

    def __init__(self):
        self.bytes = bytearray(4)

    def align(self):
        self.bytes.extend(b"\0" * (-len(self.bytes) % 4))
        return len(self.bytes)

    def link(self, slot, place):
        struct.pack_into("<I", self.bytes, slot, place - slot)

    def table(self, fields):
        """A table with `fields`, number → int or None for an offset: (its place, the slots of its fields)."""
        head = self.align()
        count = max(fields) + 1
        places = {field: 4 + 4 * i for i, field in enumerate(sorted(fields))}
        self.bytes.extend(struct.pack("<HH", 4 + 2 * count, 4 + 4 * len(fields)))
        for field in range(count):
            self.bytes.extend(struct.pack("<H", places.get(field, 0)))
        place = self.align()
        self.bytes.extend(struct.pack("<i", place - head))
        for field in sorted(fields):
            self.bytes.extend(struct.pack("<i", fields[field] or 0))
        return place, {field: place + at for field, at in places.items()}

    def vector(self, count, element=b"\0\0\0\0"):
        place = self.align()
        self.bytes.extend(struct.pack("<I", count) + element * count)
        return place

    def text(self, text):
        place = self.align()
        self.bytes.extend(struct.pack("<I", len(text)) + text + b"\0")
        return place

    def tables(self, slot, count, fields):
        """A vector of tables in `slot`; `fields(i)` are those of table i. Returns their slots."""
        vector = self.vector(count)
        self.link(slot, vector)
        slots = []
        for i in range(count):
            place, found = self.table(fields(i))
            self.link(vector + 4 + 4 * i, place)
            slots.append(found)
        return slots


    def sized(self):
        return struct.pack("<I", len(self.bytes)) + bytes(self.bytes)


def core(entries, tree_fields):
    """A model that says `entries` times how it was trained: (buffer, the slots of its trees' fields)."""
    buffer = Buffer()
    root, slots = buffer.table({0: None, 1: None, 2: None})
    buffer.link(0, root)
    buffer.link(slots[0], buffer.text(b"FlabuffersModel_v1"))
    trees, tree_slots = buffer.table(tree_fields)
    buffer.link(slots[1], trees)
    about = buffer.tables(slots[2], entries, lambda _: {0: None, 1: None})
    key, value = buffer.text(b"params"), buffer.text(PARAMS)
    for entry in about:
        buffer.link(entry[0], key)
        buffer.link(entry[1], value)
    return buffer, tree_slots


def floats(entries, features, borders):
    buffer, slots = core(entries, {5: None})
    columns = buffer.tables(slots[5], features, lambda i: {2: i, 3: None})
    shared = buffer.vector(borders, struct.pack("<f", 0.5))
    for column in columns:
        buffer.link(column[3], shared)
    return b"CBM1" + buffer.sized()


def statistic(buffer, slot):
    """What is counted, in `slot`: the classes of category 0."""
    base, base_slots = buffer.table({0: None})
    buffer.link(slot, base)
    combination, combination_slots = buffer.table({0: None})
    buffer.link(base_slots[0], combination)
    buffer.link(combination_slots[0], buffer.vector(1))


def statistics(hashes, classes):
    """One category, whose `hashes` all name the one row that is there."""
    buffer, slots = core(1, {4: None, 7: None})
    buffer.tables(slots[4], 1, lambda i: {1: i})
    (column,) = buffer.tables(slots[7], 1, lambda _: {0: None})
    what, what_slots = buffer.table({0: None})
    buffer.link(column[0], what)
    statistic(buffer, what_slots[0])
    counts = Buffer()
    root, table = counts.table({0: None, 1: None, 2: None, 4: classes})
    counts.link(0, root)
    statistic(counts, table[0])
    counts.link(table[1], counts.text(b"".join(struct.pack("<QI", i, 0) for i in range(hashes))))
    counts.link(table[2], counts.text(struct.pack("<I", 1) * classes))
    return b"CBM1" + buffer.sized() + struct.pack("<I", 1) + counts.sized()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    (folder / "shared_borders.cbm").write_bytes(floats(1, 40, 400))
    (folder / "shared_params.cbm").write_bytes(floats(60, 1, 1))
    (folder / "shared_rows.cbm").write_bytes(statistics(60, 400))
    (folder / "no_biases.json").write_text(WITHOUT_BIASES % '"trees": [{"value": 1}]')
    (folder / "no_biases_symmetric.json").write_text(WITHOUT_BIASES % '"oblivious_trees": [{"leaf_values": [], "splits": []}]')
