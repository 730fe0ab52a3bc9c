"""What a report says in words about one finding, and at its head; the same for the page and the PDF."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rudel.core.findings import Finding
from rudel.recording.report import limits
from rudel.recording.report.facts import Entry, Facts
from rudel.recording.report.language import NO_BREAK, Language
from rudel.recording.report.limits import Limits

SURE = ((0.9, "sure.high"), (0.7, "sure.good"), (0.5, "sure.fair"), (-1.0, "sure.low"))
_MOST_FURTHER, _MOST_VALUE = 12, 80  # further facts of a finding, and signs of one of them
Row = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """A finding in words: title, one line with the numbers, state against earlier rounds, what to do, and facts."""

    title: str
    line: str
    state: str
    do: str
    rows: tuple[Row, ...]


def told(entry: Entry, facts: Facts, language: Language) -> Told:
    """All that is said about a finding."""
    finding = entry.finding
    rows = [
        (language.say("label.where"), _where(finding, facts, language)),
        (language.say("label.when"), _when(finding, facts, language)),
        *_values(entry, facts, language),
        (language.say("label.sure"), f"{sure(finding.confidence, language)} ({language.share(finding.confidence)})"),
        *_change(entry, language),
        *_special(finding, language),
        (language.say("label.detector"), finding.detector),
        *_further(finding, language),
    ]
    kind = language.named("kind", finding.kind)
    return Told(
        f"{kind}: {finding.point or language.say('label.onway')}",
        _line(entry, language),
        state(entry, language),
        action(finding, language),
        tuple((label, text) for label, text in rows if text),
    )


def action(finding: Finding, language: Language) -> str:
    """What to do about it; kinds that the catalogue does not know get a general word."""
    return language.words.get(f"do.{finding.kind}") or language.say("do.other")


def sure(confidence: float, language: Language) -> str:
    """A confidence of 0 to 1 in words."""
    return language.say(next(key for least, key in SURE if confidence >= least or not math.isfinite(confidence)))


def state(entry: Entry, language: Language) -> str:
    """New, known, getting worse, back again."""
    past = entry.past
    known = language.count("state.known", past.rounds) if past.rounds else ""
    if past.state == "known":
        return known
    if past.state == "worse":
        return f"{language.say('state.worse')}, {known}"
    return language.say(f"state.{past.state}")


def bounds_text(bounds: Limits, unit: str, language: Language) -> str:
    """Limits in words; "" where there are none."""
    low = language.quantity(bounds.low, unit)
    high = language.quantity(bounds.high, unit)
    if math.isfinite(bounds.low) and math.isfinite(bounds.high):
        return language.say("limits.between", low=language.number(bounds.low), high=high)
    if math.isfinite(bounds.low):
        return language.say("limits.least", low=low)
    return language.say("limits.most", high=high) if math.isfinite(bounds.high) else ""


def headline(facts: Facts, language: Language) -> str:
    """The one sentence that says whether anything is wrong."""
    if facts.level in ("critical", "major", "minor"):
        return language.count(f"verdict.{facts.level}", facts.counts()[facts.level])
    return language.say(f"verdict.{facts.level}")


def under_headline(facts: Facts, language: Language) -> list[str]:
    """How the round ended if not well, and how much of it was inspected."""
    lines: list[str] = []
    last = facts.last
    if last.outcome != "completed":
        key = "verdict.failed" if last.outcome == "failed" else "verdict.ended"
        lines.append(language.say(key, why=last.why or language.say("unknown")))
    key = "verdict.coverage.gaps" if facts.gaps else "verdict.coverage"
    total = len(set(last.points))
    lines.append(language.say(key, seen=language.number(facts.seen), all=language.number(total)))
    return lines


def counts_line(facts: Facts, language: Language) -> str:
    """2 critical, 5 major ...; "" where nothing was found."""
    named = [(n, language.say(f"severity.{severity}")) for severity, n in facts.counts().items() if n]
    return " · ".join(f"{language.number(n)}{NO_BREAK}{word}" for n, word in named)


def _where(finding: Finding, facts: Facts, language: Language) -> str:
    point = finding.point or language.say("label.onway")
    kind = facts.targets.get(finding.point, {}).get("kind")
    if isinstance(kind, str) and kind:
        point += f" ({language.named('thing', kind)})"
    return ", ".join(filter(None, [point, place(finding.position, language)]))


def place(position: Any, language: Language) -> str:
    """A place in the map, "" where it is none."""
    if not isinstance(position, list | tuple) or len(position) not in (2, 3):
        return ""
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in position):
        return ""
    values = dict(zip("xyz", (language.number(v, 1) for v in position), strict=False))
    return language.say("position.xyz" if len(position) == 3 else "position.xy", **values)


def _when(finding: Finding, facts: Facts, language: Language) -> str:
    when = language.moment(facts.time.at(finding.time_s))
    into = language.duration(facts.time.into_s(finding.time_s))
    return language.say("time.into", clock=when, into=into)


def _values(entry: Entry, facts: Facts, language: Language) -> list[Row]:
    finding, rows = entry.finding, list[Row]()
    if finding.measured is not None:
        m = finding.measured
        rows.append((language.say("label.measured"), language.quantity(m.value, m.unit, m.std)))
        missed = _missed(entry, language)
        allowed = bounds_text(entry.bounds, m.unit, language)
        rows.append((language.say("label.allowed"), f"{allowed} ({missed})" if allowed and missed else allowed))
    read, expected = read_and_expected(finding, facts.targets, language)
    return [*rows, (language.say("label.read"), read), (language.say("label.expected"), expected)]


def read_and_expected(
    finding: Finding, targets: Mapping[str, Mapping[str, Any]], language: Language
) -> tuple[str, str]:
    """Words, codes and states: what was read and what the mission says; "" where there are none."""
    read = finding.data.get("read", finding.data.get("text"))
    expected = finding.data.get("expected")
    if expected is None:
        said = targets.get(finding.point, {}).get("expected")
        said = said if isinstance(said, Mapping) else {}
        expected = next((said[key] for key in ("text", "state", "id") if said.get(key) is not None), None)
    return _plain(read, language), _plain(expected, language)


def _missed(entry: Entry, language: Language) -> str:
    measured = entry.finding.measured
    by = entry.bounds.excess(measured.value) if measured and math.isfinite(measured.value) else 0.0
    if measured is None or not by:
        return ""
    return language.say(
        "limits.above" if by > 0 else "limits.below", by=language.amount(abs(by), measured.unit, measured.std)
    )


def _line(entry: Entry, language: Language) -> str:
    """The numbers behind it in one line."""
    measured = entry.finding.measured
    if measured is None or not math.isfinite(measured.value):
        data = entry.finding.data
        read = _plain(data.get("read", data.get("text")), language)
        what = data.get("what")
        return read or (language.named("thing", what) if isinstance(what, str) else "")
    allowed = bounds_text(entry.bounds, measured.unit, language)
    value = language.amount(measured.value, measured.unit, measured.std)
    return f"{value} ({language.say('label.allowed').lower()} {allowed})" if allowed else value


def _change(entry: Entry, language: Language) -> list[Row]:
    if len(entry.series) < 2 or entry.finding.measured is None:
        return []
    by = entry.series[-1].measured.value - entry.series[-2].measured.value
    amount = language.amount(abs(by), entry.finding.measured.unit, entry.finding.measured.std)
    key = "change.up" if by > 0 else "change.down" if by < 0 else "change.same"
    return [(language.say("label.change"), language.say(key, by=amount))]


def _special(finding: Finding, language: Language) -> list[Row]:
    data = finding.data
    what = data.get("what", data.get("species"))
    return [
        (language.say("label.what"), language.named("thing", what) if isinstance(what, str) else ""),
        (language.say("label.source"), place(data.get("source"), language)),
        (language.say("label.ambient"), _quantity(data.get("ambient"), "°C", language)),
        (language.say("label.passage"), _quantity(data.get("passage_m"), "m", language)),
    ]


_SHOWN = {*limits.LOWER, *limits.UPPER, "unit", "read", "text", "expected", "what", "species", "source", "ambient"}
_SHOWN |= {"passage_m"}


def _further(finding: Finding, language: Language) -> list[Row]:
    rest = [f"{key} = {_plain(value, language)}" for key, value in finding.data.items() if key not in _SHOWN]
    return [(language.say("label.further"), "; ".join(rest[:_MOST_FURTHER]))]


def _quantity(value: Any, unit: str, language: Language) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return language.quantity(value, unit) if good else ""


def _plain(value: Any, language: Language) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return language.number(value)
    text = value if isinstance(value, str) else str(value)
    text = language.words.get(f"word.{text}", text)
    return text if len(text) <= _MOST_VALUE else text[: _MOST_VALUE - 1] + "…"
