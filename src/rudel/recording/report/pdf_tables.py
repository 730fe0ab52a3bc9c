"""Tables in the PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, LongTable, Table

from rudel.recording.report import figures, plots, texts
from rudel.recording.report.drawing import COLOURS
from rudel.recording.report.facts import Facts, Reading
from rudel.recording.report.language import Language
from rudel.recording.report.pdf_drawing import Drawn, style, text
from rudel.recording.report.sections import MOST_READINGS, grade

_SHARES = (0.2, 0.15, 0.13, 0.17, 0.15, 0.13, 0.07)


def table(names: Sequence[str], cells: Sequence[Sequence[object]], widths: Sequence[float]) -> LongTable:
    """With a head that is repeated on every page."""
    head = [text(name, style(8, "soft", bold=True)) for name in names]
    made = LongTable([head, *map(list, cells)], colWidths=list(widths), repeatRows=1)
    grid = HexColor(COLOURS["grid"])
    made.setStyle([
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, grid),
        ("LINEBELOW", (0, 0), (-1, 0), 1, grid),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ])  # fmt: skip
    return made


def facts_table(rows: Iterable[tuple[str, str]], width: float) -> Table:
    """Label and text; each row short enough for a page."""
    cells = [[text(label, style(8.5, "soft")), text(words, style(8.5))] for label, words in rows]
    made = Table(cells, colWidths=[0.27 * width, 0.73 * width])
    pads = [(side, (0, 0), (-1, -1), 1) for side in ("TOPPADDING", "BOTTOMPADDING", "LEFTPADDING")]
    made.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *pads])
    return made


def readings(facts: Facts, language: Language, width: float) -> list[Flowable]:
    """All that was read."""
    if not facts.readings:
        return []
    columns = ("label.point", "label.kind", "label.status", "label.value", "label.allowed", "label.trend", "label.sure")
    names = [language.say(column) for column in columns]
    shown = facts.readings[:MOST_READINGS]
    cells = [_reading(one, language) for one in shown]
    title = text(language.say("section.readings"), style(13, bold=True, spaceBefore=10, spaceAfter=4, keepWithNext=1))
    story: list[Flowable] = [title, table(names, cells, [width * share for share in _SHARES])]
    if rest := len(facts.readings) - len(shown):
        story.append(text(language.say("readings.rest", n=language.number(rest)), style()))
    return story


def _reading(one: Reading, language: Language) -> list[object]:
    i = one.inspection
    drawing = plots.spark(one.series, one.bounds, grade(i), language)
    judged = i.status in ("normal", "abnormal")
    unit = i.measured.unit if i.measured else ""
    plain, strong = style(7.5), style(7.5, bold=i.status == "abnormal")
    return [
        text(i.point or language.say("label.onway"), plain),
        text(language.named("thing", i.kind or "place"), plain),
        text(language.named("status", i.status), strong),
        text(figures.value(i, language), plain),
        text(texts.bounds_text(one.bounds, unit, language), plain),
        Drawn(drawing, 60, 15) if drawing else "",
        text(language.share(i.confidence) if judged else "", plain),
    ]


def detectors(facts: Facts, language: Language, width: float) -> list[Flowable]:
    """What the detectors say they cannot do."""
    told = facts.last.data.get("detectors")
    rows = [(str(k), str(v)) for k, v in told.items()] if isinstance(told, Mapping) else []
    title = text(language.say("section.limits"), style(13, bold=True, spaceBefore=10, spaceAfter=4, keepWithNext=1))
    note = text(language.say("limits.note" if rows else "limits.none"), style(8.5, "soft"))
    return [title, note, *([facts_table(rows, width)] if rows else [])]
