"""Digital displays: the number that is shown, from segments that glow or, failing these, read as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, Inspection, Measurement, Plain
from rudel.inspection import _segments as segments
from rudel.inspection import _text as words
from rudel.inspection import verdict
from rudel.inspection._sighting import aimed_at
from rudel.inspection.detector import Detector, History

Floats = NDArray[np.floating]

KINDS = ("digital_display",)
NAME = "display"
LIMITS = (
    "Reads one row of seven-segment digits that glow in a colour, at least 14 pixels high, or else a number in print"
    " that stands alone or with its unit. Dark segments on a light ground are read as print, less surely; white glow,"
    " slanted digits, letters and several rows of digits are not read. A number that does not match the expected"
    " number of decimals is not given; where that is known, a faint point is believed where it belongs."
)
_NUMBER = re.compile(r"[-+]?\d{1,9}([.,]\d{1,6})?")
_DIGITS = "0123456789.-"
_LEAST_CLEAR, _CLEAR = 0.15, 0.45  # of the least clear segment: below the second the text reader has to agree
_LEAST_SURE = 0.93  # of text
_STD_OF_STEP = 0.29  # a shown number is rounded: 1 / sqrt(12) of its last place


@dataclass(frozen=True, eq=False)
class _Shown:
    text: str
    confidence: float
    corners: Floats


class _Display:
    """See LIMITS."""

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        expected = capture.target.expected
        decimals, unit = _decimals(expected), str(expected.get("unit", ""))
        seen = verdict.pictures(capture)
        if not seen:
            return verdict.abstained(NAME, capture, verdict.blind(capture), history)
        why = ""
        for picture in seen:
            near = aimed_at(picture.image, capture)
            found = _glowing(picture.image.pixels, near, decimals)
            if isinstance(found, str):
                why = why or found
                found = _printed(picture.image.pixels, near, unit) if found == segments.DARK else None
            if found is None:
                continue
            value = parsed(found.text, "", decimals)
            if value is None:
                why = f"{found.text!r} is not a number as expected"
                continue
            places = len(found.text.partition(".")[2])
            measured = Measurement(value, unit, _STD_OF_STEP * 10.0**-places)
            evidence = [picture.evidence(verdict.box_of(found.corners, picture.image, 0.1))]
            return verdict.judged(NAME, capture, measured, found.confidence, evidence, found.text)
        return verdict.abstained(NAME, capture, why, history, [seen[0].evidence()])


def make() -> Detector:
    """A new one."""
    return _Display()


def parsed(text: str, unit: str = "", decimals: int | None = None) -> float | None:
    """The number that a text is, None where it is not exactly a number (with or without its unit).

    Args:
        text: what was read; a comma may stand for the point.
        unit: that may follow.
        decimals: how many places after the point there have to be; None: any number.
    """
    bare = text.replace(" ", "")
    if unit and bare.casefold().endswith(tail := unit.replace(" ", "").casefold()):
        bare = bare[: -len(tail)]
    if not _NUMBER.fullmatch(bare):
        return None
    bare = bare.replace(",", ".")
    if decimals is not None and len(bare.partition(".")[2]) != decimals:
        return None
    return float(bare)


def _decimals(expected: Mapping[str, Plain]) -> int | None:
    value = verdict.number(expected, "decimals")
    if value is None:
        return None
    if value < 0 or value != int(value):
        raise BadInput(f"expected decimals is {value:g}: 0, 1, 2 ... are possible")
    return int(value)


def _glowing(pixels: NDArray[np.uint8], near: Floats, decimals: int | None) -> _Shown | str:
    found = segments.find(pixels, near, decimals)
    if isinstance(found, str):
        return found
    if found.clear < _LEAST_CLEAR:
        return "the segments cannot be told from each other"
    if found.clear < _CLEAR:
        second, _ = words.read(words.cut(words.stretched(pixels), _wider(found.corners)), _DIGITS)
        if second.replace(".", "") != found.text.replace(".", ""):
            return f"could be {found.text} or {second or 'something else'}"
    return _Shown(found.text, min(0.99, 0.7 + 0.4 * found.clear), found.corners)


def _wider(corners: Floats) -> Floats:
    middle = corners.mean(axis=0)
    return middle + (corners - middle) * np.array([1.1, 1.25])


def _printed(pixels: NDArray[np.uint8], near: Floats, unit: str) -> _Shown | None:
    """The tallest line near the target that is a number and nothing else."""
    best: tuple[float, _Shown] | None = None
    for line in words.lines(words.stretched(pixels)):
        if line.confidence < _LEAST_SURE or parsed(line.text, unit) is None:
            continue
        bare = re.match(r"[-+]?[\d.,]+", line.text.replace(" ", ""))
        if bare is None:
            continue
        cost = float(np.linalg.norm(line.middle - near)) / max(line.height, 1.0)
        if best is None or cost < best[0]:
            best = cost, _Shown(bare[0].replace(",", "."), 0.8 * line.confidence, line.corners)
    return None if best is None else best[1]
