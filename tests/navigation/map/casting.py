"""Scans of boxes on a floor, by plain geometry: 16 lines of a LiDAR, as a mapper gets them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from rudel.core.types import Pose
from rudel.navigation.types import Footprint, StampedCloud

Box = tuple[float, float, float, float, float, float]  # x0, x1, y0, y1, z0, z1
ROBOT = Footprint(0.6, 0.37, 0.48, 0.14, math.radians(30), 0.05)
STAND_M, MAST_M = 0.35, 0.20
LINES = np.radians(np.arange(-15.0, 15.1, 2.0))


def room(half: float = 4.0, high: float = 2.5) -> tuple[Box, ...]:
    """Four walls around the origin."""
    t, h = 0.2, half
    return (
        (-h - t, -h, -h - t, h + t, 0, high),
        (h, h + t, -h - t, h + t, 0, high),
        (-h, h, -h - t, -h, 0, high),
        (-h, h, h, h + t, 0, high),
    )


def scan(
    boxes: Sequence[Box],
    xy: tuple[float, float] = (0.0, 0.0),
    time_s: float = 0.1,
    rng: np.random.Generator | None = None,
    columns: int = 600,
    noise_m: float = 0.015,
    off: tuple[float, float, float] = (0.0, 0.0, 0.0),
    slope: float = 0.0,
    dust_per_m: float = 0.0,
) -> StampedCloud:
    """What the robot at xy sees; ``off``: by how much it is mistaken about where it is; floor z = slope * x.

    ``dust_per_m``: chance per metre that a ray comes back from a speck of dust.
    """
    ground = slope * xy[0]
    base = np.array([*xy, ground + STAND_M])
    eye = base + np.array([0, 0, MAST_M])
    turn, rise = np.meshgrid(np.arange(columns) * (2 * math.pi / columns), LINES)
    rays = np.stack((np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)), axis=-1).reshape(-1, 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = rays[:, 2] - slope * rays[:, 0]
        hit = np.where(fall < 0, (slope * eye[0] - eye[2]) / fall, np.inf)
        for box in boxes:
            low, high = np.array(box).reshape(3, 2).T
            a, b = (low - eye) / rays, (high - eye) / rays
            near, far = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
            hit = np.where((near <= far) & (near > 0), np.minimum(hit, near), hit)
    if dust_per_m and rng is not None:
        hit = np.minimum(hit, rng.exponential(1 / dust_per_m, len(hit)) + 0.3)
    seen = hit < 30.0
    hit, rays = hit[seen], rays[seen]
    if rng is not None:
        hit = hit + noise_m * rng.standard_normal(len(hit))
    shift = np.array(off)
    points = (eye + rays * hit[:, None] + shift).astype(np.float32)
    pitch = -math.atan(slope)  # the robot leans with the ground
    quat = np.array([math.cos(pitch / 2), 0, math.sin(pitch / 2), 0])
    return StampedCloud(time_s, points, eye + shift, Pose(base + shift, quat))


def walk(
    boxes: Sequence[Box],
    stops: Iterable[tuple[float, float]],
    rng: np.random.Generator | None = None,
    first_s: float = 0.1,
    speed_mps: float = 0.5,
) -> Iterable[StampedCloud]:
    """Scans at 10 Hz along straight lines through ``stops``."""
    time_s = first_s
    for a, b in itertools.pairwise(list(stops)):
        n = max(round(math.dist(a, b) / speed_mps * 10), 1)
        for k in range(n):
            xy = a[0] + (b[0] - a[0]) * k / n, a[1] + (b[1] - a[1]) * k / n
            yield scan(boxes, xy, time_s, rng)
            time_s += 0.1


def truth(boxes: Sequence[Box], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of the highest box that stands on the floor, at centres (..., 2) [m]."""
    found = np.zeros(centres.shape[:-1])
    for x0, x1, y0, y1, z0, z1 in boxes:
        inside = (centres[..., 0] > x0) & (centres[..., 0] < x1) & (centres[..., 1] > y0) & (centres[..., 1] < y1)
        if z0 < 0.01:
            found[inside] = np.maximum(found[inside], z1)
    return found
