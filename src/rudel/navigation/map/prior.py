"""Ground that a survey knows, for the cells of a window whose own ground has not been seen yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map.grid import GridMap
from rudel.navigation.map.terrain import lowest_near
from rudel.navigation.map.window import Window


class Prior:
    """The lowest heights of a survey, cut out for a window.

    A robot that sets out right before a girder sees it before the ground below, which lies in its LiDAR's blind ring:
    without that ground, what hangs is taken for the top of what stands.

    Args:
        static: of the survey; its cells agree with those of the windows.
        cells: the ground near a cell is the lowest height within a square of so many cells.
    """

    def __init__(self, static: GridMap, cells: int) -> None:
        self._lowest = lowest_near(static.elevation, cells)
        self._origin, self._resolution_m = static.origin, static.resolution_m
        self._at: tuple[int, int] | None = None
        self._under = np.zeros((0, 0), np.float32)

    def under(self, window: Window) -> NDArray[np.float32]:
        """(n, n) height of the ground near each cell of the window [m]; inf: the survey does not know."""
        if self._at != (window.j0, window.i0):
            x, y = window.origin
            left, top = (round((at - zero) / self._resolution_m) for at, zero in zip((x, y), self._origin, strict=True))
            ny, nx = self._lowest.shape
            n = window.cells
            self._under = np.full((n, n), np.inf, np.float32)
            rows, columns = slice(max(top, 0), min(top + n, ny)), slice(max(left, 0), min(left + n, nx))
            if rows.start < rows.stop and columns.start < columns.stop:
                here = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
                self._under[here] = self._lowest[rows, columns]
            self._at = window.j0, window.i0
        return self._under
