"""The yield as a Markdown page."""

import collections
import itertools
import re

import judge

MAX_OF_A_CLASS = 20  # as recorder.py says, which imports nothing of the repository and much else
OUTCOMES = (judge.AGREES, judge.REFUSED, judge.DIFFERS)
ASIDE = {
    judge.NO_PREDICT: "They answer nothing about rows they were not fitted on (no predict, decision_function or "
    "transform).",
    judge.CUSTOM: "They are, or hold, code that the example defines itself: a pickle holds its name only.",
    judge.PRIVATE: "They are parts of scikit-learn's estimators that nobody pickles on their own.",
    judge.NOT_PICKLED: "scikit-learn's own pickle fails, mostly because of a lambda.",
    judge.NOT_ASKED: "The estimator itself raised an error when asked about the rows it was fitted on.",
}


def page(version, gallery_size, outcomes, verdicts):
    """The page of a run: `outcomes` by example (examples.record), a verdict each fitted estimator."""
    counted = [each for each in verdicts if each.counts]
    sections = [
        _head(version, gallery_size, outcomes, counted),
        _by_class(counted),
        _causes(counted, judge.REFUSED, "Refused"),
        _causes(counted, judge.DIFFERS, "Loaded, and answers differ"),
        *(_aside(verdicts, outcome, why) for outcome, why in ASIDE.items()),
        _examples(outcomes),
    ]
    return "\n\n".join(each for each in sections if each) + "\n"


def share(part, whole):
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def _head(version, gallery_size, outcomes, counted):
    outer = [each for each in counted if not each.inner]
    classes = _classes(counted)
    whole = sum(set(tally) == {judge.AGREES} for tally in classes.values())
    ran = sum(outcome == "ran" for outcome in outcomes.values())
    rows = [
        ("fitted by the examples themselves", _agreeing(outer)),
        ("inside another estimator, one a class and example", _agreeing([e for e in counted if e.inner])),
        ("all", _agreeing(counted)),
        ("classes of which every fitted estimator agrees", share(whole, len(classes))),
    ]
    return "\n".join(
        [
            "# Yield on scikit-learn's example gallery",
            "",
            f"The fitted estimators of the examples of scikit-learn {version} that Slipway loads and that then answer",
            "as scikit-learn does, on the rows they were fitted on and on rows near those.",
            "`tests/classical/gallery/measure.py` writes this page.",
            "",
            f"Of the gallery's {gallery_size} examples {len(outcomes)} were started, in a random order, and {ran} ran to",
            "their end; the others are named below, and what they fitted before they stopped counts too. Of a class",
            f"at most {MAX_OF_A_CLASS} estimators an example are taken, by their parameters.",
            "",
            "| fitted estimators | load and agree |",
            "|---|---|",
            *(f"| {what} | {figure} |" for what, figure in rows),
        ]
    )


def _agreeing(verdicts):
    return share(sum(each.outcome == judge.AGREES for each in verdicts), len(verdicts))


def _classes(verdicts):
    classes = collections.defaultdict(collections.Counter)
    for each in verdicts:
        classes[_class_name(each)][each.outcome] += 1
    return dict(sorted(classes.items()))


def _class_name(verdict):
    public = itertools.takewhile(lambda part: not part.startswith("_"), verdict.module.split("."))
    return ".".join([*public, verdict.name])


def _by_class(counted):
    lines = ["## By class", f"| class | {' | '.join(OUTCOMES)} |", f"|---|{'---|' * len(OUTCOMES)}"]
    for name, tally in _classes(counted).items():
        lines.append(f"| {name} | {' | '.join(str(tally[each] or '') for each in OUTCOMES)} |")
    return "\n".join(lines)


def _causes(counted, outcome, title):
    """The messages, most frequent first. Places and numbers in them are left out to tell causes apart."""
    causes = collections.defaultdict(list)
    for each in counted:
        if each.outcome == outcome:
            causes[_cause(each.detail)].append(each)
    if not causes:
        return ""
    lines = [f"## {title}", "| message | estimators | for example |", "|---|---|---|"]
    for cause, those in sorted(causes.items(), key=lambda item: (-len(item[1]), item[0])):
        first = those[0]
        lines.append(f"| {cause.replace('|', chr(92) + '|')} | {len(those)} | {first.name} in {first.example} |")
    return "\n".join(lines)


def _cause(message):
    message = re.sub(r" \([a-z_]+[_\[][^()]*\)", "", message.splitlines()[0] if message else "")
    return re.sub(r"(?<![\w.])-?\d[\d.e+-]*", "N", message)[:200]


def _aside(verdicts, outcome, why):
    tally = collections.Counter(_class_name(each) for each in verdicts if each.outcome == outcome)
    if not tally:
        return ""
    names = ", ".join(f"{name} ({count})" for name, count in sorted(tally.items()))
    return f"## Not counted: {outcome}\n{why}\n\n{names}"


def _examples(outcomes):
    stopped = collections.defaultdict(list)
    for name, outcome in outcomes.items():
        if outcome != "ran":
            stopped[outcome].append(name)
    if not stopped:
        return ""
    lines = ["## Examples that did not run to their end"]
    lines += [f"- {outcome}: {', '.join(sorted(names))}" for outcome, names in sorted(stopped.items())]
    return "\n".join(lines)
