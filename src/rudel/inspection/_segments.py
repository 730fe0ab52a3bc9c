"""Seven-segment digits that glow: finds them by their colour and reads which segments are lit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating]

DARK = "nothing glows there as digits do"
HEIGHT = 96  # of the digits in the straightened picture [pixels]
_MARGIN = 16
_MIN_COLOUR = 28.0  # levels between the strongest and the weakest colour of something that glows
_MIN_DIGIT_PX = 14.0
_USUAL_WIDTH, _WIDEST = 0.38, 0.80  # of a digit, of its height
_AS_TALL = 0.7  # as the tallest row
_ONE = 0.21  # of the height: narrower digits are ones
_NO_POINT, _POINT = 0.25, 0.45  # how lit a decimal point is; between them it cannot be told
_FAINT, _FAINTLY = 0.1, 0.5  # what is left of a point that is known to be there; how clear that is then at least
_POINT_WIDE = 0.055  # of the height
_MINUS = 0.6  # of the height: how far before the first digit it may begin
_SLOPES = np.linspace(-0.5, 0.5, 101)
_DIGITS = {
    "abcdef": "0", "bc": "1", "abged": "2", "abgcd": "3", "fgbc": "4", "afgcd": "5", "afgedc": "6", "fgedc": "6",
    "abc": "7", "fabc": "7", "abcdefg": "8", "abcdfg": "9", "abcfg": "9", "g": "-",
}  # fmt: skip
_BY_SEGMENTS = {frozenset(segments): digit for segments, digit in _DIGITS.items()}
# Middles of the segments, from the left and the top, in widths and heights between the middles of the outer ones.
_AT = {
    "a": (0.5, 0.0), "b": (1.0, 0.25), "c": (1.0, 0.75), "d": (0.5, 1.0), "e": (0.0, 0.75), "f": (0.0, 0.25),
    "g": (0.5, 0.5),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Number:
    """What segments show: text, how clearly the least clear segment is lit or not (0 to 1), corners (4, 2) [pixels]."""

    text: str
    clear: float
    corners: Floats


def find(pixels: Pixels, near: Floats, decimals: int | None = None) -> Number | str:
    """The glowing number in an RGB picture (h, w, 3) nearest to ``near`` (2,) [pixels], or why there is none.

    ``decimals``: how many places it has behind the point, where that is known.
    """
    values = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 0.7)
    glow = values.max(axis=2) - values.min(axis=2)
    rows = _rows(glow, near)
    if not rows:
        return DARK
    why = ""
    for corners in rows[:3]:
        found = _read(_straight(glow, corners), decimals)
        if isinstance(found, tuple):
            return Number(found[0], found[1], corners)
        why = why or found
    return why


def _rows(glow: Floats, near: Floats) -> list[Floats]:
    """Corners (4, 2) of rows of glowing strokes, from the top left, clockwise; the best first."""
    peak = float(np.percentile(glow, 99.8))
    if peak < _MIN_COLOUR:
        return []
    found: list[tuple[float, Floats]] = []
    lit = np.asarray(glow > 0.5 * peak, np.uint8)
    for size in (3, 7, 11, 17):
        joined = cv2.morphologyEx(lit, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        tall = [k for k in range(1, count) if stats[k, cv2.CC_STAT_HEIGHT] >= _MIN_DIGIT_PX]
        for first in tall:
            height = stats[first, cv2.CC_STAT_HEIGHT]
            row = [k for k in tall if _beside(stats[k], stats[first], 0.35 * height)]
            inside = np.isin(labels, row) & (lit > 0)
            y, x = np.nonzero(inside)
            if len(x) < 20:
                continue
            corners = _corners(np.stack((x, y), axis=1).astype(np.float64))
            width, tallness = np.ptp(corners[:, 0]), np.linalg.norm(corners[3] - corners[0])
            away = np.linalg.norm(corners.mean(axis=0) - near) / max(float(tallness), 1.0)
            ahead = (corners[1] - corners[0]) / max(float(width), 1.0)
            corners[[0, 3]] -= _MINUS * tallness * ahead  # a minus is not tall enough to be found by itself
            found.append((float(away) - 2 * min(1.0, float(width / max(tallness, 1.0))), corners))
    tallest = max((_tall(corners) for _, corners in found), default=0.0)
    found = [pair for pair in found if _tall(pair[1]) > _AS_TALL * tallest]  # units are written smaller
    found.sort(key=lambda pair: pair[0])
    return [corners for _, corners in found]


def _tall(corners: Floats) -> float:
    return float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2


def _beside(one: NDArray[np.int32], other: NDArray[np.int32], slack: float) -> bool:
    top, bottom = one[cv2.CC_STAT_TOP], one[cv2.CC_STAT_TOP] + one[cv2.CC_STAT_HEIGHT]
    other_top, other_bottom = other[cv2.CC_STAT_TOP], other[cv2.CC_STAT_TOP] + other[cv2.CC_STAT_HEIGHT]
    return abs(int(top) - int(other_top)) < slack and abs(int(bottom) - int(other_bottom)) < slack


def _corners(points: Floats) -> Floats:
    """Of the slanted box around points (n, 2): sides upright, top and bottom along the slope that makes it lowest."""
    left, right = points[:, 0].min() - 0.5, points[:, 0].max() + 0.5
    hull = cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)
    across = hull[:, 1] - _SLOPES[:, None] * hull[:, 0]
    k = int(np.argmin(np.ptp(across, axis=1)))
    slope, top, bottom = float(_SLOPES[k]), float(across[k].min()) - 0.5, float(across[k].max()) + 0.5
    return np.array([[x, slope * x + c] for x, c in ((left, top), (right, top), (right, bottom), (left, bottom))])


def _straight(glow: Floats, corners: Floats) -> Floats:
    """The row of digits upright, HEIGHT high, with a margin; 0 dark to 1 lit."""
    across = float(np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    down = float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    width = int(np.clip(round(HEIGHT * across / max(down, 1.0)), 8, 12 * HEIGHT))
    box = np.array([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]], np.float32) + _MARGIN
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), box)
    flat = cv2.warpPerspective(glow, turn, (width + 2 * _MARGIN, HEIGHT + 2 * _MARGIN), flags=cv2.INTER_LINEAR)
    low, high = np.percentile(flat, (20, 97))
    return np.clip((flat - low) / max(float(high - low), 1.0), 0, 1)


def _read(flat: Floats, decimals: int | None = None) -> tuple[str, float] | str:
    """Text and clearness of a straightened row, or why it cannot be read."""
    text, clear, before = "", 1.0, 0
    points: list[float] = []  # how lit one is before each digit
    glyphs = _glyphs(flat)
    if not glyphs:
        return "no digits were found"
    wide = max(right - left for left, right in glyphs)
    cell = wide if wide > 0.75 * _USUAL_WIDTH * HEIGHT else round(_USUAL_WIDTH * HEIGHT)
    for left, right in glyphs:
        if right - left > _WIDEST * HEIGHT:
            return "digits run together"
        points.append(_point(flat, before, left) if text else 0.0)
        before = right
        if right - left < _ONE * HEIGHT and _filled(flat, left, right):
            text += "1"
            continue
        digit, sure = _digit(
            flat, max(right - cell, 0), right
        )  # all digits have a stroke on the right, not on the left
        if not digit:
            return "the segments of a digit make no number"
        text, clear = text + digit, min(clear, sure)
    pointed = _pointed(text, points, decimals)
    return (pointed[0], min(clear, pointed[1])) if isinstance(pointed, tuple) else pointed


def _pointed(text: str, points: list[float], decimals: int | None) -> tuple[str, float] | str:
    """Digits with their point, and how clearly it is there; or why there is no telling.

    Where the number of decimals is known, the point has to be where it belongs, however faint; and nowhere else.
    """
    lit = [k for k, point in enumerate(points) if point >= _POINT]
    doubtful = [k for k, point in enumerate(points) if _NO_POINT < point < _POINT]
    if decimals:
        at = len(text) - decimals
        if not 0 < at < len(text) or points[at] <= _FAINT or any(k != at for k in lit):
            return f"no decimal point where one belongs: {text}"
        return f"{text[:at]}.{text[at:]}", min(1.0, max(points[at], _FAINTLY))
    if decimals == 0:
        return f"a decimal point where none belongs: {text}" if lit else (text, 1.0)
    if doubtful:
        return "there may be a decimal point or not"
    for k in reversed(lit):
        text = f"{text[:k]}.{text[k:]}"
    return text, 1.0


def _glyphs(flat: Floats) -> list[tuple[int, int]]:
    """Left and right ends of the digits: columns that are lit above the foot, where points are."""
    upper = flat[_MARGIN : _MARGIN + round(0.84 * HEIGHT)]
    lit = np.concatenate(([False], upper.max(axis=0) > 0.5, [False]))
    starts, ends = np.nonzero(~lit[:-1] & lit[1:])[0], np.nonzero(lit[:-1] & ~lit[1:])[0]
    found: list[tuple[int, int]] = []
    for left, right in zip(starts.tolist(), ends.tolist(), strict=True):
        if right - left < 0.06 * HEIGHT or upper[: HEIGHT // 2, left:right].max() <= 0.5:
            continue  # a speck, or what is written small beside the digits
        found.append((left, right))
    return found


def _filled(flat: Floats, left: int, right: int) -> bool:
    """Lit from top to bottom, but for a gap in the middle?"""
    column = flat[_MARGIN : _MARGIN + HEIGHT, left:right].max(axis=1)
    return bool(np.mean(column > 0.5) > 0.75)


def _digit(flat: Floats, left: int, right: int) -> tuple[str, float]:
    """The digit whose segments are lit, "" when it is none, and the margin of the least clear segment."""
    half = 0.055 * HEIGHT  # of a stroke
    x0, y0 = left + half, _MARGIN + half
    width, height = right - left - 2 * half, HEIGHT - 2 * half
    levels: dict[str, float] = {}
    for name, (u, v) in _AT.items():
        x, y = x0 + u * width, y0 + v * height
        reach_x, reach_y = (0.14 * width, 0.05 * HEIGHT) if name in "adg" else (0.05 * HEIGHT, 0.08 * HEIGHT)
        part = flat[round(y - reach_y) : round(y + reach_y) + 1, round(x - reach_x) : round(x + reach_x) + 1]
        along = part.max(axis=0) if name in "adg" else part.max(axis=1)  # across the stroke: it may be beside
        levels[name] = float(np.median(along)) if along.size else 0.0
    lit = frozenset(name for name, level in levels.items() if level > 0.5)
    return _BY_SEGMENTS.get(lit, ""), 2 * min(abs(level - 0.5) for level in levels.values())


def _point(flat: Floats, left: int, right: int) -> float:
    """How lit a point at the foot of the gap between two digits is, 0 to 1.

    In a narrow gap the point fills its middle; in a wide one, beside a one or a seven, it is somewhere.
    """
    foot = flat[_MARGIN + round(0.84 * HEIGHT) : _MARGIN + round(1.04 * HEIGHT)].max(axis=0)
    middle, half = (left + right) / 2, max(0.5, 0.2 * (right - left))
    inside = foot[round(middle - half) : round(middle + half) + 1]
    narrow = float(inside.mean()) if inside.size else 0.0
    gap = np.sort(foot[left + 1 : right - 1])
    wide = round(_POINT_WIDE * HEIGHT)
    return max(narrow, float(gap[-wide]) if len(gap) >= wide else 0.0)
