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
_MIX = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint32)


class VoxelIndex:
    """Numbers 0, 1, 2, ... for voxels (i, j, k) in the order of their arrival.

    Chunks lie in a dense grid over the bounding box and hold a number for each of their voxels; looking up a point is
    two indexing operations, without hashing and without sorting.
    """

    def __init__(self) -> None:
        self._low = np.zeros(3, np.int32)
        self._grid = np.zeros((1, 1, 1), np.int32)  # 0: no chunk there
        self._chunks = np.full((1, _SIDE**3), -1, np.int32)  # the first one is that of all places without one
        self._used = 0
        self.count = 0

    def find(self, ijk: Ints) -> NDArray[np.int32]:
        """Numbers (n,) of voxels (n, 3), -1 where there is none."""
        number: NDArray[np.int32] | None = None
        inside: NDArray[np.bool_] | None = None
        for axis, size in enumerate(self._shape):
            chunk = (ijk[:, axis] >> _BITS) - self._low[axis]
            within = chunk.view(np.uint32) < np.uint32(size)  # negative ones are large
            number = chunk if number is None else number * np.int32(size) + chunk
            inside = within if inside is None else inside & within
        assert number is not None
        assert inside is not None
        number = self._grid.ravel().take(np.where(inside, number, 0))
        where = number.astype(np.intp) * _SIDE**3 + _local(ijk)
        return self._chunks.ravel().take(np.where(inside, where, 0))

    def add(self, ijk: Ints) -> NDArray[np.int32]:
        """Numbers (n,) of voxels (n, 3), which may come several times; those that are new get the next ones."""
        if not len(ijk):
            return np.zeros(0, np.int32)
        chunk = ijk >> _BITS
        self._cover(chunk.min(axis=0), chunk.max(axis=0))
        at = chunk - self._low
        _, ny, nz = self._shape
        flat = (at[:, 0].astype(np.intp) * ny + at[:, 1]) * nz + at[:, 2]
        grid = self._grid.ravel()
        new = np.unique(flat[grid.take(flat) == 0])
        grid[new] = self._used + 1 + np.arange(len(new), dtype=np.int32)
        self._used += len(new)
        if self._used >= len(self._chunks):
            more = np.full((max(self._used + 1, 2 * len(self._chunks)), _SIDE**3), -1, np.int32)
            more[: len(self._chunks)] = self._chunks
            self._chunks = more
        where = grid.take(flat).astype(np.intp) * _SIDE**3 + _local(ijk)
        table = self._chunks.ravel()
        found = table.take(where)
        fresh = np.flatnonzero(found < 0)
        if len(fresh):
            place = where[fresh]
            table[place] = fresh.astype(np.int32)  # of those that are one the last one stays
            first = place[table.take(place) == fresh]
            table[first] = self.count + np.arange(len(first), dtype=np.int32)
            self.count += len(first)
            found[fresh] = table.take(place)
        return found

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
        grid = np.zeros(tuple(shape.tolist()), np.int32)
        if self._used:
            a, b, c = (self._low - low).tolist()
            x, y, z = self._shape
            grid[a : a + x, b : b + y, c : c + z] = self._grid
        self._low, self._grid = low.astype(np.int32), grid


def _local(ijk: Ints) -> NDArray[np.intp]:
    """(n,) place of voxels (n, 3) within their chunks."""
    i, j, k = (ijk[:, axis].astype(np.intp) & (_SIDE - 1) for axis in range(3))
    return (i * _SIDE + j) * _SIDE + k


def thin(points: NDArray[np.floating], size_m: float) -> NDArray[np.intp]:
    """Indices, ascending, of one point for each voxel of ``size_m`` [m]; which one is fixed by the order of points.

    A scatter into a table in place of a sort: two voxels that meet in one slot keep one point between them, which for
    a table eight times as long as the points costs a few of a hundred.
    """
    ijk = np.floor(points * points.dtype.type(1.0 / size_m)).astype(np.int32).view(np.uint32)
    bits = min(max(10, int(len(points) * 8).bit_length()), 28)
    key = ijk[:, 0] * _MIX[0]
    key += ijk[:, 1] * _MIX[1]
    key += ijk[:, 2] * _MIX[2]
    slot = (key >> np.uint32(32 - bits)).astype(np.intp)
    table = np.empty(1 << bits, np.int32)
    order = np.arange(len(points), dtype=np.int32)
    table[slot] = order  # the last one stays
    return np.flatnonzero(table.take(slot) == order)
