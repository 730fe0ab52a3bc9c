"""What a map and a scan look like from above: walls to be found again, and floors to stand on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.localise._voxels import Array, thin
from rudel.navigation.localise.pointmap import PointMap

STEEP = 0.5  # |z| of a normal below which a plane is a wall: more than 60 degrees
FLAT = 0.85  # and above which it is a floor or a ceiling: less than 32 degrees
# Points of a scan in a column of that width show something upright if they reach so high: 41 degrees are no slope.
COLUMN_M, UPRIGHT_M = 0.4, 0.35
LEAST_GAP_M, GAP_SHARE = 0.45, 0.08  # between points over one another, and of their distance: two lines of 2 degrees
OVERHEAD_M = 2.5  # above the LiDAR: ceilings
FLOORS = 3  # heights kept for one cell


@dataclass(frozen=True, eq=False)
class Field:
    """How near the next wall is, 1 at a wall and falling like a Gaussian, (ny, nx) with its lower left corner."""

    origin: tuple[float, float]
    cell_m: float
    values: NDArray[np.float32]

    def at(self, xy: Array) -> NDArray[np.float32]:
        """Values (...) at points (..., 2) [m]; 0 outside."""
        ij = np.floor((xy - np.array(self.origin)) * (1 / self.cell_m)).astype(np.int32)
        ny, nx = self.values.shape
        inside = (ij[..., 0] >= 0) & (ij[..., 0] < nx) & (ij[..., 1] >= 0) & (ij[..., 1] < ny)
        flat = np.where(inside, ij[..., 1] * nx + ij[..., 0], 0)
        return np.where(inside, self.values.ravel().take(flat), np.float32(0))


class FloorPlan:
    """Walls and floors of a map.

    Attributes:
        low, high: (2,) corners of the box around all [m].
        walls: (n, 2) where walls are [m].
    """

    def __init__(self, map: PointMap) -> None:
        planes = map.planes()
        up = np.abs(planes.normal[:, 2])
        self.walls: Array = planes.centre[up < STEEP, :2]
        floors = planes.centre[up > FLAT]
        everything = planes.centre[:, :2] if len(planes.centre) else np.zeros((1, 2))
        self.low, self.high = everything.min(axis=0) - 1.0, everything.max(axis=0) + 1.0
        self._floors = floors

    def field(self, cell_m: float, blur_m: float) -> Field:
        """Distance to walls as a field of cells of ``cell_m``, falling off over ``blur_m``."""
        nx, ny = (math.ceil(s) for s in ((self.high - self.low) / cell_m).tolist())
        free = np.full((ny, nx), 255, np.uint8)
        ij = np.floor((self.walls - self.low) / cell_m).astype(np.intp)
        free[ij[:, 1], ij[:, 0]] = 0
        if not len(ij):
            return Field((float(self.low[0]), float(self.low[1])), cell_m, np.zeros((ny, nx), np.float32))
        away = cv2.distanceTransform(free, cv2.DIST_L2, 5) * cell_m
        values = np.exp(-0.5 * np.square(away / blur_m)).astype(np.float32)
        return Field((float(self.low[0]), float(self.low[1])), cell_m, values)

    def floors(self, cell_m: float) -> NDArray[np.float64]:
        """(ny, nx, FLOORS) heights of level surfaces in and next to each cell, lowest first [m]; NaN: none."""
        nx, ny = (math.ceil(s) for s in ((self.high - self.low) / cell_m).tolist())
        heights = np.full((ny, nx, FLOORS), np.nan)
        if not len(self._floors):
            return heights
        ij = np.floor((self._floors[:, :2] - self.low) / cell_m).astype(np.intp)
        cell = ij[:, 1] * nx + ij[:, 0]
        order = np.lexsort((self._floors[:, 2], cell))
        cells, z = cell[order], self._floors[order, 2]
        # surfaces within half a metre of the one below are that one: slopes, steps, thickness
        new = np.concatenate(([True], (np.diff(cells) != 0) | (np.diff(z) > 0.5)))
        cells, z = cells[new], z[new]
        first = np.concatenate(([True], np.diff(cells) != 0))
        rank = np.arange(len(cells)) - np.maximum.accumulate(np.where(first, np.arange(len(cells)), 0))
        kept = rank < FLOORS
        heights.reshape(-1, FLOORS)[cells[kept], rank[kept]] = z[kept]
        holes = np.isnan(heights[:, :, 0])
        for dj, di in ((0, 1), (1, 0), (0, -1), (-1, 0)):  # thinly seen floors have holes
            moved = np.roll(heights, (dj, di), axis=(0, 1))
            fill = holes & np.isnan(heights[:, :, 0]) & ~np.isnan(moved[:, :, 0])
            heights[fill] = moved[fill]
        return heights


def walls_in(points: Array, height_m: float, reach_m: float) -> Array:
    """(n, 2) where a levelled scan, points (k, 3) about the base, sees something upright [m].

    Points over one another show it: on slopes a LiDAR's lines lie beside each other, however much they rise.

    Args:
        points: with z up, as seen from the base.
        height_m: of the LiDAR over the base.
        reach_m: points further away are left out: turned by half a step of the search they are too far off.
    """
    away = np.hypot(points[:, 0], points[:, 1])
    near = np.flatnonzero((away < reach_m) & (points[:, 2] < height_m + OVERHEAD_M))
    points, gap = points[near], np.maximum(LEAST_GAP_M, GAP_SHARE * away[near])
    cell = np.floor(points[:, :2] * (1 / COLUMN_M)).astype(np.int64)
    order = np.lexsort((points[:, 2], cell[:, 1], cell[:, 0]))
    cell, z = cell[order], points[order, 2]
    new = np.ones(len(order), np.bool_)  # a run of points goes on while the next is in the same column and not far up
    new[1:] = (np.diff(cell, axis=0) != 0).any(axis=1) | (np.diff(z) > gap[order][1:])
    first = np.flatnonzero(new)
    high = z[np.append(first[1:], len(z)) - 1] - z[first] if len(z) else z
    upright = points[order[(high > UPRIGHT_M)[np.cumsum(new) - 1]], :2]
    return upright[thin(np.column_stack((upright, np.zeros(len(upright)))), 0.25)]
