"""The scale of a dial: where it really is in the picture, from the even spacing of its marks.

Coordinates on a dial: (x, y) with x right, y up and gravity down, the fitted ellipse being the unit circle. An ellipse
alone leaves open where the middle of the circle is (a near part looks larger), and a rim stands out before the face:
both move the middle. A scale whose marks are evenly spaced in angle tells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.inspection._ellipses import Ellipse

Floats = NDArray[np.floating]

FEWEST, MOST = 18, 100  # intervals between marks that are looked for
_ANGLES = 720
_RADII = np.linspace(0.64, 1.02, 20)
_BAND, _NEAR = 3, 15  # radii that are averaged; angles on either side that a mark is compared with
_ROLL_STD = math.radians(2.0)  # of a gauge on the wall, and of the pose that gravity comes from
_REFINED = 3  # of the starting places
_CLEAR = 8.0  # standard errors between marks and gaps from which on a scale counts as seen
_ALIKE = 5.0  # marks, at most, in favour of those being marks that are as dark or light as the rest of the print
_FAINT = 2.0  # levels that mean nothing
_THETA = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)


@dataclass(frozen=True)
class Span:
    """Where a scale begins, anticlockwise from the right, and how far it runs clockwise [rad]."""

    start_rad: float = math.radians(225)
    sweep_rad: float = math.radians(270)


@dataclass(frozen=True, eq=False)
class Dial:
    """How a dial lies in a picture.

    Attributes:
        ellipse: its rim, or another circle around its middle.
        roll_rad: how far the dial's up is turned anticlockwise from where ``ellipse.shape`` puts it.
        shift: (2,) the middle of the dial's face, in radii: because the rim stands out.
        tilt: (2,) where the middle moves because the near part looks larger.
        intervals: between the marks, 0: they were not seen.
        band: radius of the marks.
        clear: how far they stand out from what is between them [standard errors].
        turned_rad: how far the marks are turned anticlockwise from where the start of the scale was expected.
        doubt_rad: standard deviation of that: the next mark could be the first.
    """

    ellipse: Ellipse
    roll_rad: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    tilt: tuple[float, float] = (0.0, 0.0)
    intervals: int = 0
    band: float = 0.86
    clear: float = 0.0
    turned_rad: float = 0.0
    doubt_rad: float = 0.0

    def pixels(self, points: Floats) -> Floats:
        """Pixels (..., 2) of points (..., 2) on the dial."""
        c, s = math.cos(self.roll_rad), math.sin(self.roll_rad)
        p = np.asarray(points) @ np.array([[c, s], [-s, c]]) + np.array(self.shift)
        size = math.hypot(*self.tilt)
        if size > 1e-9:  # moves the middle to ``tilt`` and keeps the circle: the hyperbolic translation of Klein's disc
            ahead = np.array(self.tilt) / size
            along = p @ ahead
            across = p - along[..., None] * ahead
            p = ((along + size)[..., None] * ahead + math.sqrt(1 - size**2) * across) / (1 + size * along)[..., None]
        flipped = p * np.array([1.0, -1.0])  # y of pictures runs down
        return self.ellipse.centre + flipped @ self.ellipse.shape.T


def polar(picture: Floats, dial: Dial, radii: Floats, angles: Floats = _THETA) -> Floats:
    """A picture (h, w[, c]) around a dial: (radii, angles[, c]) float32."""
    rays = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    at = dial.pixels(np.asarray(radii)[:, None, None] * rays).astype(np.float32)
    values = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, np.float32)


def fit(grey: Floats, ellipse: Ellipse, up: Floats, span: Span) -> Dial:
    """The dial whose marks are spaced most evenly; ``intervals`` is 0 where no marks stand out.

    Args:
        grey: (h, w) float32.
        ellipse: around the dial's middle.
        up: (2,) direction of up in the picture, at the ellipse [pixels].
        span: of the scale.
    """
    comb = _Comb(grey, span)
    upright = Dial(ellipse, _roll(ellipse, up))
    starts = [replace(upright, shift=shift, tilt=tilt) for shift, tilt in _starts(ellipse)]
    starts.sort(key=comb.power, reverse=True)
    refined = [_refined(comb, one) for one in starts[:_REFINED]]
    return comb.placed(max(refined, key=lambda pair: pair[1])[0])


def _refined(comb: _Comb, dial: Dial) -> tuple[Dial, float]:
    """The dial near ``dial`` whose marks are spaced most evenly, and how evenly."""
    best, score, step = dial, comb.power(dial), 0.02
    while step > 0.002:
        trials = [
            replace(best, shift=_moved(best.shift, d), tilt=_moved(best.tilt, e))
            for d, e in [*((d, (0, 0)) for d in _cross(step)), *(((0, 0), d) for d in _cross(step))]
        ]
        powers = [comb.power(one) for one in trials]
        k = int(np.argmax(powers))
        if powers[k] > score:
            best, score = trials[k], powers[k]
        else:
            step /= 2
    return best, score


def _roll(ellipse: Ellipse, up: Floats) -> float:
    """The angle on the dial, anticlockwise from its y axis, of a direction in the picture."""
    x, y = np.linalg.solve(ellipse.shape, np.asarray(up, np.float64)) * np.array([1.0, -1.0])
    return math.atan2(-x, y)


def _starts(ellipse: Ellipse) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Where to begin looking: along the shorter axis, which is where a tilt moves the middle."""
    values, vectors = np.linalg.eigh(ellipse.shape)
    aslant = math.sqrt(max(0.0, 1 - (float(values[0]) / float(values[1])) ** 2))
    ahead = vectors[:, 0] * np.array([1.0, -1.0])
    steps = np.array([0.0, -0.10, -0.05, 0.05, 0.10]) * min(1.0, aslant / 0.4)
    pairs = [(s, t) for s in steps for t in steps] if aslant > 0.1 else [(0.0, 0.0)]
    return [((float(s * ahead[0]), float(s * ahead[1])), (float(t * ahead[0]), float(t * ahead[1]))) for s, t in pairs]


