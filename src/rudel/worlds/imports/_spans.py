"""Columns of voxels as spans of matter, and which of their tops one could stand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports import _components
from rudel.worlds.imports._voxels import Voxels

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_CLOSED_M = 0.12  # a gap in a column that is lower counts as matter: nobody fits, and scans have holes
_BRIDGE_M = 0.32  # holes in the scan of a floor that are narrower than this do not divide it
_SPARSE_M = 0.15  # cells from here on mean that points are few
_RING_M = 0.25  # how far a floor has to go on
_SIDES, _LEAST_SIDES = 0.6, 2  # share and number of its sides
_WEAK = 0.2  # a topmost voxel with fewer points than this share of the next one is an edge of it


@dataclass(frozen=True, eq=False)
class Spans:
    """Pieces of matter, sorted by column and then by height: (n,) each.

    Attributes:
        column: iy * nx + ix.
        bottom, top: heights [m].
        above: free height over the top, to the next piece in the column [m]; inf: nothing above.
        shape: (ny, nx).
        cell_m: edge of a column.
    """

    column: Ints
    bottom: Array
    top: Array
    above: Array
    shape: tuple[int, int]
    cell_m: float


def find(voxels: Voxels) -> Spans:
    """The spans of all columns; gaps below 12 cm are closed."""
    column, iz = voxels.columns, voxels.iz
    missing = int(_CLOSED_M / voxels.cell_z + 1e-9)
    new = np.ones(len(column), bool)
    new[1:] = (np.diff(column) != 0) | (np.diff(iz) > 1 + missing)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(column)) - 1
    points, height = voxels.counts.astype(np.float64), voxels.height
    mean = np.add.reduceat(points * height, first) / np.add.reduceat(points, first)
    # a surface on the border of two voxels: their mean is the best there is
    thin = (last - first <= 1) & (height[last] - height[first] < 0.5 * voxels.cell_z)
    top = np.where(thin, mean, _end(points, height, last, last - 1))
    bottom = np.where(thin, mean, _end(points, height, first, np.minimum(first + 1, len(points) - 1)))
    column = column[first]
    above = np.full(len(first), np.inf)
    same = column[1:] == column[:-1]
    above[:-1][same] = (bottom[1:] - top[:-1])[same]
    return Spans(column, bottom, top, above, (voxels.shape[1], voxels.shape[0]), voxels.cell)


def _end(points: Array, height: Array, end: Ints, inner: Ints) -> Array:
    """Height of a piece's end: that of its last voxel, or of the last two where the last one has few points."""
    weak = points[end] < _WEAK * points[inner]
    both = (points[end] * height[end] + points[inner] * height[inner]) / (points[end] + points[inner])
    return np.where(weak, both, height[end])


@dataclass(frozen=True, eq=False)
class Standing:
    """Tops of spans with room above, and how they hang together.

    Attributes:
        span: (n,) index of the span, ascending.
        part: (n,) label: tops with the same label can be reached from each other by steps.
        start, count: (ny * nx,) the tops of a column are ``start`` .. ``start + count``.
    """

    span: Ints
    part: Ints
    start: Ints
    count: Ints


def rise_m(cell_m: float, cells: int, step_m: float) -> float:
    """Difference in height over ``cells`` cells that still counts as connected: a step, or a slope of 40 degrees."""
    return max(step_m, 0.84 * cell_m * cells)


def stand(spans: Spans, free_m: float, step_m: float) -> Standing:
    """Tops with at least ``free_m`` above them, connected where neighbours differ by ``step_m`` at most.

    Only tops that go on to most sides connect (a floor does, a stair does, the face of a wall or a heap does not: one
    could climb there from cell to cell up to the ceiling). The others belong to the part beside them or to none.
    """
    ny, nx = spans.shape
    span = np.flatnonzero(spans.above >= free_m)
    column = spans.column[span]
    count = np.bincount(column, minlength=ny * nx)
    start = np.cumsum(count) - count
    columns = (start, count)
    sparse = spans.cell_m > _SPARSE_M  # one cell is a slope by itself there, and its neighbours are few
    wide = np.ones(len(span), bool) if sparse else _goes_on(spans, span, columns, free_m, step_m)
    ends_a, ends_b = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    beside = np.arange(len(span))
    reach = max(1, min(4, int(_BRIDGE_M / spans.cell_m)))
    if sparse:
        reach = 2  # one empty cell
    for cells in range(1, reach + 1):
        rise = rise_m(spans.cell_m, cells, step_m)
        for offset in ((0, cells), (cells, 0)):
            for a, b in _neighbours(spans, span, columns, offset, free_m, rise):
                both = wide[a] & wide[b]
                ends_a.append(a[both])
                ends_b.append(b[both])
                if cells == 1:
                    for one, other in ((a, b), (b, a)):
                        edge = ~wide[one] & wide[other]
                        beside[one[edge]] = other[edge]
    part = _components.labels(len(span), np.concatenate(ends_a), np.concatenate(ends_b))
    return Standing(span, part[beside], start, count)


def _goes_on(spans: Spans, span: Ints, columns: tuple[Ints, Ints], free_m: float, step_m: float) -> NDArray[np.bool_]:
    """(n,) whether a top goes on, no steeper than 45 degrees, to most of its 8 sides of which anything is known."""
    ny, nx = spans.shape
    away = max(1, round(_RING_M / spans.cell_m))
    rise = max(step_m, away * spans.cell_m)
    occupied = np.zeros(ny * nx, bool)
    occupied[spans.column] = True
    column = spans.column[span]
    on, seen = np.zeros(len(span), np.int64), np.zeros(len(span), np.int64)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1), (0, -1), (-1, 0), (-1, -1), (-1, 1)):
        y, x = column // nx + away * dy, column % nx + away * dx
        inside = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
        seen[inside] += occupied[(y * nx + x)[inside]]
        hit = np.zeros(len(span), bool)
        for a, _ in _neighbours(spans, span, columns, (away * dy, away * dx), free_m, rise):
            hit[a] = True
        on += hit
    return (on >= _SIDES * np.maximum(seen, 1)) & (on >= _LEAST_SIDES)


def _neighbours(
    spans: Spans, span: Ints, columns: tuple[Ints, Ints], offset: tuple[int, int], free_m: float, rise: float
) -> Iterator[tuple[Ints, Ints]]:
    """Yield (a, b): tops that are connected with tops in the column ``offset`` (rows, cells) further."""
    ny, nx = spans.shape
    start, count = columns
    column = spans.column[span]
    y, x = column // nx + offset[0], column % nx + offset[1]
    a = np.flatnonzero((y >= 0) & (y < ny) & (x >= 0) & (x < nx))
    target = (y * nx + x)[a]
    top, above = spans.top[span], spans.above[span]
    for k in range(int(count.max(initial=0))):
        has = count[target] > k
        a, target = a[has], target[has]
        b = start[target] + k
        room = np.minimum(top[a] + above[a], top[b] + above[b]) - np.maximum(top[a], top[b])
        good = (np.abs(top[a] - top[b]) <= rise) & (room >= free_m)
        yield a[good], b[good]
