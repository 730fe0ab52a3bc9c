"""What one scan says about each cell: how high the ground or what stands on it is, and what hangs above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map.sight import sorted_by

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
    if not len(z):
        none = np.zeros(0, np.intp)
        return Columns(none, z, none, z, none, z)
    ticks = np.clip((z - np.float32(base_m)) * np.float32(1 / TICK_M) + np.float32(0.5), 0, _MOST)
    if len(ground) <= 1 << 16:
        order = sorted_by(cell.astype(np.uint16), ticks.astype(np.uint16))
        cell, ticks = cell.take(order), np.floor(ticks.take(order))
    else:
        packed = np.sort((cell.astype(np.int32) << _BITS) | ticks.astype(np.int32))
        cell, ticks = packed >> _BITS, (packed & _MOST).astype(np.float32)
    z = ticks * np.float32(TICK_M) + np.float32(base_m)
    start = _starts(cell)
    below = np.empty_like(z)
    below[1:] = z[:-1]
    below[start] = np.minimum(ground.take(cell.take(start)), z.take(start))
    gap = np.flatnonzero(z - below > headroom_m)
    # what comes after the first gap of a cell hangs
    number = np.searchsorted(start, gap, "right")
    new = np.flatnonzero(np.diff(number, prepend=0))
    hung, end = gap.take(new), np.append(start, len(z)).take(number.take(new))
    hung_cell, hung_z = cell.take(hung).astype(np.intp), z.take(hung)
    if len(hung):
        change = np.zeros(len(z) + 1, np.int8)
        change[hung] += 1
        change[end] -= 1
        solid = np.flatnonzero(np.cumsum(change[:-1], dtype=np.int8) == 0)
        cell, z = cell.take(solid), z.take(solid)
        if not len(z):
            none = np.zeros(0, np.intp)
            return Columns(none, z, none, z, hung_cell, hung_z)
        start = _starts(cell)
    points = np.diff(start, append=len(z))
    found = cell.take(start).astype(np.intp)
    level = ground.take(found)
    high = z > np.repeat(z.take(start + points - 1) - np.float32(spread_m), points)
    count = np.add.reduceat(high, start, dtype=np.intp)
    total = np.add.reduceat(np.where(high, z - np.float32(base_m), np.float32(0)), start)
    mean = (total / count + base_m).astype(np.float32)
    # heights ascend within a cell: after those of the ground come those that stand on it
    level = np.where(np.isfinite(level), level + np.float32(STANDS_M), np.float32(-np.inf))
    low = np.add.reduceat(z <= np.repeat(level, points), start, dtype=np.intp)
    lowest = z.take(start + np.minimum(low, points - 1))
    bottom = np.where(low < points, lowest, np.float32(np.inf)).astype(np.float32)
    return Columns(found, mean, count, bottom, hung_cell, hung_z)


def _starts(cell: NDArray[np.integer]) -> NDArray[np.intp]:
    """Where the numbers of sorted cells change, the beginning included."""
    return np.flatnonzero(np.concatenate(([True], cell[1:] != cell[:-1])))
