"""Rows of text that the page and the PDF share: the figures of the round, gaps, what is gone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rudel.core.findings import Inspection
from rudel.recording.report.facts import Facts
from rudel.recording.report.language import Language
from rudel.recording.report.markup import LONGEST
from rudel.recording.report.plan import Plan

_LONGEST_LIST = LONGEST - 100  # signs
Row = tuple[str, str]


def tiles(facts: Facts, language: Language) -> list[tuple[str, str, str]]:
    """Label, value and a note."""
    last = facts.last
    simulated = language.say("simulated.short") if last.simulated else ""
    shown = [
        (language.say("label.points"), points(facts, language), ""),
        (language.say("label.duration"), language.duration(last.duration_s), simulated),
        (language.say("label.distance"), language.distance(last.distance_m), simulated),
    ]
    span, used = _battery(facts, language)
    if span:
        shown.append((language.say("label.battery"), span, used))
    shown.append((language.say("label.labour"), hours(facts, language), language.say("labour.note")))
    return shown


def points(facts: Facts, language: Language) -> str:
    """46 of 50."""
    total = language.number(len(set(facts.last.points)))
    return language.say("points.of", seen=language.number(facts.seen), all=total)


def hours(facts: Facts, language: Language) -> str:
    """The person-hours."""
    return language.say("labour.saved", hours=language.number(facts.hours, 1))


def assumption(facts: Facts, language: Language) -> str:
    """What the person-hours rest on."""
    a = facts.labour
    return language.say(
        "labour.assumed",
        people=_people(facts, language),
        speed=language.number(a.walk_mps),
        point=language.number(a.point_s),
        fixed=language.number(a.fixed_s / 60),
    )


def round_rows(facts: Facts, language: Language) -> list[Row]:
    """Label and text of what is known of the round as a whole."""
    last, time = facts.last, facts.time
    span, used = _battery(facts, language)
    outcome = language.named("outcome", last.outcome)
    rows = [
        ("label.round", last.id),
        ("label.mission", last.mission),
        ("label.site", last.world + (f" ({language.say('simulated.short')})" if last.simulated else "")),
        ("label.robot", last.robot),
        ("label.outcome", f"{outcome}: {last.why}" if last.why else outcome),
        ("label.started", language.moment(time.utc(last.started_utc))),
        ("label.ended", language.moment(time.utc(last.ended_utc))),
        ("label.duration", language.duration(last.duration_s)),
        ("label.distance", language.distance(last.distance_m)),
        ("label.points", points(facts, language)),
        ("label.battery", f"{span} ({used})" if span else ""),
        ("label.labour", hours(facts, language)),
        ("label.recording", _text(last.data.get("recording"))),
        ("label.further", further(last.data)),
    ]
    return [(language.say(key), text) for key, text in rows if text]


def further(data: Mapping[str, Any]) -> str:
    """Seed, policy and versions, as the round names them."""
    told = {key: data[key] for key in ("seed", "policy", "versions") if data.get(key) is not None}
    versions = told.pop("versions", None)
    parts = [f"{key} {_text(value)}" for key, value in told.items()]
    if isinstance(versions, Mapping):
        parts += [f"{name} {_text(value)}" for name, value in list(versions.items())[:12]]
    return ", ".join(parts)


def gaps(facts: Facts, language: Language) -> list[tuple[str, str, str, str]]:
    """Points, what became of them, why, detector: one row for what they share; points without any result come first."""
    rows: dict[tuple[bool, str, str, str], list[str]] = {}
    for gap in facts.gaps:
        points = rows.setdefault((not gap.whole, gap.status, gap.why, gap.detector), [])
        points.append(gap.point or language.say("label.onway"))
    unknown = language.say("unknown")
    return [
        (part, language.named("status", status), why or unknown, detector)
        for (_, status, why, detector), points in sorted(rows.items(), key=lambda row: row[0][0])
        for part in _parts(points)
    ]


def _parts(points: list[str]) -> list[str]:
    """Lists short enough to be shown whole: no point is lost where a long text is cut."""
    parts: list[str] = []
    for point in points:
        if parts and len(parts[-1]) + len(point) < _LONGEST_LIST:
            parts[-1] += f", {point}"
        else:
            parts.append(point)
    return parts


def gone(facts: Facts, language: Language) -> list[tuple[str, str, str, str]]:
    """Kind, point, severity of what is no longer found, and when it last was."""
    return [
        (
            language.named("kind", finding.kind),
            finding.point or language.say("label.onway"),
            language.named("severity", finding.severity),
            language.moment(facts.time.utc(one.started_utc)),
        )
        for one, finding in facts.gone
    ]


def value(one: Inspection, language: Language) -> str:
    """What was read, as number or words."""
    measured = one.measured
    if measured is not None and math.isfinite(measured.value):
        return language.quantity(measured.value, measured.unit, measured.std)
    return language.words.get(f"word.{one.text}", one.text)


def unplaced(plan: Plan, language: Language) -> str:
    """Which findings are not on the map."""
    return language.say("map.unplaced", marks=", ".join(map(str, plan.unplaced)))


def _people(facts: Facts, language: Language) -> str:
    return language.count("people", facts.labour.people)


def _battery(facts: Facts, language: Language) -> Row:
    """From and to, and how much was used; "" where the round does not say."""
    told = facts.last.data.get("battery")
    told = told if isinstance(told, Mapping) else {}
    shares = [v for v in (told.get("start"), told.get("end")) if isinstance(v, int | float) and 0 <= v <= 1]
    if len(shares) != 2:
        return "", ""
    start, end = shares
    span = language.say("battery.span", start=language.share(start), end=language.share(end))
    used = language.say("battery.used", used=language.share(start - end)) if start >= end else ""
    return span, used


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:200]
