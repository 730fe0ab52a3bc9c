"""From a staircase of cells to a way that a robot likes to walk. Points are in cells, as (y, x)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.plan import lines
from rudel.navigation.plan.lines import Points

STRIDE = 4  # cells between the points of the way that a straight line may join
WINDOW = 8  # points that one line may leave out, at most
PER_CELL = 3  # samples on a line
ROUNDS, HEAVIER = 12, 1.05  # of rounding corners, and by how much that may make a cell heavier


def straighten(way: NDArray[np.intp], weights: NDArray[np.float32]) -> Points:
    """The cheapest polyline through some of the cells (k, 2) of a way, in the order that they come."""
    return _join(_join(way.astype(np.float64) + 0.5, weights, STRIDE), weights, 1)


def _join(points: Points, weights: NDArray[np.float32], stride: int) -> Points:
    index = np.unique(np.append(np.arange(0, len(points), stride), len(points) - 1))
    n = len(index)
    if n < 3 and stride == 1:
        return points
    stops = points[index]
    step = np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1))
    along = np.concatenate(([0.0], np.cumsum(step)))[index]
    price = np.full((WINDOW + 1, n), np.inf)  # [m, i]: of the line from stop i to stop i + m
    for m in range(1, min(WINDOW, n - 1) + 1):
        samples = int(np.ceil(PER_CELL * (along[m:] - along[:-m]).max())) + 1
        price[m, : n - m] = lines.weigh(stops[:-m], stops[m:], weights, min(samples, 64))
    as_it_is = _walked(points, weights, index)
    price[1, : n - 1] = np.where(np.isfinite(price[1, : n - 1]), price[1, : n - 1], as_it_is)
    chain = np.array(_cheapest(price))
    straight = lines.clear(stops[chain[:-1]], stops[chain[1:]], np.isfinite(weights))
    pieces = [points[:1]]
    for a, b, clear in zip(chain[:-1], chain[1:], straight, strict=True):
        pieces.append(stops[b : b + 1] if clear else points[index[a] + 1 : index[b] + 1])
    return np.concatenate(pieces)


def _walked(points: Points, weights: NDArray[np.float32], index: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n - 1,) weight x length of the way itself between neighbouring stops."""
    if len(points) < 2:
        return np.zeros(0)
    each = lines.weigh(points[:-1], points[1:], weights, PER_CELL)
    total = np.concatenate(([0.0], np.cumsum(np.where(np.isfinite(each), each, 0.0))))
    return total[index[1:]] - total[index[:-1]]


def _cheapest(price: NDArray[np.float64]) -> list[int]:
    """Stops of the cheapest chain of lines from the first to the last one."""
    n = price.shape[1]
    rows = price.tolist()
    best, before = [0.0] + [np.inf] * (n - 1), [0] * n
    for j in range(1, n):
        for m in range(1, min(WINDOW, j) + 1):
            total = best[j - m] + rows[m][j - m]
            if total < best[j]:
                best[j], before[j] = total, j - m
    chain = [n - 1]
    while chain[-1]:
        chain.append(before[chain[-1]])
    return chain[::-1]


def resample(points: Points, spacing: float) -> Points:
    """Points about ``spacing`` [cells] apart along the polyline (k, 2); its ends stay, its corners need not."""
    step = np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1))
    at = np.concatenate(([0.0], np.cumsum(step)))
    if at[-1] <= 0:
        return points[:1]
    t = np.linspace(0.0, at[-1], max(int(np.ceil(at[-1] / spacing)), 1) + 1)
    return np.stack([np.interp(t, at, points[:, axis]) for axis in (0, 1)], axis=1)


def round_corners(points: Points, weights: NDArray[np.float32]) -> Points:
    """The same points, each drawn towards the middle of its neighbours as long as that costs next to nothing."""
    if len(points) < 3:
        return points
    points = points.copy()
    j, i = points[1:-1].astype(np.intp).T
    most = weights[j, i] * np.float32(HEAVIER)
    for _ in range(ROUNDS):
        wanted = points[1:-1] + 0.5 * ((points[:-2] + points[2:]) / 2 - points[1:-1])
        j, i = wanted.astype(np.intp).T
        good = weights[j, i] <= most
        points[1:-1] = np.where(good[:, None], wanted, points[1:-1])
    return points
