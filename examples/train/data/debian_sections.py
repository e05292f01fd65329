#!/usr/bin/env python3
"""Collects debian_sections.tsv: one-line descriptions of Debian packages and the section each is in.

    apt-cache dumpavail | ./debian_sections.py > debian_sections.tsv

The package index changes with every point release, so the result is committed and the model is trained
on the committed file. It was collected from Debian 12.15 (main, amd64). One line a source package and
section, so that "foo" and "foo-data" cannot lie on both sides of a split; at most PER_SECTION lines a
section, chosen by the digest of the package's name.
"""

import hashlib
import sys

SECTIONS = ["fonts", "games", "graphics", "mail", "science", "sound"]
PER_SECTION = 400


def stanzas(lines):
    """Yields each package's fields as a dict; continuation lines are dropped."""
    fields = {}
    for line in lines:
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif not line[0].isspace():
            key, _, value = line.partition(":")
            fields[key] = value.strip()
    if fields:
        yield fields


def main():
    found = {}
    for fields in stanzas(sys.stdin):
        section = fields.get("Section")
        if section in SECTIONS:
            source = fields.get("Source", fields["Package"]).split()[0]
            key = (section, source)
            entry = (fields["Package"], fields["Description"])
            found[key] = min(found.get(key, entry), entry)
    for section in SECTIONS:
        entries = [entry for (its, _), entry in found.items() if its == section]
        entries.sort(key=lambda entry: hashlib.sha256(entry[0].encode()).digest())
        for package, description in sorted(entries[:PER_SECTION]):
            print(section, package, description, sep="\t")


if __name__ == "__main__":
    main()
