"""The needle of a dial: the one straight stroke from near the middle outwards that is unlike the face."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.inspection._dial_scale import Dial, polar

Floats = NDArray[np.floating]

_ANGLES = np.linspace(0, 2 * np.pi, 720, endpoint=False)
_OFFSETS = np.linspace(-0.12, 0.12, 17)  # of the line from the middle, in radii: the middle is not known exactly
_FACE = np.linspace(0.12, 0.62, 21)
_INNER, _OUTER = 0.30, 0.60  # of the band of marks: beyond the hub and a tail, within the numbers
_ACROSS = np.linspace(-0.09, 0.09, 37)
_ELSEWHERE = math.radians(12)  # other strokes are looked for beyond this where they pass the middle alike,
_FAR = math.radians(30)  # and beyond this on any side of it: nearer ones run within the needle's own width
_SHARE = 30  # percentile along a stroke: a needle goes on, letters do not


@dataclass(frozen=True)
class Needle:
    """A needle on the dial's face.

    Attributes:
        direction_rad: anticlockwise from the right.
        offset: of its line from the middle, to the left of the direction, in radii.
        std_rad: of the direction.
        contrast: colour difference to the face [levels].
        noise: of the face [levels].
        rival: contrast of the next best stroke over its own.
    """

    direction_rad: float
    offset: float
    std_rad: float
    contrast: float
    noise: float
    rival: float

    def reaches(self, radius: float) -> float:
        """Angle at which its line meets the circle of that radius [rad]."""
        return self.direction_rad + math.asin(max(-1.0, min(1.0, self.offset / radius)))


def find(colour: Floats, dial: Dial) -> Needle:
    """The best stroke, however weak it is.

    Args:
        colour: (h, w, 3) float32.
        dial: where the face is.
    """
    radius = dial.band
    face, noise = _face(colour, dial)
    along = np.linspace(_INNER, _OUTER, 20) * radius
    scores = np.stack([_strokes(colour, dial, face, along, offset) for offset in _OFFSETS * radius])
    k, n = np.unravel_index(int(np.argmax(scores)), scores.shape)
    best = float(scores[k, n])
    apart = np.abs((_ANGLES - _ANGLES[n] + np.pi) % (2 * np.pi) - np.pi)
    others = max(float(scores[k, apart > _ELSEWHERE].max()), float(scores[:, apart > _FAR].max()))
    rival = others / max(best, 1e-6)
    direction, offset, std = _fitted(colour, dial, face, along, float(_ANGLES[n]), float(_OFFSETS[k]) * radius, noise)
    return Needle(direction, offset, std, best, noise, rival)


def _face(colour: Floats, dial: Dial) -> tuple[Floats, float]:
    """Colour of the empty face as (3, 3): of 1, x, y on the dial; and how far pixels are from it [levels]."""
    samples = polar(colour, dial, _FACE * dial.band, _ANGLES[::4])
    x = (_FACE[:, None] * dial.band) * np.cos(_ANGLES[::4])
    y = (_FACE[:, None] * dial.band) * np.sin(_ANGLES[::4])
    design = np.stack((np.ones_like(x), x, y), axis=2).reshape(-1, 3)
    values = samples.reshape(-1, 3).astype(np.float64)
    good = np.linalg.norm(values - np.median(values, axis=0), axis=1)
    good = good <= np.percentile(good, 75)
    model = np.zeros((3, 3))
    noise = 1.0
    for _ in range(3):
        model = np.linalg.lstsq(design[good], values[good], rcond=None)[0]
        off = np.linalg.norm(values - design @ model, axis=1)
        noise = max(1.0, float(np.median(off)))
        good = off < 2.5 * noise
    return model, noise


def _unlike(colour: Floats, dial: Dial, face: Floats, points: Floats) -> Floats:
    """Colour distance from the face [levels] at points (..., 2) of the dial."""
    at = dial.pixels(points).astype(np.float32)
    flat = at.reshape(1, -1, 2)
    values = cv2.remap(colour, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    design = np.concatenate((np.ones((*points.shape[:-1], 1)), points), axis=-1)
    return np.linalg.norm(values.reshape(*points.shape[:-1], 3) - design @ face, axis=-1)


def _strokes(colour: Floats, dial: Dial, face: Floats, along: Floats, offset: float) -> Floats:
    """(angles,) contrast of the strokes in every direction whose line passes the middle at ``offset``."""
    c, s = np.cos(_ANGLES)[:, None], np.sin(_ANGLES)[:, None]
    points = np.stack((along * c - offset * s, along * s + offset * c), axis=2)
    return np.percentile(_unlike(colour, dial, face, points), _SHARE, axis=1)


def _fitted(
    colour: Floats, dial: Dial, face: Floats, along: Floats, angle: float, offset: float, noise: float
) -> tuple[float, float, float]:
    """Direction, offset and standard deviation of the direction: a line through the middles of the stroke."""
    for _ in range(2):
        ahead, left = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
        across = _ACROSS * dial.band
        points = along[:, None, None] * ahead + (offset + across)[None, :, None] * left
        weight = np.maximum(_unlike(colour, dial, face, points) - 2 * noise, 0.0)
        weight *= np.exp(-0.5 * (across / (0.05 * dial.band)) ** 2)
        total = weight.sum(axis=1)
        good = total > 0.25 * np.median(total) + 1e-9
        if good.sum() < 6:
            return angle, offset, math.inf
        middle = (weight[good] @ across) / total[good]
        at = along[good]
        slope, start = np.polyfit(at, middle, 1)
        apart = middle - (slope * at + start)
        keep = np.abs(apart) <= 2.5 * np.median(np.abs(apart)) + 1e-6
        if keep.sum() >= 6:
            slope, start = np.polyfit(at[keep], middle[keep], 1)
            apart = middle[keep] - (slope * at[keep] + start)
            at = at[keep]
        spread = float(np.sqrt(np.sum(apart**2) / max(len(at) - 2, 1)))
        std = spread / float(np.sqrt(np.sum((at - at.mean()) ** 2)))
        angle, offset = angle + math.atan(float(slope)), offset + float(start) * math.cos(math.atan(float(slope)))
    return angle, offset, std
