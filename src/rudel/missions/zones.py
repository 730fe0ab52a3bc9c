"""Where a mission forbids a robot to go: rectangles and polygons in the map, and maps with them closed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from rudel.navigation.map import KEEP_OUT, GridMap
from rudel.navigation.types import XY


@dataclass(frozen=True)
class Zone:
    """A polygon that nobody enters: corners in order [m], three at least."""

    name: str
    corners: tuple[XY, ...]

    def holds(self, xy: XY) -> bool:
        """Whether a point lies inside or on the edge."""
        polygon = np.array(self.corners, np.float32).reshape(-1, 1, 2)
        return cv2.pointPolygonTest(polygon, (float(xy[0]), float(xy[1])), False) >= 0


def closed(grid: GridMap, zones: Sequence[Zone]) -> GridMap:
    """The same map with all cells whose middle lies in a zone marked as keep-out."""
    if not zones:
        return grid
    cells = grid.zones.copy()
    for zone in zones:
        corners = (np.array(zone.corners) - np.array(grid.origin)) / grid.resolution_m - 0.5
        inside = np.zeros(grid.shape, np.uint8)
        far = 8 * max(grid.shape)  # far enough outside to leave the shape inside as it is, near enough to be drawn
        fixed = np.round(np.clip(corners, -far, far) * 256).astype(np.int32)
        cv2.fillPoly(inside, [fixed.reshape(-1, 1, 2)], 1, shift=8)
        cells[inside > 0] |= KEEP_OUT
    return dataclasses.replace(grid, zones=cells)
