"""Which voxel a point falls into: a sparse table of voxels in chunks, for lookups of thousands of points at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput

Array = NDArray[np.floating]
Ints = NDArray[np.int32]

_BITS = 4  # a chunk is 16 voxels wide
_SIDE = 1 << _BITS
_MARGIN = 4  # chunks around what is there, so that a growing map seldom moves
MAX_CHUNKS = 50_000_000  # of the box around all points: 200 MB; wild points would ask for more
# odd, with well mixed bits: multiplicative hashing takes the high bits of the sum of products (Knuth, vol. 3, 6.4)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64).view(np.int64)


class VoxelIndex:
    """Numbers 0, 1, 2, ... for voxels (i, j, k) in the order of their arrival.

    Chunks lie in a dense grid over the bounding box and hold a number for each of their voxels; looking up a point is
    two indexing operations, without hashing and without sorting.
    """

    def __init__(self) -> None:
        self._low = np.zeros(3, np.int32)
        self._grid = np.full((1, 1, 1), -1, np.int32)
        self._chunks = np.full((0, _SIDE**3), -1, np.int32)
        self._used = 0
        self.count = 0

    def find(self, ijk: Ints) -> NDArray[np.int32]:
        """Numbers (n,) of voxels (n, 3), -1 where there is none."""
        chunk = (ijk >> _BITS) - self._low
        nx, ny, nz = self._shape
        inside = (chunk >= 0).all(axis=1) & (chunk < (nx, ny, nz)).all(axis=1)
        flat = (chunk[:, 0] * ny + chunk[:, 1]) * nz + chunk[:, 2]
        number = self._grid.ravel().take(np.where(inside, flat, 0))
        if not self._used:
            return np.full(len(ijk), -1, np.int32)
        local = ijk & (_SIDE - 1)
        cell = (local[:, 0] * _SIDE + local[:, 1]) * _SIDE + local[:, 2]
        found = self._chunks.ravel().take(np.maximum(number, 0).astype(np.int64) * _SIDE**3 + cell)
        return np.where(inside & (number >= 0), found, np.int32(-1))

    def add(self, ijk: Ints) -> NDArray[np.int32]:
        """Numbers (n,) of voxels (n, 3), all different; those that are new get the next ones."""
        if not len(ijk):
            return np.zeros(0, np.int32)
        chunk = ijk >> _BITS
        self._cover(chunk.min(axis=0), chunk.max(axis=0))
        at = chunk - self._low
        flat = np.ravel_multi_index((at[:, 0], at[:, 1], at[:, 2]), self._grid.shape)
        new = np.unique(flat[self._grid.ravel()[flat] < 0])
        self._grid.ravel()[new] = self._used + np.arange(len(new), dtype=np.int32)
        self._used += len(new)
        if self._used > len(self._chunks):
            more = np.full((max(self._used, 2 * len(self._chunks)), _SIDE**3), -1, np.int32)
            more[: len(self._chunks)] = self._chunks
            self._chunks = more
        local = ijk & (_SIDE - 1)
        cell = (local[:, 0] * _SIDE + local[:, 1]) * _SIDE + local[:, 2]
        where = self._grid.ravel()[flat].astype(np.int64) * _SIDE**3 + cell
        table = self._chunks.ravel()
        fresh = where[table[where] < 0]
        table[fresh] = self.count + np.arange(len(fresh), dtype=np.int32)
        self.count += len(fresh)
        return table[where]

    @property
    def _shape(self) -> tuple[int, int, int]:
        nx, ny, nz = (int(n) for n in self._grid.shape)
        return nx, ny, nz

    def _cover(self, low: NDArray[np.integer], high: NDArray[np.integer]) -> None:
        """Let the grid reach over chunks ``low`` to ``high``, both included."""
        if self._used and (low >= self._low).all() and (high < self._low + self._grid.shape).all():
            return
        if self._used:
            low, high = np.minimum(low, self._low), np.maximum(high, self._low + np.array(self._grid.shape) - 1)
        low, high = low.astype(np.int64) - _MARGIN, high.astype(np.int64) + _MARGIN
        shape = high - low + 1
        if float(np.prod(shape.astype(np.float64))) > MAX_CHUNKS:
            raise BadInput(f"a map of {shape.tolist()} chunks is too large: leave out points far from the rest")
        grid = np.full(tuple(shape.tolist()), -1, np.int32)
        if self._used:
            a, b, c = (self._low - low).tolist()
            x, y, z = self._shape
            grid[a : a + x, b : b + y, c : c + z] = self._grid
        self._low, self._grid = low.astype(np.int32), grid


def thin(points: NDArray[np.floating], size_m: float) -> NDArray[np.intp]:
    """Indices, ascending, of one point for each voxel of ``size_m`` [m]; which one is fixed by the order of points.

    A scatter into a table in place of a sort: two voxels that meet in one slot keep one point between them, which for
    a table eight times as long as the points costs a few of a hundred.
    """
    ijk = np.floor(points * (1.0 / size_m)).astype(np.int64)
    bits = max(10, int(len(points) * 8).bit_length())
    key = (ijk * _MIX).sum(axis=1).view(np.uint64)
    slot = (key >> np.uint64(64 - bits)).astype(np.intp)
    table = np.empty(1 << bits, np.int32)
    order = np.arange(len(points), dtype=np.int32)
    table[slot] = order  # the last one stays
    return np.flatnonzero(table[slot] == order)
