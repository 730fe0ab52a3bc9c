"""Plots over rounds: a value against its limits, and how many findings there were."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rudel.core.findings import SEVERITIES, Round
from rudel.recording.report.drawing import Disc, Drawing, Label, Line, Patch, Shape
from rudel.recording.report.history import Sample
from rudel.recording.report.language import Language
from rudel.recording.report.limits import Limits
from rudel.recording.report.site_time import SiteTime

WIDTH, HEIGHT = 340.0, 132.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 14.0, 12.0, 24.0
SPARK_WIDTH, SPARK_HEIGHT = 96.0, 24.0
MOST_ROUNDS = 24  # the newest ones
_STATED_STD = 2.0  # error bars show that many standard deviations


def span_of(samples: Sequence[Sample], bounds: Limits) -> tuple[float, float]:
    """Lowest and highest value of the axis: all samples and those limits that are not far off."""
    values = [s.measured.value for s in samples]
    low, high = min(values), max(values)
    wide = max(high - low, 0.05 * max(abs(low), abs(high)), 1e-9)
    for bound in (bounds.low, bounds.high):
        if math.isfinite(bound) and low - 3 * wide <= bound <= high + 3 * wide:
            low, high = min(low, bound), max(high, bound)
    room = 0.12 * max(high - low, wide)
    return low - room, high + room


def trend(
    samples: Sequence[Sample], bounds: Limits, colour: str, what: str, language: Language, time: SiteTime
) -> Drawing | None:
    """Values over rounds with error bars and limits, the last one in ``colour``; None for fewer than two rounds.

    What was simulated is hollow where simulated and real rounds mix.
    """
    samples = samples[-MOST_ROUNDS:]
    if len(samples) < 2:
        return None
    low, high = span_of(samples, bounds)

    def x(i: float) -> float:
        return _LEFT + 8 + (WIDTH - _LEFT - _RIGHT - 16) * i / (len(samples) - 1)

    def y(value: float) -> float:
        return _TOP + (HEIGHT - _TOP - _BOTTOM) * (high - min(max(value, low), high)) / (high - low)

    shapes: list[Shape] = []
    if bounds:
        top, bottom = y(min(bounds.high, high)), y(max(bounds.low, low))
        shapes.append(Patch(_LEFT, top, WIDTH - _LEFT - _RIGHT, max(bottom - top, 0.0), "band"))
    for value in (low, high):
        shapes.append(Line([(_LEFT, y(value)), (WIDTH - _RIGHT, y(value))], "grid", 1))
    for bound in (bounds.low, bounds.high):
        if low <= bound <= high:
            shapes.append(Line([(_LEFT, y(bound)), (WIDTH - _RIGHT, y(bound))], "good", 1, dashed=True))
            shapes.append(Label(_LEFT - 5, y(bound) + 4, language.number(bound), "good", 11, "end"))
    ends = [s.measured.value for s in samples]
    shown = [bound for bound in (bounds.low, bounds.high) if low <= bound <= high]
    for value in {min(ends), max(ends)}:
        if all(abs(y(value) - y(bound)) > 13 for bound in shown):
            shown.append(value)
            shapes.append(Label(_LEFT - 5, y(value) + 4, language.number(value), "soft", 11, "end"))
    mixed = len({s.simulated for s in samples}) > 1
    shapes.append(Line([(x(i), y(s.measured.value)) for i, s in enumerate(samples)], "soft", 1.5))
    for i, sample in enumerate(samples):
        value, std = sample.measured.value, sample.measured.std
        paint = colour if i == len(samples) - 1 else "soft"
        if math.isfinite(std) and std > 0:
            bar = [(x(i), y(value - _STATED_STD * std)), (x(i), y(value + _STATED_STD * std))]
            shapes.append(Line(bar, paint, 1))
        radius = 5 if i == len(samples) - 1 else 3.2
        shapes.append(Disc(x(i), y(value), radius, paint, hollow=mixed and sample.simulated))
    for i, anchor in ((0, "start"), (len(samples) - 1, "end")):
        edge = _LEFT if anchor == "start" else WIDTH - _RIGHT
        shapes.append(Label(edge, HEIGHT - 6, language.date(time.utc(samples[i].utc)), "soft", 11, anchor))
    last = samples[-1].measured
    now = language.quantity(last.value, last.unit, last.std)
    title = language.say("trend.alt", what=what, n=language.number(len(samples)), value=now)
    return Drawing(WIDTH, HEIGHT, title, shapes)


def spark(samples: Sequence[Sample], bounds: Limits, colour: str, language: Language) -> Drawing | None:
    """The same in the size of a line of text."""
    samples = samples[-MOST_ROUNDS:]
    if len(samples) < 2:
        return None
    low, high = span_of(samples, bounds)

    def at(i: int, value: float) -> tuple[float, float]:
        part = (high - min(max(value, low), high)) / (high - low)
        return 4 + (SPARK_WIDTH - 8) * i / (len(samples) - 1), 3 + (SPARK_HEIGHT - 6) * part

    points = [at(i, s.measured.value) for i, s in enumerate(samples)]
    shapes: list[Shape] = []
    if bounds:
        top, bottom = at(0, min(bounds.high, high))[1], at(0, max(bounds.low, low))[1]
        shapes.append(Patch(0, top, SPARK_WIDTH, max(bottom - top, 0.0), "band"))
    shapes += [Line(points, "soft", 1.5), Disc(*points[-1], 3, colour)]
    values = ", ".join(language.number(s.measured.value) for s in samples)
    return Drawing(SPARK_WIDTH, SPARK_HEIGHT, values, shapes)


def rounds(all_rounds: Sequence[Round], language: Language, time: SiteTime) -> Drawing | None:
    """Findings of each round by severity, stacked, worst at the bottom; None for fewer than two rounds."""
    chosen = all_rounds[-MOST_ROUNDS:]
    if len(chosen) < 2:
        return None
    found = [[f.severity for f in one.all_findings] for one in chosen]
    most = max(max(map(len, found)), 1)
    step = (WIDTH - _LEFT - _RIGHT) / len(chosen)
    high = HEIGHT - _TOP - _BOTTOM - 10
    shapes: list[Shape] = [Line([(_LEFT, HEIGHT - _BOTTOM), (WIDTH - _RIGHT, HEIGHT - _BOTTOM)], "grid", 1)]
    for i, severities in enumerate(found):
        left, bottom = _LEFT + step * (i + 0.15), HEIGHT - _BOTTOM
        for severity in reversed(SEVERITIES):
            tall = high * severities.count(severity) / most
            if tall:
                bottom -= tall
                shapes.append(Patch(left, bottom, step * 0.7, tall, severity))
        middle = left + step * 0.35
        shapes.append(Label(middle, bottom - 4, language.number(len(severities)), "ink", 11, "middle"))
    for i, anchor, edge in ((0, "start", _LEFT), (-1, "end", WIDTH - _RIGHT)):
        when = time.utc(chosen[i].started_utc)
        shapes.append(Label(edge, HEIGHT - 6, language.date(when), "soft", 11, anchor))
    return Drawing(WIDTH, HEIGHT, language.say("rounds.alt", n=language.number(len(chosen))), shapes)
