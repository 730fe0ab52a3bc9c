"""What the rays of a scan passed on their way: where they went through, nothing is left standing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

HEADINGS = 360  # of one degree: a cell at 6 m
STEEPEST = 0.35  # rise over distance: rays steeper than 19 degrees are left out
RISES = 40  # bins of one degree
LEVEL = 0.09  # rise over distance of what counts as a level ray: five degrees
BEYOND_M = 0.3  # a ray has passed a cell when it ended that much further away
JUDGES = 3  # rays in a bin that say together whether one of them met dust
_TICK_M, _MOST_TICKS = 0.01, 4095
ALIKE_TICKS = 8  # and a thirty-second of the range: rays of about one length, also on a surface that they graze


class Sight:
    """Rays sorted by heading and rise: of each bin the shortest one, which is how far all of them got.

    A return that stands alone among the rays of its bin, with none of about its length, is taken for a speck of dust:
    surfaces return neighbouring rays. Bins with less than JUDGES rays are not judged.

    Args:
        rays: (3, n) from the sensor to the points, in axes of the map [m].

    Attributes:
        solid: (n,) whether a return is none of a speck of dust.
    """

    def __init__(self, rays: NDArray[np.float32]) -> None:
        distance = np.sqrt(rays[0] ** 2 + rays[1] ** 2)
        rise = rays[2] / np.maximum(distance, np.float32(0.05))
        level = np.floor((rise + np.float32(STEEPEST)) * np.float32(RISES / (2 * STEEPEST))).astype(np.int32)
        near = np.flatnonzero((level >= 0) & (level < RISES))
        key = level[near] * HEADINGS + _heading(rays[0], rays[1])[near]
        ticks = np.minimum(distance[near] * np.float32(1 / _TICK_M), _MOST_TICKS).astype(np.int64)
        packed = np.sort((key.astype(np.int64) << 44) | (ticks << 32) | np.arange(len(near)))
        bins, ticks, index = packed >> 44, (packed >> 32) & _MOST_TICKS, packed & 0xFFFFFFFF
        size = HEADINGS * RISES
        count = np.bincount(key, minlength=size)
        close = (bins[1:] == bins[:-1]) & (ticks[1:] - ticks[:-1] <= (ticks[:-1] >> 5) + ALIKE_TICKS)
        solid = count[bins] < JUDGES
        solid[1:] |= close
        solid[:-1] |= close
        self.solid = np.ones(rays.shape[1], np.bool_)
        self.solid[near[index]] = solid
        bins, ticks = bins[solid], ticks[solid]
        first = np.flatnonzero(np.concatenate(([True], bins[1:] != bins[:-1]))) if len(bins) else bins
        self._reach = np.zeros(size, np.float32)
        self._reach[bins[first]] = ticks[first] * np.float32(_TICK_M)
        rises = np.bincount(key, weights=rise[near], minlength=size) / np.maximum(count, 1)
        self._rise = rises.astype(np.float32)
        self._levels = np.flatnonzero(count.reshape(RISES, HEADINGS).any(axis=1))

    def open(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(k,) whether a nearly level ray passed over a cell; x, y as for ``through``."""
        must_reach = np.sqrt(x**2 + y**2) + np.float32(BEYOND_M)
        heading = _heading(x, y)
        found = np.zeros(len(x), np.bool_)
        for level in self._levels.tolist():
            if abs((level + 0.5) * (2 * STEEPEST / RISES) - STEEPEST) < LEVEL:
                found |= self._reach[level * HEADINGS : (level + 1) * HEADINGS].take(heading) > must_reach
        return found

    def through(
        self,
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        z: float,
        low: NDArray[np.float32],
        high: NDArray[np.float32],
    ) -> NDArray[np.bool_]:
        """(k,) whether a ray passed over a cell between two heights.

        Args:
            x, y: (k,) of the middles of the cells, seen from the sensor [m].
            z: height of the sensor [m].
            low, high: (k,) heights [m].
        """
        distance = np.sqrt(x**2 + y**2)
        heading = _heading(x, y)
        must_reach = distance + np.float32(BEYOND_M)
        low, high = low - np.float32(z), high - np.float32(z)
        found = np.zeros(len(x), np.bool_)
        for level in self._levels.tolist():
            row = slice(level * HEADINGS, (level + 1) * HEADINGS)
            height = self._rise[row].take(heading)
            height *= distance
            found |= (self._reach[row].take(heading) > must_reach) & (height > low) & (height < high)
        return found


def _heading(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.int32]:
    turns = np.arctan2(y, x) * np.float32(HEADINGS / (2 * math.pi)) + np.float32(HEADINGS / 2)
    return np.minimum(turns.astype(np.int32), HEADINGS - 1)
