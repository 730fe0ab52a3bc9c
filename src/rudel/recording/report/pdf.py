"""The report as a PDF on A4: the same as the page, without what needs a screen."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from rudel.recording.report import figures, pdf_cards, pdf_tables, plots, texts
from rudel.recording.report.drawing import COLOURS
from rudel.recording.report.facts import Facts
from rudel.recording.report.language import Language
from rudel.recording.report.pdf_drawing import Drawn, TableCommand, fonts, style, text
from rudel.recording.report.pdf_pages import NumberedPages
from rudel.recording.report.pictures import Album
from rudel.recording.report.plan import Plan

MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN
FRAME_PAD = 6  # that reportlab leaves around everything on a page [pt]
_VERDICT = {"critical": "critical", "major": "major", "minor": "minor", "clear": "good"}


def pdf(facts: Facts, plan: Plan, album: Album, language: Language) -> bytes:
    """The whole file; the same facts give the same bytes."""
    fonts()
    last = facts.last
    title = f"{language.say('title')}: {last.mission}"
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN - FRAME_PAD,
        rightMargin=MARGIN - FRAME_PAD,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=title,
        author="rudel",
        lang=language.code,
        invariant=1,
    )
    story = [
        *_first_page(facts, plan, language),
        PageBreak(),
        *pdf_cards.findings(facts, album, language, WIDTH),
        *_gone(facts, language),
        *_gaps(facts, language),
        *pdf_tables.readings(facts, language, WIDTH),
        *_rounds(facts, language),
        *_round(facts, language),
        *pdf_tables.detectors(facts, language, WIDTH),
    ]
    banner = language.say("simulated.banner") if last.simulated else ""
    foot = f"{title} · {language.moment(facts.time.utc(last.started_utc))} · {last.id}"

    def pages(*args: object, **kwargs: object) -> NumberedPages:
        return NumberedPages(*args, banner=banner, foot=foot, language=language, **kwargs)

    document.build(story, canvasmaker=pages)
    return file.getvalue()


def _first_page(facts: Facts, plan: Plan, language: Language) -> list[Flowable]:
    last = facts.last
    when = language.moment(facts.time.utc(last.started_utc))
    story: list[Flowable] = [
        text(language.say("title"), style(8.5, "soft")),
        text(last.mission, style(19, bold=True, leading=24)),
        text(" · ".join(filter(None, [last.world, last.robot, when])), style(9, "soft", spaceAfter=8)),
        _verdict(facts, language),
        Spacer(0, 8),
        heading(language.say("first.title")),
        *_steps(facts, language),
        Spacer(0, 6),
        _tiles(facts, language),
        Spacer(0, 6),
        heading(language.say("section.map")),
    ]
    if plan.drawing is None:
        story.append(text(language.say("map.none"), style()))
    else:
        story.append(Drawn(plan.drawing, WIDTH, 285))
    names = " · ".join(language.say(f"map.{kind}") for kind in plan.kinds if kind in ("path", "finding"))
    story.append(text(names, style(8, "soft")))
    if plan.unplaced:
        story.append(text(figures.unplaced(plan, language), style(8, "soft")))
    return story


def heading(words: str) -> Paragraph:
    """Of a section."""
    return text(words, style(13, bold=True, spaceBefore=10, spaceAfter=4, keepWithNext=1))


def _verdict(facts: Facts, language: Language) -> Table:
    lines: list[Flowable] = [text(texts.headline(facts, language), style(17, "white", bold=True, leading=22))]
    counts = texts.counts_line(facts, language)
    under = ([counts] if counts else []) + texts.under_headline(facts, language)
    lines += [text(line, style(9.5, "white")) for line in under]
    colour = HexColor(COLOURS[_VERDICT.get(facts.level, "minor")])
    table = Table([[lines]], colWidths=[WIDTH])
    table.setStyle([("BACKGROUND", (0, 0), (-1, -1), colour), ("LEFTPADDING", (0, 0), (-1, -1), 12), *_pad(8)])
    return table


def _pad(size: float) -> list[TableCommand]:
    return [("TOPPADDING", (0, 0), (-1, -1), size), ("BOTTOMPADDING", (0, 0), (-1, -1), size)]


def _steps(facts: Facts, language: Language) -> list[Flowable]:
    urgent = facts.urgent()
    if not urgent:
        return [text(language.say("first.gaps" if facts.gaps else "first.nothing"), style())]
    rows: list[list[object]] = []
    for entry in urgent:
        said = texts.told(entry, facts, language)
        what = text(f"{said.title}  {said.line}".strip(), style(9.5, bold=True))
        rows.append([pdf_cards.mark(entry), [what, text(said.do, style(9))]])
    table = Table(rows, colWidths=[24, WIDTH - 24])
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), *_pad(2)])
    rest = len(facts.entries) - len(urgent)
    more = [text(language.count("first.more", rest), style(8.5, "soft"))] if rest else []
    return [table, *more]


def _tiles(facts: Facts, language: Language) -> Table:
    shown = figures.tiles(facts, language)
    cells = [
        [text(label, style(7.5, "soft")), text(value, style(11, bold=True)), text(note, style(7.5, "soft"))]
        for label, value, note in shown
    ]
    table = Table([cells], colWidths=[WIDTH / len(cells)] * len(cells))
    line = ("BOX", (0, 0), (-1, -1), 0.6, HexColor(COLOURS["grid"]))
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), line, *_pad(4)])
    return table


def _gone(facts: Facts, language: Language) -> list[Flowable]:
    if len(facts.rounds) < 2:
        return []
    rows = figures.gone(facts, language)
    columns = ("label.kind", "label.point", "label.severity", "label.last")
    note = language.say("resolved.note" if rows else "resolved.none")
    return _section("section.resolved", note, columns, rows, (0.32, 0.3, 0.13, 0.25), language)


def _gaps(facts: Facts, language: Language) -> list[Flowable]:
    rows = figures.gaps(facts, language)
    columns = ("label.point", "label.status", "label.why", "label.by")
    note = language.say("gaps.note" if rows else "gaps.none")
    return _section("section.gaps", note, columns, rows, (0.34, 0.16, 0.36, 0.14), language)


def _section(
    title: str,
    note: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    shares: Sequence[float],
    language: Language,
) -> list[Flowable]:
    story: list[Flowable] = [heading(language.say(title)), text(note, style(8.5, "soft", keepWithNext=1))]
    if rows:
        names = [language.say(column) for column in columns]
        cells = [[text(cell, style(8)) for cell in row] for row in rows]
        story.append(pdf_tables.table(names, cells, [WIDTH * share for share in shares]))
    return story


def _rounds(facts: Facts, language: Language) -> list[Flowable]:
    drawing = plots.rounds(facts.rounds, language, facts.time)
    if drawing is None:
        return []
    return [KeepTogether([heading(language.say("section.rounds")), Drawn(drawing, WIDTH / 2, 110)])]


def _round(facts: Facts, language: Language) -> list[Flowable]:
    rows = figures.round_rows(facts, language)
    return [
        heading(language.say("section.round")),
        pdf_tables.facts_table(rows, WIDTH),
        Spacer(0, 4),
        text(figures.assumption(facts, language), style(8, "soft")),
        text(language.say("files.note", zone=str(facts.time.zone)), style(8, "soft")),
    ]
