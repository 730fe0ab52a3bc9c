"""The surface that one walks on in a World: exact heights, by storey."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rudel.worlds._heightfield import HeightField
from rudel.worlds.place import _levels
from rudel.worlds.place._columns import Columns
from rudel.worlds.place._values import Vec2
from rudel.worlds.place.shapes import Shape

Array = NDArray[np.float64]

CELL_M = 0.1  # of the grid that tells storeys apart: finer than a foothold is wide
MAX_CELLS = 4_000_000
_FAR_M = 1e9  # stands for "the highest"
CHUNK = 200_000  # lines at once: bounds memory


class Surface:
    """Heights of the ground that is connected with the start.

    A point may have several surfaces above each other: the floor of a tunnel and the hill over it, a mezzanine and
    what is below. Storeys are told apart on a grid that is flooded from the start; the height itself is exact.

    Args:
        shapes: all solid shapes, in the world.
        ground: a height field or None.
        floor_m: an endless level floor or None.
        bounds: x_min, x_max, y_min, y_max [m] within which storeys are told apart; outside the highest one counts.
        start: (x, y) [m] and the height of the storey to start on, None: the lowest.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        ground: HeightField | None,
        floor_m: float | None,
        bounds: tuple[float, float, float, float],
        start: tuple[Vec2, float | None],
    ) -> None:
        self.columns = Columns([s for s in shapes if s.solid])
        self._ground, self._floor_m, self._bounds, self._start = ground, floor_m, bounds, start
        self._storey_m = self._find_storey() if len(self.columns) else None

    def height(self, xy: NDArray[np.floating]) -> Array:
        """Height of the contact surface [m] at xy (..., 2) [m] -> (...); -inf where there is nothing to stand on.

        On a vertical face either side is right.
        """
        xy = np.asarray(xy, dtype=np.float64)
        flat = xy.reshape(-1, 2)
        found = self._floor(flat)
        if len(self.columns):
            for at in range(0, len(flat), CHUNK):
                part = slice(at, at + CHUNK)
                found[part] = self._highest(flat[part], found[part])
        return found.reshape(xy.shape[:-1])

    def levels(self, xy: Array) -> tuple[Array, Array]:
        """All heights [m] to stand on at xy (n, 2) and the ceilings above them: (n, m), ascending, filled with NaN."""
        return _levels.levels(len(xy), *self.columns.through(xy), self._floor(xy))

    def _floor(self, xy: Array) -> Array:
        z = np.full(len(xy), -np.inf if self._floor_m is None else self._floor_m)
        if self._ground is not None:
            x0, x1, y0, y1 = self._ground.extent_m
            inside = (xy[:, 0] >= x0) & (xy[:, 0] <= x1) & (xy[:, 1] >= y0) & (xy[:, 1] <= y1)
            z[inside] = np.maximum(z[inside], self._ground.at(xy[inside]))
        return z

    def _highest(self, xy: Array, floor: Array) -> Array:
        point, low, high = self.columns.through(xy)
        height, _ = _levels.levels(len(xy), point, low, high, floor)
        assert self._storey_m is not None
        ij = np.floor((xy - self._corner) / self._cell)
        inside = np.all((ij >= 0) & (ij < np.array(self._storey_m.shape[::-1])), axis=1)
        ij = np.where(inside[:, None], ij, 0).astype(np.intp)
        storey = np.where(inside, self._storey_m[ij[:, 1], ij[:, 0]], np.inf)
        away = np.abs(height - np.where(np.isfinite(storey), storey, _FAR_M)[:, None])
        nearest = height[np.arange(len(xy)), np.where(np.isnan(away), np.inf, away).argmin(axis=1)]
        return np.where(np.isnan(nearest), -np.inf, nearest)

    def _find_storey(self) -> Array:
        """(ny, nx) height [m] of the connected surface in the middle of each cell, NaN where there is none."""
        x0, x1, y0, y1 = self._bounds
        self._cell = max(CELL_M, float(np.sqrt((x1 - x0) * (y1 - y0) / MAX_CELLS)))
        self._corner = np.array([x0, y0])
        return self.grid((x0, x1, y0, y1), self._cell)[0]

    def grid(self, extent: tuple[float, float, float, float], cell_m: float) -> tuple[Array, Array]:
        """The connected surface and the ceiling above it [m] in the middle of each cell of a grid: (ny, nx), NaN: none.

        The grid begins at the lower left corner of ``extent`` (x_min, x_max, y_min, y_max) and covers it.
        """
        x0, x1, y0, y1 = extent
        nx, ny = (max(1, int(np.ceil(s / cell_m - 1e-9))) for s in (x1 - x0, y1 - y0))
        x, y = x0 + (np.arange(nx) + 0.5) * cell_m, y0 + (np.arange(ny) + 0.5) * cell_m
        centres = np.stack(np.meshgrid(x, y), axis=-1, dtype=np.float64).reshape(-1, 2)
        height, ceiling = self._in_pieces(centres, (ny, nx))
        (sx, sy), z = self._start
        start = min(max(int((sy - y0) / cell_m), 0), ny - 1), min(max(int((sx - x0) / cell_m), 0), nx - 1)
        storey = _levels.connected(height, ceiling, start, z, cell_m)
        at = np.maximum(storey, 0)[:, :, None]
        z0, z1 = (np.take_along_axis(a, at, axis=2)[:, :, 0] for a in (height, ceiling))
        return z0, z1

    def _in_pieces(self, points: Array, shape: tuple[int, int]) -> tuple[Array, Array]:
        """``levels`` of many points (ny * nx, 2), in pieces: (ny, nx, m) each."""
        pieces = [self.levels(points[at : at + CHUNK]) for at in range(0, len(points), CHUNK)]
        most = max(piece[0].shape[1] for piece in pieces)
        height, ceiling = (
            np.concatenate([np.pad(p[k], ((0, 0), (0, most - p[k].shape[1])), constant_values=np.nan) for p in pieces])
            for k in (0, 1)
        )
        return height.reshape(*shape, most), ceiling.reshape(*shape, most)
