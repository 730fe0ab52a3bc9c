"""Ground around a robot: heights on a grid that turns with it, and how the ground there is inclined. Training only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# forward, then left [m]: a Lite3's feet stand at +-0.17, +-0.16
AHEAD_M = (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6)
LEFT_M = (-0.25, 0.0, 0.25)
POINTS = np.array([(x, y) for x in AHEAD_M for y in LEFT_M])  # (p, 2)
COUNT = len(POINTS)
# the grid is symmetric, so the plane that fits best has gradients of its own along x and y
_FIT = (POINTS / (POINTS**2).sum(axis=0)).astype(np.float32)


def mirror_order() -> list[int]:
    """Where each point lies in the mirror."""
    rows = len(LEFT_M)
    return [rows * i + (rows - 1 - j) for i in range(len(AHEAD_M)) for j in range(rows)]


def scan(xy: NDArray[np.floating], yaw: Array, height: Callable[[NDArray[np.floating]], NDArray[np.floating]]) -> Array:
    """Ground heights [m] in the world at the grid of each robot, (n, COUNT).

    Args:
        xy: base positions [m], (n, 2).
        yaw: headings [rad], (n,).
        height: ground height [m] under points (m, 2): (m,).
    """
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    x, y = POINTS.T
    points = np.stack((xy[:, :1] + cos * x - sin * y, xy[:, 1:] + sin * x + cos * y), axis=-1)
    return height(points.reshape(-1, 2)).reshape(len(xy), COUNT).astype(np.float32)


def gradient(heights: Array) -> Array:
    """Rise per metre forwards and to the left of the best plane through a scan (n, COUNT): (n, 2)."""
    return heights @ _FIT
