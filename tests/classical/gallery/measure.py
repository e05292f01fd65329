"""Measures the yield: which fitted estimators of scikit-learn's example gallery load and agree.

    nice python tests/classical/gallery/measure.py [--examples FOLDER] [--only 'svm/*'] [--report docs/estimator-yield.md]

Run it with an interpreter that has scikit-learn, pandas and matplotlib; $SLIPWAY names the program. The examples are
those of the same version of scikit-learn, from its source distribution (pip), or a FOLDER. Each runs in its own
process under a limit of processor time, without a network, and what it fits is recorded (recorder.py) below --work;
examples recorded before are not run again, so a stopped run continues, and a newer program is measured on the same
estimators in minutes. Every recorded pickle is then converted and served, and its answers are compared (judge.py).
A sample is taken in a random order, the same each time.
"""

import argparse
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests"))

import examples  # noqa: E402
import judge  # noqa: E402
import report  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=pathlib.Path, help="the examples of an unpacked scikit-learn")
    parser.add_argument("--only", default="*", help="a pattern of names: 'svm/*'")
    parser.add_argument("--sample", type=int, help="only so many examples")
    parser.add_argument("--recorded", action="store_true", help="only examples that were run before")
    parser.add_argument("--limit", type=int, default=60, help="seconds of processor time for an example")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "gallery")
    parser.add_argument("--report", type=pathlib.Path, help="the Markdown page to write")
    return parser.parse_args()


def main():
    asked = arguments()
    asked.work.mkdir(parents=True, exist_ok=True)
    folder = asked.examples or examples.downloaded(sys.executable, asked.work)
    gallery = examples.names(folder)
    names = [name for name in gallery if pathlib.PurePath(name).match(asked.only)]
    random.Random(0).shuffle(names)
    outcomes, verdicts = {}, []
    for name in names[: asked.sample]:
        records = asked.work / "records" / name
        if asked.recorded and not (records / examples.STATUS).exists():
            continue
        outcomes[name] = examples.record(sys.executable, folder / f"{name}.py", records, asked.limit)
        verdicts += judge.judged(name, records)
        print(f"{name}: {outcomes[name]}", file=sys.stderr, flush=True)
    text = report.page(examples.installed_version(sys.executable), len(gallery), outcomes, verdicts)
    if asked.report:
        asked.report.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
