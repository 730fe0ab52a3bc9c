"""A first look at a cloud: a few hundred thousand of its points, evenly spread over the file, and its planes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import _components
from rudel.worlds.imports._source import Cloud

Array = NDArray[np.float64]

POINTS = 200_000  # the sample has between this many points and twice as many
_CELLS = 64  # along the diagonal, when far points are looked for; fewer where there are few points
_MANY = 60_000
_LEAST = 300  # points
_FAR = 1.5  # extents of the middle 99 % of the points, beyond which a point needs company
_ISLAND = 0.0005  # share of the points that makes a part of its own of what is not connected
_PLANE_POINTS = 12  # wanted in each cell that a plane is fitted to
_MOSTLY_FLAT = 0.3  # share of the cells that are flat: enough to tell a frame by
_FEWEST = 60  # cells along the diagonal
_FLAT = 0.12  # thickness of a plane as a share of its width
MOST_COORDINATE = 1e12


@dataclass(frozen=True, eq=False)
class Sample:
    """What the first pass over a cloud found.

    Attributes:
        points: (n, 3) finite points of the part that counts, minus ``middle`` [file units].
        middle: (3,) [file units].
        stride: every how many points of the file one was taken.
        count, broken, far: points in the file; those that are not finite; those that lie far from all others.
        low, high: box (3,) around what is kept [file units, minus middle].
        whole: share of coordinates that are whole numbers.
    """

    points: Array
    middle: Array
    stride: int
    count: int
    broken: int
    far: int
    low: Array
    high: Array
    whole: float


@dataclass(frozen=True, eq=False)
class Planes:
    """Cells of the sample that are flat: unit normals (n, 3), middles (n, 3), edge of a cell; ``cells`` (m, 3): all."""

    normals: Array
    middles: Array
    edge: float
    cells: Array


def take(cloud: Cloud) -> Sample:
    """Read the whole cloud once. BadInput where nothing finite is in it."""
    stride, count, broken = 1, 0, 0
    kept, places = np.zeros((0, 3)), np.zeros(0, np.int64)
    for chunk in cloud.chunks():
        good = np.isfinite(chunk).all(axis=1) & (np.abs(chunk) < MOST_COORDINATE).all(axis=1)
        broken += int(len(chunk) - good.sum())
        place = count + np.flatnonzero(good)
        count += len(chunk)
        due = place % stride == 0
        kept, places = np.concatenate([kept, chunk[good][due]]), np.concatenate([places, place[due]])
        while len(kept) > 2 * POINTS:  # by the place in the file: how it was cut into chunks does not matter
            stride *= 2
            due = places % stride == 0
            kept, places = kept[due], places[due]
    if not len(kept):
        raise BadInput(f"none of the {count} points is finite: there is no place in this file")
    points = kept
    middle = np.round(np.median(points, axis=0))
    whole = float((points == np.round(points)).mean())
    points = points - middle
    inside = _company(points)
    if inside.sum() < _LEAST:
        raise BadInput(f"{inside.sum()} points are too few to make a place of: a scan has {_LEAST} at least")
    low, high = points[inside].min(axis=0), points[inside].max(axis=0)
    margin = 0.01 * (high - low).max() + 1e-9
    return Sample(
        points[inside], middle, stride, count, broken, int((~inside).sum()), low - margin, high + margin, whole
    )


def _company(points: Array) -> NDArray[np.bool_]:
    """(n,) which points are within the middle of the cloud, or in a part of it that is large enough."""
    low, high = np.quantile(points, [0.005, 0.995], axis=0)
    size = np.maximum(high - low, 1e-9)
    room = _FAR * np.maximum(size, 0.3 * size.max())  # in a flat place a post is not far
    near = np.all((points >= low - room) & (points <= high + room), axis=1)
    edge = float(np.linalg.norm(size)) / _CELLS * max(1.0, np.sqrt(_MANY / len(points)))
    inner = points[near]
    corner = inner.min(axis=0) - edge
    index = ((inner - corner) / edge).astype(np.int64)
    shape = tuple(int(n) + 2 for n in index.max(axis=0))
    keys = (index[:, 0] * shape[1] + index[:, 1]) * shape[2] + index[:, 2]
    cells, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    label = _components.cells(cells, (shape[0], shape[1], shape[2]))
    weight = np.bincount(label, counts, minlength=len(cells))
    company = near.copy()
    company[near] = (weight[label] >= max(3.0, _ISLAND * len(points)))[inverse]
    return company


def planes(sample: Sample) -> Planes:
    """Fit a plane to the points of each cell of a grid that is as fine as the sample allows."""
    points = sample.points
    size = float(np.linalg.norm(points.max(axis=0) - points.min(axis=0))) or 1.0
    edge = size / 100
    for _ in range(8):
        _, _, counts = _cells(points, edge)
        typical = float(np.median(np.repeat(counts, counts)))  # of the cell that a point is in
        if typical > 3 * _PLANE_POINTS and edge > size / 400:
            edge /= 1.4
        elif typical < _PLANE_POINTS and edge < size / 10:
            edge *= 1.4
        else:
            break
    found, best = _fit(points, edge), 0.0
    for wider in (edge, 1.6 * edge, 2.6 * edge, 4.2 * edge):  # noise makes small cells of a floor as thick as wide
        if wider > max(edge, size / _FEWEST):
            break
        tried = _fit(points, wider)
        share = len(tried.normals) / len(tried.cells)
        if share > best:
            found, best = tried, share
        if best > _MOSTLY_FLAT:
            break
    return found


def _fit(points: Array, edge: float) -> Planes:
    """Planes through the points of each cell of this size."""
    order, starts, counts = _cells(points, edge)
    ordered = points[order]
    mean = np.add.reduceat(ordered, starts) / counts[:, None]
    off = ordered - np.repeat(mean, counts, axis=0)
    pairs = np.stack([off[:, i] * off[:, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))], axis=1)
    s = np.add.reduceat(pairs, starts) / counts[:, None]
    spread = s[:, [0, 1, 2, 1, 3, 4, 2, 4, 5]].reshape(-1, 3, 3)
    enough = counts >= 6
    values, vectors = np.linalg.eigh(spread[enough])
    thin = np.sqrt(np.maximum(values, 0))
    flat = (thin[:, 0] < _FLAT * thin[:, 1]) & (thin[:, 1] > 0.25 * thin[:, 2])
    return Planes(vectors[flat][:, :, 0], mean[enough][flat], edge, mean)


def _cells(points: Array, edge: float) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Points sorted by cell: order (n,), where each cell starts (m,), how many it has (m,)."""
    index = np.floor((points - points.min(axis=0)) / edge).astype(np.int64)
    shape = index.max(axis=0) + 1
    keys = (index[:, 0] * shape[1] + index[:, 1]) * shape[2] + index[:, 2]
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    return order, starts, np.diff(starts, append=len(keys))
