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
        x, y, z = rays
        distance = np.sqrt(x * x + y * y)
        rise = z / np.maximum(distance, np.float32(0.05))
        level = (rise + np.float32(STEEPEST)) * np.float32(RISES / (2 * STEEPEST))
        near = np.flatnonzero((level >= 0) & (level < RISES))
        key = level.take(near).astype(np.uint16) * np.uint16(HEADINGS)
        key += _heading(x, y).take(near).astype(np.uint16)
        ticks = np.minimum(distance.take(near) * np.float32(1 / _TICK_M), _MOST_TICKS).astype(np.uint16)
        order = sorted_by(key, ticks)
        bins, ticks = key.take(order), ticks.take(order).astype(np.int32)
        size = HEADINGS * RISES
        count = np.bincount(key, minlength=size)
        close = (bins[1:] == bins[:-1]) & (ticks[1:] - ticks[:-1] <= (ticks[:-1] >> 5) + ALIKE_TICKS)
        solid = (count < JUDGES).take(bins)
        solid[1:] |= close
        solid[:-1] |= close
        self.solid = np.ones(rays.shape[1], np.bool_)
        self.solid[near.take(order.compress(~solid))] = False
        bins, ticks = bins.compress(solid), ticks.compress(solid)
        first = np.flatnonzero(np.concatenate(([True], bins[1:] != bins[:-1]))) if len(bins) else bins
        self._reach = np.zeros(size, np.float32)
        self._reach[bins.take(first)] = ticks.take(first) * np.float32(_TICK_M)
        rises = np.bincount(key, weights=rise.take(near), minlength=size) / np.maximum(count, 1)
        self._rise = rises.astype(np.float32)
        self._levels = np.flatnonzero(count.reshape(RISES, HEADINGS).any(axis=1))

    def open(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(k,) whether a nearly level ray passed over a cell; x, y as for ``through``."""
        level = [k for k in self._levels.tolist() if abs((k + 0.5) * (2 * STEEPEST / RISES) - STEEPEST) < LEVEL]
        if not level:
            return np.zeros(len(x), np.bool_)
        furthest = self._reach.reshape(RISES, HEADINGS)[level].max(axis=0)
        return furthest.take(_heading(x, y)) > np.sqrt(x * x + y * y) + np.float32(BEYOND_M)

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
        # all levels at once: (levels, k)
        height = self._rise.reshape(RISES, HEADINGS)[self._levels].take(heading, axis=1)
        height *= distance
        passed = self._reach.reshape(RISES, HEADINGS)[self._levels].take(heading, axis=1) > must_reach
        passed &= height > low
        passed &= height < high
        return np.asarray(np.any(passed, axis=0))


def sorted_by(first: NDArray[np.uint16], second: NDArray[np.uint16]) -> NDArray[np.intp]:
    """Indices that sort by one array, and by another where that is equal: numbers of 16 bits are sorted by counting."""
    order = np.argsort(second, kind="stable")
    return order.take(np.argsort(first.take(order), kind="stable"))


def _heading(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.int32]:
    turns = np.arctan2(y, x) * np.float32(HEADINGS / (2 * math.pi)) + np.float32(HEADINGS / 2)
    return np.minimum(turns.astype(np.int32), HEADINGS - 1)
