"""Which of the surfaces above each other is the floor, and what stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports._spans import Spans, Standing, rise_m
from rudel.worlds.imports._surface import GROUND, OBSTACLE, UNKNOWN, WALL_M, Surface, nearest

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP_M = 0.25  # neighbours in the floor differ by no more: a high stair; what the robot can do is another question
_LARGE = 0.15  # share of the largest part that makes another one a storey or a roof
_ROOF_OPEN, _ROOF_OVER = 0.7, 0.5  # a roof: open to the sky, and another large part below it
_LEVEL_M = 0.3  # heights that belong to one storey when it is entered
_APART_M, _OVER = 1.5, 0.3  # storeys are at least this far apart, and this share of them lies above or below the other
_THIN_M = 0.05  # less above the floor is no obstacle
_LEAST_AREA_M2 = 0.5
_UNDER_M = 0.6  # matter this low over ground that nobody has seen: taken to reach down to it


@dataclass(frozen=True)
class Storey:
    """A large connected surface: its area, height and share with something above it."""

    area_m2: float
    height_m: float
    covered: float


def choose(spans: Spans, standing: Standing) -> tuple[Ints, Storey, tuple[Storey, ...]]:
    """The floor: (k,) tops in ``standing``, one for a column; what it is; and the other storeys that were left out."""
    if not len(standing.span):
        raise BadInput("there is nothing to stand on in this scan: its points do not form any level surface")
    _, inverse, sizes = np.unique(standing.part, return_inverse=True, return_counts=True)
    large = np.flatnonzero(sizes >= _LARGE * sizes.max())
    column = spans.column[standing.span]
    open_sky = np.isinf(spans.above[standing.span])
    is_large = np.isin(inverse, large)
    # the lowest top of a large part in each column
    lowest = np.full(int(column.max()) + 1, len(column))
    np.minimum.at(lowest, column[is_large], np.flatnonzero(is_large))
    over = is_large & (inverse[np.minimum(lowest[column], len(column) - 1)] != inverse)
    found: dict[int, Storey] = {}
    roofs: set[int] = set()
    for part in large:
        own = inverse == part
        storey = Storey(
            float(len(np.unique(column[own])) * spans.cell_m**2),
            float(np.median(spans.top[standing.span[own]])),
            float(1 - open_sky[own].mean()),
        )
        found[int(part)] = storey
        if open_sky[own].mean() > _ROOF_OPEN and over[own].mean() > _ROOF_OVER:
            roofs.add(int(part))
    floors = {part: storey for part, storey in found.items() if part not in roofs} or found
    most = max(storey.area_m2 for storey in floors.values())
    best = min((p for p, s in floors.items() if s.area_m2 >= 0.8 * most), key=lambda p: floors[p].height_m)
    own = np.flatnonzero(inverse == best)
    below = np.zeros(len(standing.count), bool)
    below[column[own]] = True
    others = tuple(
        storey
        for part, storey in floors.items()
        if part != best
        and storey.area_m2 >= 0.3 * most
        and abs(storey.height_m - floors[best].height_m) >= _APART_M
        and below[column[inverse == part]].mean() >= _OVER
    )
    if floors[best].area_m2 < _LEAST_AREA_M2:
        raise BadInput(
            f"the largest level surface in this scan has {floors[best].area_m2:.2g} m2: that is no place for a robot. "
            "If its unit or its up axis is not as found, state them with --units and --up"
        )
    return _one_each(spans, standing, own), floors[best], others


def _one_each(spans: Spans, standing: Standing, own: Ints) -> Ints:
    """Of the tops ``own`` of one part, one for each column: where there are several, the one that is reached first.

    The way begins on the storey where most of the part is, the lower one where two are alike.
    """
    column = spans.column[standing.span]
    several = np.bincount(column[own], minlength=len(standing.count)) > 1
    if not several.any():
        return own
    top = spans.top[standing.span]
    edges = np.arange(top[own].min(), top[own].max() + 2 * _LEVEL_M, _LEVEL_M)
    counts, _ = np.histogram(top[own], edges)
    level = int(np.flatnonzero(counts >= 0.7 * counts.max())[0])
    begin = own[(top[own] >= edges[level] - 1e-9) & (top[own] <= edges[level + 1] + 1e-9)]
    taken = np.full(len(standing.count), -1)
    mine = np.zeros(len(column), bool)
    mine[own] = True
    taken[column[begin[::-1]]] = begin[::-1]  # the lower one where both are on that level
    front = taken[taken >= 0]
    while len(front):
        reached = []
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            for b in _next(front, spans, standing, dy, dx):
                fresh = b[mine[b] & (taken[column[b]] < 0)]
                taken[column[fresh]] = fresh
                reached.append(fresh)
        front = np.unique(np.concatenate(reached)) if reached else np.zeros(0, np.int64)
        front = front[taken[column[front]] == front]
    missed = own[taken[column[own]] < 0]  # across holes of the scan
    taken[column[missed[::-1]]] = missed[::-1]
    return np.sort(taken[taken >= 0])


def _next(front: Ints, spans: Spans, standing: Standing, dy: int, dx: int) -> Iterator[Ints]:
    """The tops one column further that ``front`` is connected with."""
    ny, nx = spans.shape
    column = spans.column[standing.span[front]]
    y, x = column // nx + dy, column % nx + dx
    inside = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
    a, target = front[inside], (y * nx + x)[inside]
    rise = rise_m(spans.cell_m, 1, STEP_M)
    for k in range(int(standing.count[target].max(initial=0))):
        has = standing.count[target] > k
        a, target = a[has], target[has]
        b = standing.start[target] + k
        good = np.abs(spans.top[standing.span[a]] - spans.top[standing.span[b]]) <= rise
        yield b[good]


def surface(spans: Spans, standing: Standing, floor: Ints, low: tuple[float, float], free_m: float) -> Surface:
    """The floor with what stands on it.

    Other columns: a top near the height of the floor beside it is ground too (an island of it); matter that begins
    lower than 0.6 m above that height is an obstacle (nobody has seen the ground under it); tops far below are ground
    (a pit); the rest stays unknown.
    """
    ny, nx = spans.shape
    kind = np.full(ny * nx, UNKNOWN, np.uint8)
    height, ceiling = np.full(ny * nx, np.nan), np.full(ny * nx, np.nan)
    chosen = standing.span[floor]
    at = spans.column[chosen]
    kind[at], height[at], ceiling[at] = GROUND, spans.top[chosen], spans.top[chosen] + spans.above[chosen]
    known = (kind == GROUND).reshape(ny, nx)
    beside = nearest(height.reshape(ny, nx), known).ravel()
    other = kind[spans.column] != GROUND
    span = np.flatnonzero(other)
    column, top, bottom = spans.column[span], spans.top[span], spans.bottom[span]
    base = beside[column]
    near = (np.abs(top - base) <= STEP_M) & (spans.above[span] >= free_m)
    _put(kind, height, GROUND, column[near], top[near])
    ceiling[column[near]] = (top + spans.above[span])[near]
    rest = ~np.isin(column, column[near])
    stands = rest & (bottom < base + max(free_m, _UNDER_M)) & (top > base + _THIN_M)
    _put(kind, height, OBSTACLE, column[stands], np.minimum(top, base + WALL_M)[stands])
    pit = rest & ~np.isin(column, column[stands]) & (top <= base + _THIN_M)
    _put(kind, height, GROUND, column[pit], top[pit])
    ceiling[column[pit]] = (top + spans.above[span])[pit]
    kinds, heights, ceilings = kind.reshape(ny, nx), height.reshape(ny, nx), ceiling.reshape(ny, nx)
    return Surface(kinds, heights, ceilings, spans.cell_m, low)


def _put(kind: NDArray, height: Array, what: int, column: Ints, value: Array) -> None:
    """The highest value of each column wins."""
    order = np.argsort(value, kind="stable")
    kind[column], height[column[order]] = what, value[order]
