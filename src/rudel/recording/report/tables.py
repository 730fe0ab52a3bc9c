"""findings.csv, readings.csv and report.json: the report for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

from rudel.core.findings import to_plain
from rudel.recording.report import texts
from rudel.recording.report.facts import Facts
from rudel.recording.report.language import Language
from rudel.recording.report.markup import clean

SCHEMA = 1
LONGEST = 32_000  # signs in one cell: spreadsheets take 32 767
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something older
# What makes a spreadsheet compute a cell instead of showing it; the last four are the same signs in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

FINDINGS = (
    "number", "id", "severity", "kind", "point", "time", "into_round_s", "x_m", "y_m", "z_m", "value", "std", "unit",
    "low", "high", "read", "expected", "confidence", "state", "rounds_known", "detector", "picture", "simulated",
    "round",
)  # fmt: skip
READINGS = (
    "point", "kind", "detector", "status", "time", "value", "std", "unit", "low", "high", "text", "confidence", "why",
    "simulated", "round",
)  # fmt: skip
Cell = str | float | int | bool | None


def findings_csv(facts: Facts, language: Language) -> str:
    """One row for each finding, in the order of the report."""
    return _csv(FINDINGS, _finding_rows(facts, language), language)


def readings_csv(facts: Facts, language: Language) -> str:
    """One row for each detector and point, then one for each point about which nothing is known."""
    return _csv(READINGS, _reading_rows(facts), language)


def plain(facts: Facts, language: Language) -> dict[str, Any]:
    """The report as JSON can say it: the round itself and what the report makes of it."""
    last = facts.last
    return {
        "schema": SCHEMA,
        "language": language.code,
        "zone": str(facts.time.zone),
        "simulated": last.simulated,
        "level": facts.level,
        "headline": texts.headline(facts, language),
        "counts": facts.counts(),
        "points": len(set(last.points)),
        "inspected": facts.seen,
        "findings": [_finding(entry, facts, language) for entry in facts.entries],
        "no_longer_found": [{"round": one.id, **to_plain(finding)} for one, finding in facts.gone],
        "not_inspected": [
            {"point": g.point, "status": g.status, "why": g.why, "detector": g.detector, "whole_point": g.whole}
            for g in facts.gaps
        ],
        "labour": {
            "person_hours": facts.hours,
            "assumed": {k: getattr(facts.labour, k) for k in ("people", "walk_mps", "point_s", "fixed_s")},
        },
        "compared_with": [one.id for one in facts.rounds[:-1]],
        "round": to_plain(last),
    }


def safe(text: str) -> str:
    """Text from outside as a cell that no spreadsheet takes for a formula."""
    text = clean(text, LONGEST)
    return "'" + text if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _finding(entry: Any, facts: Facts, language: Language) -> dict[str, Any]:
    said = texts.told(entry, facts, language)
    when = facts.time.at(entry.finding.time_s)
    return {
        "number": entry.number,
        "title": said.title,
        "do": said.do,
        "time": None if when is None else when.isoformat(),
        "state": entry.past.state,
        "rounds_known": entry.past.rounds,
        "limits": {"low": _finite(entry.bounds.low), "high": _finite(entry.bounds.high)},
        "series": [{"utc": s.utc, "value": s.measured.value, "std": _finite(s.measured.std)} for s in entry.series],
        "finding": to_plain(entry.finding),
    }


def _finding_rows(facts: Facts, language: Language) -> Iterable[Sequence[Cell]]:
    for entry in facts.entries:
        one = entry.finding
        read, expected = texts.read_and_expected(one, facts.targets, language)
        measured = (one.measured.value, one.measured.std, one.measured.unit) if one.measured else (None, None, "")
        picture = next((e.path for e in one.evidence if e.path), "")
        yield (
            entry.number, one.id, one.severity, one.kind, one.point, _time(facts, one.time_s),
            round(facts.time.into_s(one.time_s), 3), *(one.position or (None, None, None)), *measured,
            entry.bounds.low, entry.bounds.high, read, expected, one.confidence, entry.past.state, entry.past.rounds,
            one.detector, picture, facts.last.simulated, facts.last.id,
        )  # fmt: skip


def _reading_rows(facts: Facts) -> Iterable[Sequence[Cell]]:
    for reading in facts.readings:
        one = reading.inspection
        measured = (one.measured.value, one.measured.std, one.measured.unit) if one.measured else (None, None, "")
        yield (
            one.point, one.kind, one.detector, one.status, _time(facts, one.time_s), *measured, reading.bounds.low,
            reading.bounds.high, one.text, one.confidence, one.why, facts.last.simulated, facts.last.id,
        )  # fmt: skip
    for gap in facts.gaps:
        if gap.status in ("unvisited", "unrecorded"):
            empty = ("", None, None, "", None, None, "", None)
            yield (gap.point, "", "", gap.status, *empty, gap.why, facts.last.simulated, facts.last.id)


def _time(facts: Facts, time_s: float) -> str:
    when = facts.time.at(time_s)
    return "" if when is None else when.isoformat(timespec="seconds")


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]], language: Language) -> str:
    """RFC 4180 with a byte order mark, and with the separator and decimal mark that spreadsheets expect."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=language.habits.separator, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(value, language) for value in row] for row in rows)
    return BYTE_ORDER_MARK + file.getvalue()


def _cell(value: Cell, language: Language) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value).replace(".", language.habits.decimal) if math.isfinite(value) else ""
    return safe(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
