"""Dial gauges: the value that a needle shows on a round scale, with its standard deviation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, Inspection, Measurement, Plain
from rudel.inspection import _dial_needle as needles
from rudel.inspection import _dial_scale as scales
from rudel.inspection import _ellipses as ellipses
from rudel.inspection import verdict
from rudel.inspection._sighting import aimed_at, up_at
from rudel.inspection.detector import Detector, History

Floats = NDArray[np.floating]

KINDS = ("dial_gauge",)
NAME = "dial_gauge"
LIMITS = (
    "Reads round dials with one straight needle before evenly spaced marks, at least 40 pixels across and seen less"
    " than 40 degrees aslant. The mission has to say the ends of the scale (scale_low, scale_high): numbers on the dial"
    " are not read. Scales that are not even (vacuum, logarithmic), several needles, drag pointers and dials that are"
    " turned by more than about 6 degrees from upright are misread or left out."
)

_MOST_DIALS = 4
_PLAIN = 13.0  # a scale that stands out so far needs no other candidate
_MAX_STD = 0.011  # of the scale: beyond that a reading is not worth giving
_MIN_CONTRAST, _MIN_OVER_NOISE = 14.0, 4.0  # of a needle [levels], and over the noise of the face
_MAX_RIVAL = 0.72
_OUTSIDE = 0.03  # of the scale: how far beyond its ends a needle may rest
_BASE_STD_RAD = math.radians(0.6)  # of a reading when everything is seen well
_ROLL_STD_RAD = math.radians(2.0)  # where gravity alone says how the dial is turned
_ASLANT_STD_RAD = math.radians(6.0)  # where the middle is not known: times the sine of the angle of view


@dataclass(frozen=True)
class _Reading:
    """A share of the scale with its standard deviation, and where it was read."""

    share: float
    std: float
    score: float
    dial: scales.Dial
    needle: needles.Needle


class _DialGauge:
    """See LIMITS."""

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        expected = capture.target.expected
        low, high, span = _scale(expected)
        seen = verdict.pictures(capture)
        if low is None or high is None:
            why = "the mission does not say the ends of the scale (scale_low, scale_high)"
            return verdict.abstained(NAME, capture, why)
        if not seen:
            return verdict.abstained(NAME, capture, verdict.blind(capture), history)
        why, evidence = "", seen[0].evidence()
        for picture in seen:
            found = _read(picture, capture, span)
            if isinstance(found, str):
                why = why or found
                continue
            value = low + min(max(found.share, 0.0), 1.0) * (high - low)
            measured = Measurement(value, str(expected.get("unit", "")), found.std * (high - low))
            evidence = picture.evidence(verdict.box_of(found.dial.ellipse.outline(1.05), picture.image))
            confidence = found.score
            return verdict.judged(NAME, capture, measured, confidence, [evidence])
        return verdict.abstained(NAME, capture, why, history, [evidence])


def make() -> Detector:
    """A new one."""
    return _DialGauge()


def _scale(expected: Mapping[str, Plain]) -> tuple[float | None, float | None, scales.Span]:
    """Ends of the scale and where they are; BadInput where they make no sense."""
    low, high = (verdict.number(expected, key) for key in ("scale_low", "scale_high"))
    if low is not None and high is not None and not low < high:
        raise BadInput(f"scale_low is {low:g} and scale_high {high:g}: the scale has to rise")
    start, sweep = verdict.number(expected, "start_deg"), verdict.number(expected, "sweep_deg")
    usual = scales.Span()
    if sweep is not None and not 30 <= sweep <= 350:
        raise BadInput(f"sweep_deg is {sweep:g}: 30 to 350 degrees are possible")
    return (
        low,
        high,
        scales.Span(
            usual.start_rad if start is None else math.radians(start),
            usual.sweep_rad if sweep is None else math.radians(sweep),
        ),
    )


def _read(picture: verdict.Picture, capture: Capture, span: scales.Span) -> _Reading | str:
    """The best reading of a picture, or why there is none."""
    colour = np.asarray(cv2.GaussianBlur(picture.image.pixels.astype(np.float32), (0, 0), 0.6), np.float32)
    grey = np.asarray(colour @ np.array([0.3, 0.5, 0.2], np.float32), np.float32)
    dials = ellipses.find(grey)
    if not dials:
        return "no dial was found"
    middle = aimed_at(picture.image, capture)
    up = up_at(picture.image, capture, middle)
    dials.sort(key=lambda e: np.linalg.norm(e.centre - middle) / e.axes[0] - 2 * e.support)
    readings: list[_Reading] = []
    why = ""
    for one in dials[:_MOST_DIALS]:
        dial = scales.fit(grey, one, up, span)
        found = _value(colour, dial, span)
        if isinstance(found, str):
            why = why or found
        else:
            readings.append(found)
            if found.dial.clear > _PLAIN and found.needle.rival < 0.5:
                break
    if not readings:
        return why
    best = max(readings, key=lambda r: r.score)
    return best if best.std <= _MAX_STD else f"uncertain by {100 * best.std:.1f} % of the scale"


def _value(colour: Floats, dial: scales.Dial, span: scales.Span) -> _Reading | str:
    needle = needles.find(colour, dial)
    if needle.contrast < max(_MIN_CONTRAST, _MIN_OVER_NOISE * needle.noise):
        return "no needle stands out from the dial"
    if needle.rival > _MAX_RIVAL:
        return "more than one stroke looks like the needle"
    aslant = math.sqrt(max(0.0, 1 - (dial.ellipse.axes[1] / dial.ellipse.axes[0]) ** 2))
    seen = dial.intervals > 0
    turned = dial.turned_rad if seen else 0.0
    angle = needle.reaches(dial.band) if seen else needle.direction_rad
    doubt = dial.doubt_rad if seen else math.hypot(_ROLL_STD_RAD, _ASLANT_STD_RAD * aslant)
    std = math.sqrt(_BASE_STD_RAD**2 + needle.std_rad**2 + doubt**2 + (0.15 * needle.offset) ** 2)
    gap = 2 * math.pi - span.sweep_rad
    past = (span.start_rad + turned - angle + gap / 2) % (2 * math.pi) - gap / 2  # clockwise from the start
    share = past / span.sweep_rad
    if not -_OUTSIDE <= share <= 1 + _OUTSIDE:
        return "the needle points beside the scale"
    clear = min(1.0, needle.contrast / 60) * (1 - needle.rival) ** 0.5
    score = (0.6 + 0.4 * min(1.0, dial.clear / 40)) * (0.7 + 0.3 * clear) * dial.ellipse.support**0.5
    return _Reading(share, std / span.sweep_rad, score, dial, needle)
