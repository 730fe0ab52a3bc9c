"""What an import knows about each cell of the ground, whatever kind of file it came from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

UNKNOWN, GROUND, OBSTACLE = 0, 1, 2
DETAIL = 3  # along the edge of a cell
WALL_M = 1.5  # height that an obstacle keeps above the floor beside it: enough to stop a robot dog


@dataclass(frozen=True, eq=False)
class Surface:
    """Cells of a grid: cell (j, i) has its lower left corner at low + cell_m * (i, j).

    Attributes:
        kind: (ny, nx) of UNKNOWN, GROUND, OBSTACLE.
        height: (ny, nx) of the ground, or of an obstacle's top, at most WALL_M above the floor beside it [m]; else NaN.
        ceiling: (ny, nx) height of what is above the ground [m]; inf: nothing, NaN where kind is not GROUND.
        cell_m: edge of a cell.
        low: (x, y) [m].
        detail: (DETAIL * ny, DETAIL * nx) heights within the cells [m], NaN where unknown; None: there are none.
    """

    kind: NDArray[np.uint8]
    height: Array
    ceiling: Array
    cell_m: float
    low: tuple[float, float]
    detail: Array | None = None

    @property
    def ground(self) -> Mask:
        """(ny, nx) where there is ground."""
        return self.kind == GROUND


def nearest(values: Array, known: Mask) -> Array:
    """``values`` (ny, nx), where not ``known`` that of the nearest known cell; needs one of them."""
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros(int(label.max()) + 1, values.dtype)
    label = np.asarray(label, np.intp)
    table[label[known]] = values[known]
    return table[label]


def smooth_fill(values: Array, known: Mask) -> Array:
    """``values`` (ny, nx), where not ``known`` a smooth continuation of what is around (push-pull pyramid)."""
    filled = np.where(known, values, 0.0)
    if known.all() or not known.any():
        return filled
    ny, nx = values.shape
    if min(ny, nx) <= 2:
        return nearest(values, known)
    weight = np.pad(known.astype(np.float64), ((0, ny % 2), (0, nx % 2)))
    total = np.pad(filled, ((0, ny % 2), (0, nx % 2)))
    blocks = (weight.shape[0] // 2, 2, weight.shape[1] // 2, 2)
    mass = weight.reshape(blocks).sum(axis=(1, 3))
    mean = total.reshape(blocks).sum(axis=(1, 3)) / np.maximum(mass, 1.0)
    coarse = smooth_fill(mean, mass > 0)
    fine = cv2.resize(coarse, (weight.shape[1], weight.shape[0]), interpolation=cv2.INTER_LINEAR)[:ny, :nx]
    return np.where(known, values, fine)


def close_gaps(surface: Surface, reach_m: float) -> tuple[Surface, int]:
    """Fill unknown cells that ground surrounds within ``reach_m``; returns how many there were.

    Their heights continue those around them; obstacles and larger holes stay as they are.
    """
    ground = surface.ground
    reach = int(reach_m / surface.cell_m + 1e-9)
    if reach < 1 or not ground.any():
        return surface, 0
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    padded = np.pad(ground.astype(np.uint8), reach)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc)[reach:-reach, reach:-reach] > 0
    gap = closed & (surface.kind == UNKNOWN)
    if not gap.any():
        return surface, 0
    kind, height, ceiling = surface.kind.copy(), surface.height.copy(), surface.ceiling.copy()
    kind[gap] = GROUND
    height[gap] = smooth_fill(surface.height, ground)[gap]
    free = np.where(ground, surface.ceiling - surface.height, np.inf)
    ceiling[gap] = height[gap] + nearest(np.where(np.isnan(free), np.inf, free), ground)[gap]
    return Surface(kind, height, ceiling, surface.cell_m, surface.low), int(gap.sum())
