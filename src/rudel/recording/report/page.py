"""The report as one HTML file: style, script and pictures are in it, no network is asked, no script is needed."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from rudel.recording.report import cards, plots, sections, texts
from rudel.recording.report.drawing import svg
from rudel.recording.report.facts import Facts
from rudel.recording.report.language import Language
from rudel.recording.report.markup import Markup, el
from rudel.recording.report.pictures import Album
from rudel.recording.report.plan import Plan

_ICONS = {"critical": "!", "major": "!", "minor": "\N{EN DASH}", "unsure": "?", "nothing": "?", "clear": "✓"}


def page(facts: Facts, plan: Plan, album: Album, language: Language) -> str:
    """The whole file."""
    last = facts.last
    title = f"{language.say('title')}: {last.mission}, {language.date(facts.time.utc(last.started_utc))}"
    if last.simulated:
        title += f" ({language.say('simulated.short')})"
    style, script = _text("style.css"), _text("script.js")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="robots", content="noindex"),
        el("title", title),
        el("style", Markup(style)),
    )
    body = el(
        "body",
        el("p", language.say("simulated.banner"), class_="simulated", role="note") if last.simulated else None,
        _header(facts, language),
        el(
            "main",
            _verdict(facts, language),
            sections.tiles(facts, language),
            sections.where(plan, language),
            cards.findings(facts, album, language),
            sections.resolved(facts, language),
            sections.gaps(facts, language),
            sections.readings(facts, language),
            _rounds(facts, language),
            sections.this_round(facts, language),
            sections.detectors(facts, language),
        ),
        sections.footer(facts, language),
        el("dialog", el("button", language.say("close"), type="button"), el("img", alt=""), id="zoom"),
        el("script", Markup(script)),
    )
    return "<!DOCTYPE html>\n" + el("html", head, body, lang=language.code) + "\n"


def _text(name: str) -> str:
    return resources.files("rudel.recording.report").joinpath(name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """Nothing may be loaded, and only our script may run: a second line behind the escaping of all text."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'"
    )


def _header(facts: Facts, language: Language) -> Markup:
    last = facts.last
    when = language.moment(facts.time.utc(last.started_utc))
    return el(
        "header",
        el("p", language.say("title"), class_="kicker"),
        el("h1", last.mission),
        el("p", " · ".join(filter(None, [last.world, last.robot, when])), class_="soft"),
        el("button", language.say("theme.switch"), type="button", id="theme", class_="script"),
    )


def _verdict(facts: Facts, language: Language) -> Markup:
    urgent = facts.urgent()
    counts = texts.counts_line(facts, language)
    steps = [_step(texts.told(e, facts, language), e.number, e.finding.severity) for e in urgent]
    rest = len(facts.entries) - len(urgent)
    nothing = language.say("first.gaps" if facts.gaps else "first.nothing")
    return el(
        "section",
        el(
            "div",
            el("span", _ICONS[facts.level], class_="icon", aria_hidden="true"),
            el(
                "div",
                el("p", texts.headline(facts, language), class_="headline", role="status"),
                [el("p", line) for line in ([counts] if counts else []) + texts.under_headline(facts, language)],
            ),
            class_=f"verdict {facts.level}",
        ),
        el("h2", language.say("first.title")),
        el("ol", steps, class_="first") if steps else el("p", nothing),
        el("p", el("a", language.count("first.more", rest), href="#findings")) if rest and steps else None,
        id="verdict",
    )


def _step(said: texts.Told, number: int, severity: str) -> Markup:
    badge = el("a", str(number), href=f"#f{number}", class_=f"mark {severity}")
    what = el("strong", el("a", said.title, href=f"#f{number}"), f" {said.line}" if said.line else None)
    return el("li", badge, el("div", what, el("br"), said.do))


def _rounds(facts: Facts, language: Language) -> Markup | None:
    drawing = plots.rounds(facts.rounds, language, facts.time)
    if drawing is None:
        return None
    key = [el("span", el("i", class_=f"mark {s}"), language.say(f"severity.{s}"), class_="key") for s in facts.counts()]
    note = sections.mixed_note(facts, language)
    return el(
        "section",
        el("h2", language.say("section.rounds")),
        svg(drawing, "plot"),
        el("p", key, class_="soft"),
        el("p", note, class_="soft") if note else None,
        id="rounds",
    )