def _cross(step: float) -> list[tuple[float, float]]:
    return [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)]


def _moved(at: tuple[float, float], by: tuple[float, float]) -> tuple[float, float]:
    x, y = at[0] + by[0], at[1] + by[1]
    size = math.hypot(x, y)
    most = 0.3
    return (x, y) if size <= most else (x * most / size, y * most / size)


class _Comb:
    """How evenly what lies on circles around the middle is spaced, for each spacing."""

    def __init__(self, grey: Floats, span: Span) -> None:
        self._grey, self._span = grey, span
        middle = span.start_rad - span.sweep_rad / 2
        self._inside = np.abs(_wrapped(_THETA - middle)) <= span.sweep_rad / 2
        self._counts = np.arange(FEWEST, MOST + 1)
        waves = self._counts * (2 * np.pi / span.sweep_rad)  # per turn
        phase = np.exp(-1j * waves[:, None] * (_THETA - span.start_rad)[None]) * self._inside
        self._waves = np.asarray(phase / self._inside.sum(), np.complex64).T

    def power(self, dial: Dial) -> float:
        """Of the most even spacing at the best radius."""
        return float(self._evenness(self._bands(dial))[1].max())

    def _bands(self, dial: Dial) -> Floats:
        """(bands, angles): how much each direction differs from its surroundings, at each radius."""
        bands = self._rings(dial)
        most = np.maximum(3 * _FAINT, 1.5 * np.median(np.abs(bands), axis=1, keepdims=True))
        return np.clip(bands, -most, most)  # a mark on a coloured part of the scale counts as much as one on white

    def _rings(self, dial: Dial) -> Floats:
        rings = cv2.blur(polar(self._grey, dial, _RADII), (1, _BAND))
        around = np.concatenate((rings[:, -_NEAR:], rings, rings[:, :_NEAR]), axis=1)
        return np.asarray(rings - cv2.blur(around, (2 * _NEAR + 1, 1))[:, _NEAR:-_NEAR], np.float32)

    def _evenness(self, bands: Floats) -> tuple[NDArray[np.complexfloating], Floats]:
        """Complex strength of each spacing (bands, counts), and how much of what is on the circle it explains.

        Numbers are strong, but marks explain more of their circle; many marks that agree mean more than few.
        """
        answers = bands @ self._waves
        whole = np.sqrt(np.mean(bands[:, self._inside] ** 2, axis=1) + _FAINT**2)
        return answers, np.abs(answers) / whole[:, None] * np.sqrt(self._counts)

    def placed(self, dial: Dial) -> Dial:
        """With number, radius and turn of the marks."""
        bands = self._bands(dial)
        answers, evenness = self._evenness(bands)
        k, n = np.unravel_index(int(np.argmax(evenness)), evenness.shape)
        count, band = int(self._counts[n]), float(_RADII[k])
        spacing = self._span.sweep_rad / count
        tried: list[tuple[float, float, float]] = []
        rings = self._rings(dial)[: k + 2]  # the face up to its marks, not the rim
        dark = float(np.mean(rings**3) / (np.mean(rings**2) ** 1.5 + 1e-6))  # marks and numbers are few and strong
        for sign in (-1.0, 1.0):
            turned = -float(np.angle(sign * answers[k, n])) * spacing / (2 * np.pi)
            bonus = min(_ALIKE, max(0.0, 8 * sign * dark))
            for one in (turned + m * spacing for m in range(-3, 4)):
                tried.append((self._ends(sign * bands[k], one, count) + bonus, sign, one))
        score, sign, turned = max(tried)
        weights = np.exp([other - score for other, _, _ in tried])
        doubt = float(np.sqrt(weights @ [(one - turned) ** 2 for _, _, one in tried] / weights.sum()))
        marks = self._at(sign * bands[k], turned, np.arange(count + 1.0), count)
        gaps = self._at(sign * bands[k], turned, np.arange(count) + 0.5, count)
        spread = math.sqrt((float(marks.var()) + float(gaps.var())) / count + _FAINT**2 / count)
        clear = float(marks.mean() - gaps.mean()) / spread  # standard errors between marks and what is between them
        if clear < _CLEAR:
            return replace(dial, band=band, clear=clear)
        return replace(dial, intervals=count, band=band, clear=clear, turned_rad=turned, doubt_rad=doubt)

    def _at(self, marks: Floats, turned: float, positions: Floats, count: int) -> Floats:
        """Values of a circle at ``positions`` on a turned scale of ``count`` intervals."""
        at = self._span.start_rad + turned - self._span.sweep_rad / count * positions
        return np.interp(np.mod(at, 2 * np.pi), np.append(_THETA, 2 * np.pi), np.append(marks, marks[0]))

    def _ends(self, marks: Floats, turned: float, count: int) -> float:
        """How well a comb of ``count`` intervals fits, its ends included, less how unlikely such a turn is."""
        values = self._at(marks, turned, np.arange(-3.0, count + 4), count)
        values = np.clip(values / (np.median(values[3:-3]) + 1e-6), 0, 1.5)
        outside = float(values[:3].sum() + values[-3:].sum())
        return float(values[3:-3].sum()) - outside - 0.5 * (turned / _ROLL_STD) ** 2


def _wrapped(angle: Floats | float) -> Floats:
    """Into -pi to pi."""
    return np.asarray((np.asarray(angle) + np.pi) % (2 * np.pi) - np.pi)
