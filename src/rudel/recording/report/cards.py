"""The findings on the page: one card each, worst first."""

from __future__ import annotations

from rudel.core.findings import Evidence
from rudel.recording.report import plots, texts
from rudel.recording.report.drawing import data_uri, svg
from rudel.recording.report.facts import Entry, Facts
from rudel.recording.report.language import Language
from rudel.recording.report.markup import Markup, el
from rudel.recording.report.pictures import Album, Jpeg

MOST_CARDS = 200  # pages with more are slow to open; the rest is in the tables
MOST_EVIDENCE = 4


def findings(facts: Facts, album: Album, language: Language) -> Markup:
    """The section of findings."""
    shown = facts.entries[:MOST_CARDS]
    rest = len(facts.entries) - len(shown)
    return el(
        "section",
        el("h2", language.say("section.findings")),
        _filter(facts, language) if len(shown) > 1 else None,
        [_card(entry, facts, album, language) for entry in shown] or el("p", language.say("findings.none")),
        el("p", language.say("findings.rest", n=language.number(rest))) if rest else None,
        id="findings",
    )


def _filter(facts: Facts, language: Language) -> Markup:
    chips = [el("button", language.say("filter.all"), type="button", data_severity="", aria_pressed="true")]
    for severity, n in facts.counts().items():
        if n:
            text = f"{language.say(f'severity.{severity}')} {n}"
            chips.append(el("button", text, type="button", data_severity=severity, aria_pressed="false"))
    return el("div", chips, class_="chips script", role="group", aria_label=language.say("label.severity"))


def _card(entry: Entry, facts: Facts, album: Album, language: Language) -> Markup:
    said = texts.told(entry, facts, language)
    finding = entry.finding
    rows = [(el("dt", label), el("dd", text)) for label, text in said.rows]
    return el(
        "article",
        el(
            "header",
            el("span", str(entry.number), class_=f"mark {finding.severity}"),
            el("h3", said.title),
            el("span", language.named("severity", finding.severity), class_=f"badge {finding.severity}"),
            el("span", said.state, class_=f"badge state {entry.past.state}"),
        ),
        el("p", el("strong", said.line), class_="line") if said.line else None,
        el("p", el("strong", language.say("label.do") + ": "), said.do, class_="do"),
        el(
            "div", [_evidence(e, said.title, album, language) for e in finding.evidence[:MOST_EVIDENCE]], class_="looks"
        ),
        el("div", el("dl", rows), _trend(entry, facts, said.title, language), class_="facts"),
        id=f"f{entry.number}",
        data_severity=finding.severity,
        class_="card",
    )


def _evidence(evidence: Evidence, title: str, album: Album, language: Language) -> Markup:
    shown = album.show(evidence)
    if shown.problem:
        text = language.say(f"picture.{shown.problem}", path=evidence.path, channel=evidence.channel)
        return el("p", text, class_="soft nopicture")
    pictures = [(shown.whole, "picture.whole"), (shown.detail, "picture.detail")]
    return el("div", [_figure(j, language.say(key), title) for j, key in pictures if j], class_="pair")


def _figure(jpeg: Jpeg, caption: str, title: str) -> Markup:
    alt = f"{caption}: {title}"
    picture = el("img", src=data_uri(jpeg), width=jpeg.width, height=jpeg.height, alt=alt)
    return el("figure", picture, el("figcaption", caption))


def _trend(entry: Entry, facts: Facts, title: str, language: Language) -> Markup | None:
    drawing = plots.trend(entry.series, entry.bounds, entry.finding.severity, title, language, facts.time)
    if drawing is None:
        return None
    return el("figure", svg(drawing, "plot"), el("figcaption", language.say("label.trend")), class_="trend")
