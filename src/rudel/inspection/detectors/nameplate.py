"""Nameplates: the tag that is written on a machine, against the tag that the mission expects there."""

from __future__ import annotations

import re

import numpy as np

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, Inspection
from rudel.inspection import _text as words
from rudel.inspection import verdict
from rudel.inspection._sighting import aimed_at
from rudel.inspection.detector import Detector, History

KINDS = ("nameplate",)
NAME = "nameplate"
LIMITS = (
    "Reads one line of print, at least 10 pixels high, that is built like the expected text: letters where it has"
    " letters, digits where it has digits. Other lines of the plate are not judged. Hand writing, embossed print"
    " without contrast and text that runs more down than across are not read. Letters that look alike (0 and O, 1 and"
    " I) count as equal."
)
_LEAST_SURE, _LEAST_PX = 0.90, 10.0
_FAR = 6.0  # heights of a line: how much nearer another one has to be to outweigh being half as tall
_ALIKE = str.maketrans(
    {"O": "0", "Q": "0", "I": "1", "L": "1", "|": "1", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "_": "-"}
)


class _Nameplate:
    """See LIMITS."""

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        wanted = _wanted(capture)
        seen = verdict.pictures(capture)
        if not seen:
            return verdict.abstained(NAME, capture, verdict.blind(capture), history)
        if not wanted:
            return verdict.abstained(NAME, capture, "the mission does not say what should be written there (text)")
        why = ""
        for picture in seen:
            near = aimed_at(picture.image, capture)
            lines = words.lines(words.stretched(picture.image.pixels))
            alike = [line for line in lines if _built(line.text) == _built(wanted)]
            if not alike:
                why = why or "no text like the expected one was found"
                continue
            line = max(
                alike, key=lambda one: one.height / (_FAR + float(np.linalg.norm(one.middle - near)) / one.height)
            )
            evidence = [picture.evidence(verdict.box_of(line.corners, picture.image, 0.1))]
            same = _plain(line.text) == _plain(wanted)
            if not same and (line.confidence < _LEAST_SURE or line.height < _LEAST_PX):
                why = f"could be {line.text}, not surely"
                continue
            wrong = None
            if not same:
                data = {"expected": wanted, "read": line.text}
                wrong = verdict.finding(NAME, capture, "wrong_text", "major", line.confidence, evidence, data=data)
            return verdict.stated(NAME, capture, line.text, line.confidence, evidence, wrong)
        return verdict.abstained(NAME, capture, why, history, [seen[0].evidence()])


def make() -> Detector:
    """A new one."""
    return _Nameplate()


def _wanted(capture: Capture) -> str:
    text = capture.target.expected.get("text", "")
    if not isinstance(text, str):
        raise BadInput(f"expected text is {text!r}: write it in quotes")
    return text.strip()


def _plain(text: str) -> str:
    """Without spaces and case, letters that look alike made equal."""
    return re.sub(r"\s", "", text).upper().translate(_ALIKE)


def _built(text: str) -> str:
    """What stands where: A for letters, 0 for digits (and letters that look like them), everything else as it is."""
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]", "A", _plain(text)))
