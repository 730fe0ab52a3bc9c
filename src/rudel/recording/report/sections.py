"""The other sections of the page: figures, map, what is gone, what was missed, readings, the round, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rudel.core.findings import SEVERITIES, Inspection
from rudel.recording.report import figures, plots, texts
from rudel.recording.report.drawing import svg
from rudel.recording.report.facts import Facts, Reading
from rudel.recording.report.language import Language
from rudel.recording.report.markup import Child, Markup, el
from rudel.recording.report.plan import Plan

MOST_READINGS = 1000
_NUMBERS = ("label.value", "label.allowed", "label.sure")  # columns aligned to the right
_KEYS = {"path": "way", "start": "start", "finding": "mark", "normal": "dot", "gap": "ring"}


def tiles(facts: Facts, language: Language) -> Markup:
    """The figures of the round, large."""
    shown = [
        el("div", el("dt", label), el("dd", value), el("dd", note, class_="soft") if note else None)
        for label, value, note in figures.tiles(facts, language)
    ]
    return el("section", el("dl", shown, class_="tiles"))


def where(plan: Plan, language: Language) -> Markup:
    """The map."""
    if plan.drawing is None:
        body: Markup = el("p", language.say("map.none"))
    else:
        body = el("div", svg(plan.drawing, "map"), class_="scroll", tabindex="0")
    key = [el("span", el("i", class_=_KEYS[k]), language.say(f"map.{k}"), class_="key") for k in plan.kinds]
    return el(
        "section",
        el("h2", language.say("section.map")),
        body,
        el("p", key, class_="soft") if key else None,
        el("p", figures.unplaced(plan, language), class_="soft") if plan.unplaced else None,
        id="map",
    )


def resolved(facts: Facts, language: Language) -> Markup | None:
    """What is no longer found; nothing to say without earlier rounds."""
    if len(facts.rounds) < 2:
        return None
    columns = ("label.kind", "label.point", "label.severity", "label.last")
    rows = figures.gone(facts, language)
    return el(
        "section",
        el("h2", language.say("section.resolved")),
        el("p", language.say("resolved.note" if rows else "resolved.none"), class_="soft"),
        _table(columns, rows, language) if rows else None,
        id="resolved",
    )


def gaps(facts: Facts, language: Language) -> Markup:
    """What was not inspected, and why."""
    columns = ("label.point", "label.status", "label.why", "label.by")
    rows = figures.gaps(facts, language)
    return el(
        "section",
        el("h2", language.say("section.gaps")),
        el("p", language.say("gaps.note" if rows else "gaps.none"), class_="soft"),
        _table(columns, rows, language) if rows else None,
        id="gaps",
    )


def readings(facts: Facts, language: Language) -> Markup | None:
    """All that was read."""
    if not facts.readings:
        return None
    columns = ("label.point", "label.kind", "label.status", "label.value", "label.allowed", "label.trend", "label.sure")
    shown = facts.readings[:MOST_READINGS]
    rest = len(facts.readings) - len(shown)
    return el(
        "section",
        el("h2", language.say("section.readings")),
        _table(columns, [_reading(one, language) for one in shown], language),
        el("p", language.say("readings.rest", n=language.number(rest))) if rest else None,
        id="readings",
    )


def _reading(one: Reading, language: Language) -> list[Child]:
    i = one.inspection
    drawing = plots.spark(one.series, one.bounds, grade(i), language)
    mark = el("span", language.named("status", i.status), class_=f"status {i.status}")
    sure = language.share(i.confidence) if i.status in ("normal", "abnormal") else ""
    unit = i.measured.unit if i.measured else ""
    return [
        i.point or language.say("label.onway"),
        language.named("thing", i.kind or "place"),
        mark,
        figures.value(i, language),
        texts.bounds_text(one.bounds, unit, language),
        svg(drawing, "spark") if drawing else None,
        sure,
    ]


def grade(one: Inspection) -> str:
    """The colour of a reading: good, that of its worst finding, or soft where it says neither."""
    if one.status == "normal":
        return "good"
    return max((finding.severity for finding in one.findings), default="soft", key=SEVERITIES.index)


def this_round(facts: Facts, language: Language) -> Markup:
    """The facts of the round, with the assumption behind the person-hours."""
    rows = [(el("dt", label), el("dd", text)) for label, text in figures.round_rows(facts, language)]
    return el(
        "section",
        el("h2", language.say("section.round")),
        el("dl", rows, class_="rows"),
        el("p", figures.assumption(facts, language), class_="soft"),
        id="round",
    )


def detectors(facts: Facts, language: Language) -> Markup:
    """What the detectors say they cannot do."""
    told = facts.last.data.get("detectors")
    limits = {str(k): str(v) for k, v in told.items()} if isinstance(told, Mapping) else {}
    rows = [(el("dt", name), el("dd", limit)) for name, limit in limits.items()]
    return el(
        "section",
        el("h2", language.say("section.limits")),
        el("p", language.say("limits.note" if rows else "limits.none"), class_="soft"),
        el("dl", rows, class_="rows") if rows else None,
        id="limits",
    )


def footer(facts: Facts, language: Language) -> Markup:
    """Where the tables are, and the time zone."""
    note = language.say("files.note", zone=str(facts.time.zone))
    files = ("findings.csv", "readings.csv", "report.json", "report.pdf")
    links = [(el("a", name, href=name), " ") for name in files]
    return el("footer", el("h2", language.say("section.files")), el("p", note), el("p", links))


def mixed_note(facts: Facts, language: Language) -> str:
    """A word where simulated and real rounds are compared; "" where they are of one sort."""
    if len({one.simulated for one in facts.rounds}) < 2:
        return ""
    return language.say("real.earlier" if facts.last.simulated else "simulated.earlier")


def _table(columns: Sequence[str], rows: Sequence[Sequence[Child]], language: Language) -> Markup:
    """On a phone each row becomes a small card: cells carry the name of their column."""
    names = [(language.say(column), "n" if column in _NUMBERS else None) for column in columns]
    head = el("thead", el("tr", [el("th", name, scope="col", class_=kind) for name, kind in names]))
    body = [
        el("tr", [el("td", cell, data_label=n, class_=k) for cell, (n, k) in zip(row, names, strict=True)])
        for row in rows
    ]
    return el("table", head, el("tbody", body))
