"""What may be assumed of the ground around a robot that has only just begun to look: a LiDAR does not see its feet."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rudel.core.types import Pose

NEARBY_M, LEAST_SEEN, MOST_ONE_SIDED = 3.0, 30, 20.0  # what the plane that is assumed around the feet is fitted to
STEEPEST = 0.6  # rise over distance that a standing robot may lean with the ground


def lean(
    rise: NDArray[np.floating],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    distance: NDArray[np.float32],
    tilt: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(n, n) rise of the plane through the feet that fits the ground seen nearby best; that of the base without any.

    Args:
        rise: (n, n) of what was seen over the ground at the feet [m]; NaN is unknown.
        x, y, distance: (n, n) from the base [m].
        tilt: (2,) by how much the base leans [m/m]: x, y.
    """
    near = (distance < NEARBY_M) & ~np.isnan(rise)
    way, rise = np.stack((x[near], y[near]), axis=1).astype(np.float64), rise[near].astype(np.float64)
    slope = -tilt.astype(np.float64)
    for tolerance_m in (0.12, 0.06, 0.04):  # the foot of a wall is no ground
        ground = np.abs(rise - way @ slope) < tolerance_m
        square = way[ground].T @ way[ground]
        if ground.sum() < LEAST_SEEN or np.linalg.cond(square) > MOST_ONE_SIDED:
            slope = -tilt.astype(np.float64)
            break
        slope = np.linalg.solve(square, way[ground].T @ rise[ground])
    slope = np.clip(slope, -STEEPEST, STEEPEST)
    return (slope[0] * x + slope[1] * y).astype(np.float32)


def nearest_hit(
    points: NDArray[np.float32], pose: Pose, distance: NDArray[np.float32], heading: NDArray[np.float32], level: float
) -> NDArray[np.float32]:
    """How far from the base, in the direction of each cell, the first thing above the ground is [m]; inf: nothing."""
    high = points[:, points[2] > level + 0.15]
    dx, dy = high[0] - np.float32(pose.position[0]), high[1] - np.float32(pose.position[1])
    bins = 180
    index = ((np.arctan2(dy, dx) / (2 * math.pi) + 0.5) * bins).astype(np.intp) % bins
    nearest = np.full(bins, np.inf, np.float32)
    np.minimum.at(nearest, index, np.hypot(dx, dy))
    nearest = np.minimum(nearest, np.minimum(np.roll(nearest, 1), np.roll(nearest, -1)))
    return nearest[((heading / (2 * math.pi) + 0.5) * bins).astype(np.intp) % bins]
