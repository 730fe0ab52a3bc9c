"""Straight lines over a grid: which cells they pass, and what they weigh. Points are in cells, as (y, x)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (k, 2) as (y, x) [cells]; cell (j, i) spans [j, j + 1) x [i, i + 1)
_SAME = 1e-9  # shares of a line that are closer than this are one


def passed(starts: Points, ends: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The cells that lines from starts (k, 2) to ends (k, 2) pass through; touching a corner does not count.

    Returns:
        line (m,): numbers of the lines, ascending; cells (m, 2): (j, i) along each of them.
    """
    number = np.arange(len(starts))
    keys = [number.astype(np.float64), number + 0.5]  # line + share / 2: sorts by line, then along it
    for axis in (0, 1):
        a, b = starts[:, axis], ends[:, axis]
        first = np.floor(np.minimum(a, b)) + 1
        count = np.maximum(np.ceil(np.maximum(a, b)) - first, 0).astype(np.intp)
        line = np.repeat(number, count)
        nth = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
        keys.append(line + 0.5 * (first[line] + nth - a[line]) / (b - a)[line])
    key = np.sort(np.concatenate(keys))
    line = np.floor((key[1:] + key[:-1]) / 2).astype(np.intp)
    low, high = 2 * (key[:-1] - line), 2 * (key[1:] - line)
    own = (low >= 0) & (high <= 1 + _SAME) & (high - low > _SAME)
    line, middle = line[own], (low[own] + high[own]) / 2
    still = np.flatnonzero(np.bincount(line, minlength=len(starts)) == 0)  # lines of no length
    if len(still):
        line, middle = np.concatenate((line, still)), np.concatenate((middle, np.zeros(len(still))))
        order = np.argsort(line, kind="stable")
        line, middle = line[order], middle[order]
    cells = np.floor(starts[line] + middle[:, None] * (ends[line] - starts[line])).astype(np.intp)
    return line, cells


def clear(starts: Points, ends: Points, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(k,) whether a line stays on cells that are ``free`` (ny, nx), and inside of the grid."""
    line, cells = passed(starts, ends)
    inside = ((cells >= 0) & (cells < free.shape)).all(axis=1)
    good = inside & free[np.where(inside, cells[:, 0], 0), np.where(inside, cells[:, 1], 0)]
    found = np.ones(len(starts), np.bool_)
    found[line[~good]] = False
    return found


def all_clear(points: Points, free: NDArray[np.bool_]) -> bool:
    """Whether a whole polyline (k, 2) is clear."""
    return bool(clear(points[:-1], points[1:], free).all())


def weigh(starts: Points, ends: Points, weights: NDArray[np.float32], samples: int) -> NDArray[np.float64]:
    """(k,) weight x length [cells] of the lines from starts (k, 2) to ends (k, 2), by ``samples`` points on each."""
    t = (np.arange(samples) + 0.5) / samples
    points = starts[:, None] + t[None, :, None] * (ends - starts)[:, None]
    cells = points.astype(np.int32)  # not negative: both ends are inside of the grid
    found = weights.ravel().take(cells[..., 0] * np.int32(weights.shape[1]) + cells[..., 1])
    length = np.sqrt(((ends - starts) ** 2).sum(axis=1))
    return found.mean(axis=1, dtype=np.float64) * length
