"""A cloud as voxels: how many points each has and how high they are on average, gathered while the file is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput

Array = NDArray[np.float64]
Keys = NDArray[np.int64]

MOST = 30_000_000  # voxels in memory (0.7 GB)
FINE_M = 1e-5  # heights are summed as whole numbers of this: the sum does not depend on the order of the points


@dataclass(frozen=True, eq=False)
class Voxels:
    """Occupied cells of a grid whose cell (0, 0, 0) has its lowest corner at ``low``.

    Attributes:
        keys: (n,) sorted: (iy * nx + ix) * nz + iz; a column is therefore in one piece, lowest cell first.
        counts: (n,) points.
        height: (n,) mean height of the points [m].
        shape: (nx, ny, nz).
        low: (3,) [m].
        cell, cell_z: edges [m].
        outside: points that did not lie in the grid.
    """

    keys: Keys
    counts: NDArray[np.int64]
    height: Array
    shape: tuple[int, int, int]
    low: Array
    cell: float
    cell_z: float
    outside: int = 0

    @property
    def columns(self) -> Keys:
        """(n,) iy * nx + ix."""
        return self.keys // self.shape[2]

    @property
    def iz(self) -> Keys:
        """(n,)"""
        return self.keys % self.shape[2]

    def holds(self, points: Array) -> NDArray[np.bool_]:
        """(n,) which of the points (n, 3) lie in the grid."""
        size = np.array(self.shape) * (self.cell, self.cell, self.cell_z)
        with np.errstate(invalid="ignore"):  # NaN
            return np.all((points >= self.low) & (points < self.low + size), axis=1)

    def occupied(self, points: Array) -> NDArray[np.bool_]:
        """(n,) which of the points (n, 3), all in the grid, lie in one of these voxels."""
        nx, _, nz = self.shape
        x, y, z = np.floor((points - self.low) / (self.cell, self.cell, self.cell_z)).astype(np.int64).T
        keys = (y * nx + x) * nz + z
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return self.keys[at] == keys

    def only(self, kept: NDArray[np.bool_]) -> Voxels:
        """The voxels for which ``kept`` (n,) is True."""
        return Voxels(
            self.keys[kept],
            self.counts[kept],
            self.height[kept],
            self.shape,
            self.low,
            self.cell,
            self.cell_z,
            self.outside,
        )


def gather(chunks: Iterator[Array], low: Array, high: Array, cell: float, cell_z: float) -> Voxels:
    """Sort points (n, 3) [m] into voxels; those outside of the box ``low`` .. ``high`` (3,) and NaN are left out.

    The result is the same to the last bit however the points come in chunks.
    """
    edges = np.array([cell, cell, cell_z])
    nx, ny, nz = (int(n) for n in np.floor((high - low) / edges).astype(np.int64) + 1)
    if nx * ny * nz >= 2**62:
        raise BadInput(f"a grid of {nx} x {ny} x {nz} cells is too large: choose a coarser --resolution")
    parts: list[tuple[Keys, Keys, Keys]] = []
    waiting, merged, outside = 0, 0, 0
    for points in chunks:
        with np.errstate(invalid="ignore"):  # NaN
            inside = np.all((points >= low) & (points <= high), axis=1)
        points = points[inside]
        outside += int(len(inside) - len(points))
        index = np.floor((points - low) / edges).astype(np.int64)
        keys = (index[:, 1] * nx + index[:, 0]) * nz + index[:, 2]
        fine = np.rint((points[:, 2] - low[2]) / FINE_M).astype(np.int64)
        parts.append(_sum(keys, np.ones(len(keys), np.int64), fine))
        waiting += len(parts[-1][0])
        if waiting > max(2_000_000, merged):
            parts = [_merge(parts)]
            waiting, merged = 0, len(parts[0][0])
            if merged > MOST:
                raise BadInput(f"{merged} voxels of {cell:g} m are more than fit: choose a coarser --resolution")
    keys, counts, heights = _merge(parts) if parts else (np.zeros(0, np.int64),) * 3
    return Voxels(
        keys, counts, heights / np.maximum(counts, 1) * FINE_M + low[2], (nx, ny, nz), low, cell, cell_z, outside
    )


def _merge(parts: list[tuple[Keys, Keys, Keys]]) -> tuple[Keys, Keys, Keys]:
    keys, counts, heights = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return _sum(keys, counts, heights)


def _sum(keys: Keys, counts: Keys, heights: Keys) -> tuple[Keys, Keys, Keys]:
    if not len(keys):
        return keys, counts, heights
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[starts], np.add.reduceat(counts[order], starts), np.add.reduceat(heights[order], starts)
