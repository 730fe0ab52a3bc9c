"""The findings in the PDF: one block each, worst first."""

from __future__ import annotations

from reportlab.lib.colors import HexColor
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table

from rudel.core.findings import Evidence
from rudel.recording.report import pdf_tables, plots, texts
from rudel.recording.report.cards import MOST_CARDS
from rudel.recording.report.drawing import COLOURS, Disc, Drawing, Label
from rudel.recording.report.facts import Entry, Facts
from rudel.recording.report.language import Language
from rudel.recording.report.pdf_drawing import Drawn, photo, style, text
from rudel.recording.report.pictures import Album

MOST_EVIDENCE = 2
_TALL = 150.0  # of pictures [pt]


def findings(facts: Facts, album: Album, language: Language, width: float) -> list[Flowable]:
    """The section of findings."""
    title = text(language.say("section.findings"), style(13, bold=True, spaceAfter=4, keepWithNext=1))
    shown = facts.entries[:MOST_CARDS]
    story: list[Flowable] = [title]
    for entry in shown:
        story += [CondPageBreak(150), *_card(entry, facts, album, language, width), Spacer(0, 12)]
    if not shown:
        story.append(text(language.say("findings.none"), style()))
    if rest := len(facts.entries) - len(shown):
        story.append(text(language.say("findings.rest", n=language.number(rest)), style()))
    return story


def mark(entry: Entry) -> Drawn:
    """Its number in a disc, as on the map."""
    disc = Disc(13, 13, 13, entry.finding.severity)
    number = Label(13, 17.6, str(entry.number), "white", 13 if entry.number < 100 else 10, "middle")
    return Drawn(Drawing(26, 26, str(entry.number), (disc, number)), 17, 17)


def _card(entry: Entry, facts: Facts, album: Album, language: Language, width: float) -> list[Flowable]:
    said = texts.told(entry, facts, language)
    finding = entry.finding
    severity = language.named("severity", finding.severity)
    state = text(f"{severity} · {said.state}", style(8.5, finding.severity, bold=True))
    head = Table([[mark(entry), [text(said.title, style(11.5, bold=True)), state]]], colWidths=[24, width - 24])
    line = ("LINEABOVE", (0, 0), (-1, 0), 1.2, HexColor(COLOURS[finding.severity]))
    head.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), line])
    top: list[Flowable] = [head]
    if said.line:
        top.append(text(said.line, style(10, bold=True)))
    top.append(text(f"{language.say('label.do')}: {said.do}", style(9, spaceAfter=4)))
    rest: list[Flowable] = []
    for evidence in finding.evidence[:MOST_EVIDENCE]:
        rest.append(_pictures(album, evidence, language, width))
    trend = plots.trend(entry.series, entry.bounds, finding.severity, said.title, language, facts.time)
    if trend is None:
        rest.append(pdf_tables.facts_table(said.rows, width))
    else:
        left = 0.62 * width
        side = Table(
            [[pdf_tables.facts_table(said.rows, left), Drawn(trend, width - left - 8, 110)]], [left, width - left]
        )
        side.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
        rest.append(side)
    return [KeepTogether([*top, *rest])]


def _pictures(album: Album, evidence: Evidence, language: Language, width: float) -> Flowable:
    shown = album.show(evidence)
    if shown.problem:
        words = language.say(f"picture.{shown.problem}", path=evidence.path, channel=evidence.channel)
        return text(words, style(8.5, "soft", spaceAfter=4))
    pair = [p for p in (shown.whole, shown.detail) if p is not None]
    cells = [photo(p, w - 8, _TALL) for p, w in zip(pair, (0.62 * width, 0.38 * width), strict=False)]
    widths = [0.62 * width, 0.38 * width][: len(cells)]
    table = Table([cells], colWidths=widths, hAlign="LEFT")
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    return table
