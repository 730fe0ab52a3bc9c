"""Ellipses in pictures: what a round thing looks like from anywhere. Candidates, the best supported by edges first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

MIN_DIAMETER_PX = 36.0
MIN_RATIO = 0.68  # of the axes: a circle seen 47 degrees aslant
_LEVELS, _AROUND = 18, 96
_ROUGH, _RESIDUAL = 0.10, 0.045  # of the radius: how far an outline may be from its ellipse, before and after fitting
_TURN = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
_UNIT = np.stack((np.cos(_TURN), np.sin(_TURN)), axis=1)


@dataclass(frozen=True, eq=False)
class Ellipse:
    """The unit circle under ``shape``: pixel = centre + shape @ (x, y).

    Attributes:
        centre: (2,) [pixels].
        shape: (2, 2) symmetric; its eigenvalues are the half axes [pixels].
        support: share of its outline with an edge of the common sign, 0 to 1.
    """

    centre: Floats
    shape: Floats
    support: float = 0.0

    @property
    def axes(self) -> tuple[float, float]:
        """Half axes [pixels], the longer first."""
        low, high = np.linalg.eigvalsh(self.shape)
        return float(high), float(low)

    def outline(self, scale: float = 1.0) -> Floats:
        """(96, 2) points on it [pixels]."""
        return self.centre + scale * _UNIT @ self.shape.T


def find(grey: Floats, most: int = 6) -> list[Ellipse]:
    """Ellipses in a grey picture (h, w), distinct, the best supported first.

    Outlines of everything brighter than each of a number of levels are made convex, which closes what needles and marks
    open at the rim; those that are near an ellipse are fitted again to the strongest edges nearby.
    """
    smooth = np.asarray(cv2.GaussianBlur(np.asarray(grey, np.float32), (0, 0), 1.0), np.float32)
    slopes = np.stack((cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)), axis=2) / 8
    least = max(1.0, 2.5 * float(np.median(np.abs(slopes))) * 1.48)
    rough = _distinct(sorted(_outlines(smooth), key=lambda e: -e.axes[1]), 0.04)
    fitted = [better for one in rough[:40] if (better := _fitted(one, slopes, least)) is not None]
    fitted.sort(key=lambda e: -e.support)
    return _distinct(fitted, 0.03)[:most]


def _outlines(smooth: Floats) -> list[Ellipse]:
    height, width = smooth.shape
    low, high = np.percentile(smooth, (1, 99.7))
    found: list[Ellipse] = []
    for level in np.linspace(low, high, _LEVELS + 2)[1:-1]:
        above = np.asarray(smooth > level, np.uint8)
        for outline in cv2.findContours(above, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]:
            if len(outline) < 2 * MIN_DIAMETER_PX:
                continue
            x, y, w, h = cv2.boundingRect(outline)
            if min(w, h) < MIN_DIAMETER_PX * MIN_RATIO or x <= 1 or y <= 1 or x + w >= width - 1 or y + h >= height - 1:
                continue
            one = _of_points(_even(cv2.convexHull(outline)[:, 0].astype(np.float64)), _ROUGH)
            if one is not None:
                found.append(one)
    return found


def _even(corners: Floats) -> Floats:
    """Points at even distances along a closed polygon (n, 2)."""
    closed = np.vstack((corners, corners[:1]))
    along = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))))
    at = np.linspace(0, along[-1], _AROUND, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, k]) for k in (0, 1)], axis=1)


def _of_points(points: Floats, residual: float) -> Ellipse | None:
    """The ellipse through points (n, 2), None where they do not lie on one."""
    if len(points) < 12:
        return None
    fitted: Any = cv2.fitEllipseDirect(points.astype(np.float32).reshape(-1, 1, 2))
    (cx, cy), (d1, d2), degrees = fitted
    if not (math.isfinite(cx + cy + d1 + d2) and max(d1, d2) >= MIN_DIAMETER_PX):
        return None
    if min(d1, d2) < MIN_RATIO * max(d1, d2):
        return None
    a = math.radians(degrees)
    turn = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    one = Ellipse(np.array([cx, cy]), turn @ np.diag([d1 / 2, d2 / 2]) @ turn.T)
    radius = np.linalg.norm((points - one.centre) @ np.linalg.inv(one.shape).T, axis=1)
    return one if float(np.percentile(np.abs(radius - 1), 85)) < residual else None


def _fitted(one: Ellipse, slopes: Floats, least: float) -> Ellipse | None:
    """Fitted again to the strongest edges within 6, then 3 % of the radius; None where there are too few."""
    for reach in (0.06, 0.03):
        scale = np.linspace(1 - reach, 1 + reach, 17)
        points = one.centre + scale[:, None, None] * (_UNIT @ one.shape.T)  # (17, around, 2)
        normal = _UNIT @ np.linalg.inv(one.shape).T
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        steep = (_sampled(slopes, points) * normal).sum(axis=2)
        sign = np.sign(np.sum(steep[np.argmax(np.abs(steep), axis=0), np.arange(_AROUND)]))
        best = np.argmax(sign * steep, axis=0)
        strength = sign * steep[best, np.arange(_AROUND)]
        good = strength > max(least, 0.3 * float(np.median(strength)))
        if good.sum() < 0.5 * _AROUND:
            return None
        better = _of_points(points[best, np.arange(_AROUND)][good], _RESIDUAL)
        if better is None:
            return None
        radius = np.linalg.norm(
            (points[best, np.arange(_AROUND)] - better.centre) @ np.linalg.inv(better.shape).T, axis=1
        )
        one = Ellipse(better.centre, better.shape, float((good & (np.abs(radius - 1) < 0.03)).mean()))
    return one


def _sampled(picture: Floats, points: Floats) -> Floats:
    """Values of a picture (h, w, c) at points (..., 2) [pixels], (..., c)."""
    flat = points.reshape(1, -1, 2).astype(np.float32)
    values = cv2.remap(picture, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, np.float32).reshape(*points.shape[:-1], -1)


def _distinct(ellipses: list[Ellipse], apart: float) -> list[Ellipse]:
    """Without those that are nearly an earlier one."""
    kept: list[Ellipse] = []
    for one in ellipses:
        size = one.axes[0]
        if all(
            np.linalg.norm(one.centre - k.centre) > apart * size or np.abs(one.shape - k.shape).max() > apart * size
            for k in kept
        ):
            kept.append(one)
    return kept
