"""Valves: a lever that lies along the pipe is open, across it closed; beside a hand wheel an indicator says it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import UnknownName
from rudel.core.findings import Capture, Inspection, Plain
from rudel.inspection import _indicator, verdict
from rudel.inspection._sighting import aimed_at, scale_at, up_at
from rudel.inspection.detector import Detector, History

Floats = NDArray[np.floating]

KINDS = ("valve",)
NAME = "valve"
STATES = ("open", "closed")
FORMS = ("lever", "wheel")
LIMITS = (
    "Tells the position of a coloured, straight lever (ball valves, butterfly valves) from its angle to the pipe, which"
    " is level unless the mission gives pipe_deg. It has to be seen from within about 40 degrees of straight ahead."
    " Levers without colour (bare steel, black) are not found. Of a hand wheel the position indicator is read: an"
    " upright light plate with a coloured pointer along a dark slot, open above. Wheels without one are not judged: a"
    " wheel looks the same open and closed, and how far its stem stands out is not measured."
)
_HUES = ((-30, 25), (25, 75), (75, 170), (170, 280))  # degrees: red, yellow, green, blue
_MIN_CHROMA, _SHARE = 14.0, 0.4  # levels between the strongest and weakest colour; share of the strongest around
_LONG, _LEAST_PX, _FULL = 3.6, 30.0, 0.62  # length over width; length; share of its box that it fills
_AT_HUB = 0.45  # lengths from the target to the lever's nearer end, at most
_BESIDE_M = 0.55  # from the target to its indicator at most: another one is another valve's
_ALONG_DEG, _ACROSS_DEG = 25.0, 25.0  # from the pipe, and from the direction across it


@dataclass(frozen=True, eq=False)
class _Lever:
    """A straight coloured bar: corners (4, 2) [pixels], unit direction (2,), and how far its nearer end is away."""

    corners: Floats
    direction: Floats
    away: float


@dataclass(frozen=True, eq=False)
class _Read:
    """A position, how surely, where in the picture (n, 2) [pixels], and what it was read from."""

    state: str
    confidence: float
    corners: Floats
    data: dict[str, Plain]


class _Valve:
    """See LIMITS."""

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        wanted, form, pipe_rad = _expected(capture.target.expected)
        seen = verdict.pictures(capture)
        if not seen:
            return verdict.abstained(NAME, capture, verdict.blind(capture), history)
        for picture in seen:
            hub = aimed_at(picture.image, capture)
            up = up_at(picture.image, capture, hub)
            reach = _BESIDE_M * scale_at(picture.image, capture)
            read = _by_indicator(picture, hub, up, reach) if form != "lever" else None
            if read is None and form != "wheel":
                read = _by_lever(picture, hub, up, pipe_rad)
            if read is None:
                continue
            evidence = [picture.evidence(verdict.box_of(read.corners, picture.image, 0.1))]
            wrong = None
            if wanted and read.state != wanted:
                data: dict[str, Plain] = {"expected": wanted, "read": read.state, **read.data}
                wrong = verdict.finding(NAME, capture, "wrong_position", "major", read.confidence, evidence, data=data)
            return verdict.stated(NAME, capture, read.state, read.confidence, evidence, wrong)
        what = {"wheel": "position indicator", "lever": "lever"}.get(form, "lever and no position indicator")
        return verdict.abstained(NAME, capture, f"no {what} was found", history, [seen[0].evidence()])


def make() -> Detector:
    """A new one."""
    return _Valve()


def _expected(expected: Mapping[str, Plain]) -> tuple[str, str, float]:
    """State ("" for any), form ("" for unknown) and direction of the pipe [rad], 0 level, anticlockwise."""
    state, form = str(expected.get("state", "")), str(expected.get("form", ""))
    if state and state not in STATES:
        raise UnknownName("state of a valve", state, STATES)
    if form and form not in FORMS:
        raise UnknownName("form of a valve", form, FORMS)
    return state, form, math.radians(verdict.number(expected, "pipe_deg") or 0.0)


def _by_indicator(picture: verdict.Picture, hub: Floats, up: Floats, reach_px: float) -> _Read | None:
    found = _indicator.find(picture.image.pixels, hub, up, reach_px)
    if found is None:
        return None
    return _Read(found.state, 0.7 + 0.28 * found.clear, found.corners, {"opened": round(found.opened, 2)})


def _by_lever(picture: verdict.Picture, hub: Floats, up: Floats, pipe_rad: float) -> _Read | None:
    lever = _lever(picture.image.pixels, hub)
    if lever is None:
        return None
    level = np.array([-up[1], up[0]])
    pipe = math.cos(pipe_rad) * level + math.sin(pipe_rad) * up
    turn = math.degrees(math.acos(min(1.0, abs(float(lever.direction @ pipe)))))
    return _Read(*_state(turn), lever.corners, {"lever_deg": round(turn, 1)})


def _state(turn_deg: float) -> tuple[str, float]:
    """What a lever says at that angle to the pipe (0 to 90), and how surely: less near the limits."""
    if turn_deg < _ALONG_DEG:
        return "open", 0.6 + 0.38 * min(1.0, (_ALONG_DEG - turn_deg) / 12)
    if turn_deg > 90 - _ACROSS_DEG:
        return "closed", 0.6 + 0.38 * min(1.0, (turn_deg - 90 + _ACROSS_DEG) / 12)
    return "between", 0.6 + 0.3 * min(1.0, min(turn_deg - _ALONG_DEG, 90 - _ACROSS_DEG - turn_deg) / 12)


def _lever(pixels: NDArray[np.uint8], hub: Floats) -> _Lever | None:
    """The coloured straight bar that ends nearest to the hub."""
    values = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 0.8)
    chroma = values.max(axis=2) - values.min(axis=2)
    hue = cv2.cvtColor(values / 255, cv2.COLOR_RGB2HSV)[..., 0]
    found: list[_Lever] = []
    for low, high in _HUES:
        inside = (np.mod(hue - low, 360) < high - low) & (chroma > 0.5 * _MIN_CHROMA)
        peak = float(np.percentile(chroma[inside], 99)) if inside.any() else 0.0
        if peak < _MIN_CHROMA:
            continue
        mask = np.asarray(inside & (chroma > max(0.6 * _MIN_CHROMA, _SHARE * peak)), np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
            one = _bar(np.asarray(outline, np.int32), hub)
            if one is not None:
                found.append(one)
    return min(found, key=lambda lever: lever.away, default=None)


def _bar(outline: NDArray[np.int32], hub: Floats) -> _Lever | None:
    """An outline as a lever at the hub, or None."""
    rectangle = cv2.minAreaRect(outline)
    width, length = sorted(rectangle[1])
    if length < _LEAST_PX or length < _LONG * (width + 1) or cv2.contourArea(outline) < _FULL * length * width:
        return None
    corners = cv2.boxPoints(rectangle).astype(np.float64)
    edges = np.roll(corners, -1, axis=0) - corners
    ahead = edges[int(np.argmax(np.linalg.norm(edges, axis=1)))] / length
    middle = corners.mean(axis=0)
    ends = [middle + sign * ahead * length / 2 for sign in (-1, 1)]
    away = min(float(np.linalg.norm(end - hub)) for end in ends) / length
    return _Lever(corners, ahead, away) if away < _AT_HUB else None
