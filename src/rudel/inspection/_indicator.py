"""Position indicators of valves: an upright light plate with a dark slot, and a coloured pointer along it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating]

WIDE, HIGH = 48, 120  # of the straightened plate [pixels]
_LEVELS = 8  # of brightness at which plates are looked for
_LEAST_PX = 24.0  # length of a plate
_ASPECT = (1.8, 5.0)  # length over width, as seen from up to 40 degrees aside
_LEAN = 0.42  # sine of how far its long side may lean from upright
_FILL = 0.85  # of its slanted box that a plate fills
_LIGHT, _GREYNESS = 70.0, 0.25  # of the plate's ground: level, and how far from grey it may be, as a share of the level
_SLOT = 0.75  # brightness of slot and pointer over that of the ground, at most
_COLOUR = 0.28  # of the pointer: strongest less weakest colour, over the strongest
_TRAVEL = (0.225, 0.775)  # of the plate's height, from below: where the pointer stands at closed and at open
_END = 0.2  # of the travel: nearer than this to an end is that end
_SPREAD = 0.16  # of the plate's height that a pointer takes at most


@dataclass(frozen=True, eq=False)
class Indicator:
    """How far open (0 closed, 1 open), how clear the pointer is (0 to 1), and the plate's corners (4, 2) [pixels]."""

    opened: float
    clear: float
    corners: Floats

    @property
    def state(self) -> str:
        """open, closed or between."""
        return "open" if self.opened > 1 - _END else "closed" if self.opened < _END else "between"


def find(pixels: Pixels, near: Floats, up: Floats, reach_px: float = np.inf) -> Indicator | None:
    """The indicator nearest to ``near`` (2,) [pixels], not further than ``reach_px``.

    ``up`` (2,): unit direction of a plumb line there.
    """
    best: tuple[float, Indicator] | None = None
    for corners in _plates(pixels, up):
        away = float(np.linalg.norm(corners.mean(axis=0) - near))
        if away > (reach_px if best is None else best[0]):
            continue
        found = _read(pixels, corners)
        if found is not None:
            best = away, found
    return None if best is None else best[1]


def _plates(pixels: Pixels, up: Floats) -> Iterator[Floats]:
    """Corners (4, 2) of light upright rectangles, from the top left, clockwise."""
    calm = cv2.GaussianBlur(pixels, (0, 0), 0.7)
    grey = calm.max(axis=2)  # a coloured pointer across a light plate must not part it
    side = np.array([-up[1], up[0]])  # to the right in the picture
    dim, bright = np.percentile(grey, (50, 99.9)).tolist()
    for level in dim + np.linspace(0.15, 0.85, _LEVELS) * (bright - dim):
        if level < 0.7 * _LIGHT:
            continue
        light = np.asarray(grey > level, np.uint8)
        light = cv2.morphologyEx(light, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        for outline in cv2.findContours(light, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
            hull = cv2.convexHull(outline)
            (_, _), size, _ = box = cv2.minAreaRect(hull)
            width, length = sorted(size)
            if length < _LEAST_PX or not _ASPECT[0] * width < length < _ASPECT[1] * width:
                continue
            if cv2.contourArea(hull) < _FILL * width * length:
                continue
            points = cv2.boxPoints(box).astype(np.float64)
            middle = points.mean(axis=0)
            right, high = (points - middle) @ side, (points - middle) @ up
            order = np.argsort(-high)
            top, low = sorted(order[:2], key=lambda k: right[k]), sorted(order[2:], key=lambda k: right[k])
            corners = points[[top[0], top[1], low[1], low[0]]]
            long = (corners[0] + corners[1] - corners[2] - corners[3]) / 2
            if np.linalg.norm(long) < 0.9 * length or abs(float(long @ side)) > _LEAN * float(np.linalg.norm(long)):
                continue
            yield corners


def _read(pixels: Pixels, corners: Floats) -> Indicator | None:
    """What the pointer on a straightened plate says; None: it is no indicator."""
    frame = np.array([[0, 0], [WIDE, 0], [WIDE, HIGH], [0, HIGH]], np.float32) - 0.5
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), frame)
    flat = np.asarray(cv2.warpPerspective(pixels, turn, (WIDE, HIGH), flags=cv2.INTER_LINEAR), np.float32)
    ends = slice(round(0.2 * HIGH), round(0.8 * HIGH))
    beside = np.concatenate((flat[ends, 6:13], flat[ends, -13:-6]), axis=1).reshape(-1, 3)
    ground = np.median(beside, axis=0)
    level = float(ground.max())
    if level < _LIGHT or level - float(ground.min()) > _GREYNESS * level:
        return None
    flat /= np.maximum(ground, 1.0)  # the light's colour does not matter
    middle = flat[:, round(0.40 * WIDE) : round(0.60 * WIDE)]
    dark = middle.min(axis=2).min(axis=1) < _SLOT
    if dark[ends].mean() < 0.8 or float(np.median(flat[ends, 5:13].mean(axis=2))) < 0.85:
        return None
    strong = middle.max(axis=2)
    chroma = ((strong - middle.min(axis=2)) / np.maximum(strong, 0.25)).mean(axis=1)
    calm = float(np.median(chroma[ends]))
    peak = float(chroma[ends].max())
    if peak < _COLOUR + calm:
        return None
    rows = np.nonzero(chroma > (peak + calm) / 2)[0]
    rows = rows[(rows >= ends.start) & (rows < ends.stop)]
    if np.ptp(rows) > _SPREAD * HIGH + 4:
        return None  # more than one pointer, or something else that is coloured
    above = 1 - (float(rows.mean()) + 0.5) / HIGH
    opened = (above - _TRAVEL[0]) / (_TRAVEL[1] - _TRAVEL[0])
    if not -_END < opened < 1 + _END:
        return None
    return Indicator(min(max(opened, 0.0), 1.0), min(1.0, (peak - calm) / (2 * _COLOUR)), corners)
