"""Where a mission forbids a robot to go: rectangles and polygons in the map, and maps with them closed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map import KEEP_OUT, GridMap
from rudel.navigation.types import XY


@dataclass(frozen=True)
class Zone:
    """A polygon that nobody enters: corners in order [m], three at least."""

    name: str
    corners: tuple[XY, ...]

    def holds(self, xy: XY) -> bool:
        """Whether a point lies inside."""
        return bool(_inside(np.array([xy], np.float64), self.corners)[0])


def closed(grid: GridMap, zones: Sequence[Zone]) -> GridMap:
    """The same map with all cells whose middle lies in a zone marked as keep-out."""
    if not zones:
        return grid
    cells = grid.zones.copy()
    middles = grid.centres().reshape(-1, 2)
    for zone in zones:
        low, high = np.min(zone.corners, axis=0), np.max(zone.corners, axis=0)
        near = np.flatnonzero(((middles >= low) & (middles <= high)).all(axis=1))
        cells.reshape(-1)[near[_inside(middles[near], zone.corners)]] |= np.uint8(KEEP_OUT)
    return dataclasses.replace(grid, zones=cells)


def _inside(xy: NDArray[np.float64], corners: Sequence[XY]) -> NDArray[np.bool_]:
    """(n,) whether points (n, 2) lie in a polygon: a ray to the right crosses its edges an odd number of times."""
    inside = np.zeros(len(xy), np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y0 == y1:
            continue
        between = (xy[:, 1] >= min(y0, y1)) & (xy[:, 1] < max(y0, y1))
        inside ^= between & (xy[:, 0] < x0 + (xy[:, 1] - y0) / (y1 - y0) * (x1 - x0))
    return inside
