"""Storeys: on which heights one could stand at a point, and which of them is connected with the start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MIN_FREE_M = 0.25  # less than this above a surface and nobody is in there: a robot dog lying down is about 0.2 m high
# The flood from the start goes up and down by small steps first, so that a storey is entered over its ramp or stairs
# and not over its edge; what is left (tops of obstacles, pits) follows from its neighbours at any step.
STEPS_M = (0.06, 0.12, 0.25, 0.50, np.inf)
# In a fine grid even a cliff is made of small steps: slopes that one walks come first, about 31 degrees.
SLOPE = 0.6


def levels(
    count: int, point: NDArray[np.intp], low: Array, high: Array, floor: Array, min_free_m: float = MIN_FREE_M
) -> tuple[Array, Array]:
    """Where one could stand on each of ``count`` vertical lines.

    Args:
        count: number of lines.
        point, low, high: (k,) what the lines pass through, sorted by line, see Columns.through.
        floor: (count,) height of the ground on each line, -inf where there is none [m].
        min_free_m: gaps lower than this are taken for solid.

    Returns:
        height, ceiling: (count, m) [m], ascending; lines with fewer than m levels are filled with NaN.
    """
    counts = np.bincount(point, minlength=count)
    most = int(counts.max(initial=0)) + 1
    lows, highs = np.full((count, most), np.inf), np.full((count, most), -np.inf)
    lows[:, 0], highs[:, 0] = -np.inf, floor
    slot = np.arange(len(point)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    lows[point, slot], highs[point, slot] = low, high
    order = np.argsort(lows, axis=1, kind="stable")
    lows = np.take_along_axis(lows, order, axis=1)
    highs = np.maximum.accumulate(np.take_along_axis(highs, order, axis=1), axis=1)
    ceilings = np.concatenate((lows[:, 1:], np.full((count, 1), np.inf)), axis=1)
    stands = (highs > -np.inf) & (ceilings - highs >= min_free_m) & (lows < np.inf)
    rank = np.cumsum(stands, axis=1) - 1
    storeys = max(1, int(stands.sum(axis=1).max(initial=0)))
    height, ceiling = np.full((count, storeys), np.nan), np.full((count, storeys), np.nan)
    line, at = np.nonzero(stands)
    height[line, rank[line, at]], ceiling[line, rank[line, at]] = highs[line, at], ceilings[line, at]
    return height, ceiling


def connected(
    height: Array, ceiling: Array, start: tuple[int, int], start_z: float | None, cell_m: float
) -> NDArray[np.intp]:
    """The storey of each cell that is connected with the start.

    Args:
        height, ceiling: (ny, nx, m) as from ``levels``.
        start: (j, i) of the cell to begin at.
        start_z: the storey to begin on is the nearest to this height [m]; None: the lowest.
        cell_m: edge of a cell [m].

    Returns:
        (ny, nx) index into the last axis; -1 where there is nothing to stand on.
    """
    ny, nx, storeys = height.shape
    known = ~np.isnan(height)
    chosen = np.where(known.any(axis=2), np.argmax(known, axis=2), -1)
    if storeys == 1:
        return chosen
    height, ceiling = height.reshape(-1, storeys), ceiling.reshape(-1, storeys)
    flat = np.full(ny * nx, -1, dtype=np.intp)
    single = known.reshape(-1, storeys).sum(axis=1)
    begin = start[0] * nx + start[1]
    if single[begin]:
        own = height[begin, : single[begin]]
        flat[begin] = 0 if start_z is None else int(np.argmin(np.abs(own - start_z)))
        for step in (min(SLOPE * cell_m, STEPS_M[0]), *STEPS_M):
            _flood(flat, height, ceiling, (ny, nx), step)
    # islands behind gaps in the ground: the highest storey, as seen from above
    left = (flat < 0) & (single > 0)
    flat[left] = single[left] - 1
    return flat.reshape(ny, nx)


def _flood(flat: NDArray[np.intp], height: Array, ceiling: Array, shape: tuple[int, int], step: float) -> None:
    """Spread the chosen storeys to neighbours that differ by at most ``step``, in waves."""
    ny, nx = shape
    front = np.flatnonzero(flat >= 0)
    while len(front):
        reached: list[NDArray[np.intp]] = []
        for dj, di in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            j, i = front // nx + dj, front % nx + di
            inside = (j >= 0) & (j < ny) & (i >= 0) & (i < nx)
            source, target = front[inside], (j * nx + i)[inside]
            fresh = flat[target] < 0
            source, target = source[fresh], target[fresh]
            if not len(target):
                continue
            z, top = height[source, flat[source]][:, None], ceiling[source, flat[source]][:, None]
            with np.errstate(invalid="ignore"):  # NaN: no such storey; inf - inf: open sky on both sides
                rise = np.abs(height[target] - z)
                shared = np.minimum(ceiling[target], top) - np.maximum(height[target], z)
                fits = (shared >= MIN_FREE_M) & (rise <= step)
            rise = np.where(fits, rise, np.inf)
            best = np.argmin(rise, axis=1)
            won = fits[np.arange(len(best)), best]
            flat[target[won]] = best[won]
            reached.append(target[won])
        front = np.concatenate(reached) if reached else np.zeros(0, np.intp)
