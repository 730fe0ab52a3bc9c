"""What one scan says about each cell: how high the ground or what stands on it is, and what hangs above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STANDS_M = 0.10  # what is higher than this above the ground stands on it
TICK_M = 0.002  # heights are sorted as whole numbers: far below the noise of a LiDAR
_BITS = 12
_MOST = (1 << _BITS) - 1


@dataclass(frozen=True, eq=False)
class Columns:
    """Observations of k cells with something solid, and of m cells with something that hangs.

    Attributes:
        cell: (k,) flat cell numbers, ascending.
        height: (k,) of the top of what is solid there, as far as the scan saw it [m].
        count: (k,) of the points that say so.
        bottom: (k,) lowest solid point that is clearly above the ground, where that is known [m]; inf: there is none.
        hung_cell: (m,) flat cell numbers, ascending.
        hung: (m,) lowest height of what hangs there [m].
    """

    cell: NDArray[np.intp]
    height: NDArray[np.float32]
    count: NDArray[np.intp]
    bottom: NDArray[np.float32]
    hung_cell: NDArray[np.intp]
    hung: NDArray[np.float32]


def columns(
    cell: NDArray[np.integer],
    z: NDArray[np.float32],
    ground: NDArray[np.float32],
    headroom_m: float,
    spread_m: float,
    base_m: float,
) -> Columns:
    """Observations from points.

    Going up from the ground, the points of a cell belong to one solid thing until a gap of ``headroom_m``, which the
    robot fits through; what comes after it hangs.

    Args:
        cell: (n,) flat numbers of the cells that the points are in, < 2^19.
        z: (n,) heights [m], within base_m and base_m + 8.19 m.
        ground: (cells,) height of the ground as far as it is known or guessed [m].
        headroom_m: free height that the robot needs [m].
        spread_m: points up to this much below the top count as measurements of the top [m].
        base_m: below all z [m].
    """
    ticks = np.clip((z - np.float32(base_m)) * np.float32(1 / TICK_M) + np.float32(0.5), 0, _MOST).astype(np.int32)
    packed = np.sort((cell.astype(np.int32) << _BITS) | ticks)  # sorts by cell, then by height
    cell_of, z = packed >> _BITS, (packed & _MOST).astype(np.float32) * np.float32(TICK_M) + np.float32(base_m)
    if not len(z):
        none = np.zeros(0, np.intp)
        return Columns(none, z, none, z, none, z)
    first = np.concatenate(([True], cell_of[1:] != cell_of[:-1]))
    below = np.empty_like(z)
    below[1:] = z[:-1]
    below[first] = np.minimum(ground.take(cell_of[first]), z[first])
    gaps = np.cumsum(z - below > headroom_m)
    start = np.flatnonzero(first)
    number = np.cumsum(first) - 1
    hangs = (gaps - np.where(start > 0, gaps[start - 1], 0)[number]) > 0
    hangs_first = hangs & ~np.concatenate(([False], hangs[:-1] & ~first[1:]))
    solid = ~hangs
    cell_of, number, heights = cell_of[solid].astype(np.intp), number[solid], z[solid]
    hung_cell, hung = packed[hangs_first] >> _BITS, z[hangs_first]
    if not len(heights):
        return Columns(cell_of, heights, cell_of, heights, hung_cell.astype(np.intp), hung)
    last = np.concatenate((number[1:] != number[:-1], [True]))
    begin = np.flatnonzero(np.concatenate(([True], last[:-1])))
    top = np.repeat(heights[last], np.diff(np.append(begin, len(heights))))
    high = heights > top - np.float32(spread_m)
    count = np.add.reduceat(high.astype(np.intp), begin)
    total = np.add.reduceat(np.where(high, heights - np.float32(base_m), 0), begin)
    mean = (total / count + base_m).astype(np.float32)
    standing = ~(heights - ground.take(cell_of) <= STANDS_M) | np.isinf(ground.take(cell_of))
    bottom = np.minimum.reduceat(np.where(standing, heights, np.float32(np.inf)), begin)
    return Columns(cell_of[last], mean, count, bottom, hung_cell.astype(np.intp), hung)
