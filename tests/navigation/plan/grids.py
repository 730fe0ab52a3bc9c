"""Small grids to plan on, and a plain Dijkstra to compare with."""

from __future__ import annotations

import heapq
import math

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from rudel.navigation.map import KEEP_OUT, GridMap, costs_of
from rudel.navigation.map.terrain import slope_step_roughness
from rudel.navigation.types import XY, Costs, Footprint, Route

ROBOT = Footprint(0.6, 0.37, 0.48, 0.14, math.radians(30), 0.05)
SMALL = Footprint(0.1, 0.1, 0.48, 0.14, math.radians(30), 0.05)  # fits through single cells


def grid_of(height: NDArray, resolution_m: float = 0.1, zones: NDArray | None = None) -> GridMap:
    """The layers of heights (ny, nx) under open sky; NaN is unknown."""
    height = np.asarray(height, np.float32)
    layers = slope_step_roughness(height, resolution_m)
    clearance = np.where(np.isnan(height), np.nan, np.inf).astype(np.float32)
    bits = np.zeros(height.shape, np.uint8) if zones is None else zones
    return GridMap(resolution_m, (0.0, 0.0), height, clearance, *layers, zones=bits)


def flat(ny: int = 60, nx: int = 80) -> Costs:
    return costs_of(grid_of(np.zeros((ny, nx))), ROBOT)


def walled(ny: int = 60, nx: int = 80, column: int = 40, door: slice = slice(0, 0), unknown: bool = False) -> Costs:
    """Level ground with a wall of three cells across (of the unknown: one), and a door in it."""
    height = np.zeros((ny, nx))
    wall = slice(column, column + 1) if unknown else slice(column - 1, column + 2)
    height[:, wall] = np.nan if unknown else 1.0
    height[door, wall] = 0.0
    return costs_of(grid_of(height), ROBOT)


def raw(cost: NDArray, resolution_m: float = 0.1, zones: NDArray | None = None) -> Costs:
    """Costs as they are given: 1 blocked, NaN unknown, without any room around obstacles."""
    cost = np.asarray(cost, np.float32)
    return Costs(resolution_m, (0.0, 0.0), cost, cost >= 1, np.full(cost.shape, np.inf, np.float32), zones=zones)


@st.composite
def random_costs(draw: st.DrawFn, size: int = 24) -> Costs:
    """Lumpy ground with holes, walls and unknown cells; every cell as it comes, nothing is inflated."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.floats(0.0, 0.45))
    cost = rng.uniform(0, 0.95, (size, size))
    cost[rng.uniform(size=cost.shape) < share] = 1.0
    cost[rng.uniform(size=cost.shape) < share / 4] = np.nan
    return raw(cost)


@st.composite
def random_places(draw: st.DrawFn, size: int = 40) -> tuple[GridMap, Costs]:
    """Ground with ramps, steps up to 0.4 m and keep-out zones, for a robot that takes up several cells."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    height = np.zeros((size, size)) + np.linspace(0, draw(st.floats(-1, 1)), size)[:, None]
    zones = np.zeros((size, size), np.uint8)
    for _ in range(draw(st.integers(0, 8))):
        j, i = rng.integers(0, size, 2)
        h, w = rng.integers(1, 9, 2)
        if rng.uniform() < 0.3:
            zones[j : j + h, i : i + w] |= KEEP_OUT
        else:
            height[j : j + h, i : i + w] += rng.uniform(-0.4, 0.4)
    grid = grid_of(height, zones=zones)
    return grid, costs_of(grid, ROBOT)


def centre(costs: Costs, cell: tuple[int, int]) -> XY:
    x, y = costs.origin
    return x + (cell[1] + 0.5) * costs.resolution_m, y + (cell[0] + 0.5) * costs.resolution_m


def some_free(costs: Costs, rng: np.random.Generator, count: int = 2) -> list[XY]:
    """Middles of free cells; [] when there are none."""
    cells = np.argwhere(costs.free)
    if not len(cells):
        return []
    return [centre(costs, (int(j), int(i))) for j, i in cells[rng.integers(len(cells), size=count)]]


def cells_under(route: Route, costs: Costs, per_cell: int = 40) -> NDArray[np.intp]:
    """(k, 2) cells that a route leads through, by very many points on it; corners that it only touches are left out."""
    found = []
    for a, b in zip(route.points[:-1], route.points[1:], strict=True):
        n = max(int(np.hypot(*(b - a)) / costs.resolution_m * per_cell), 2)
        t = (np.arange(n) + 0.5) / n
        found.append(a + t[:, None] * (b - a))
    points = np.concatenate(found) if found else route.points
    uv = (points - np.array(costs.origin)) / costs.resolution_m
    off = np.abs(uv - np.rint(uv)).min(axis=1) > 1e-6  # on the line between two cells it is in neither
    return np.floor(uv[off])[:, ::-1].astype(np.intp)


def dijkstra(weights: NDArray[np.float32], start: tuple[int, int]) -> NDArray[np.float64]:
    """Weight x length of the cheapest 8-connected way from start to every cell, entering cells at their weight.

    A diagonal step between two closed cells is none.
    """
    ny, nx = weights.shape
    best = np.full((ny, nx), np.inf)
    best[start] = 0.0
    queue = [(0.0, start)]
    while queue:
        cost, (j, i) = heapq.heappop(queue)
        if cost > best[j, i]:
            continue
        for dj in (-1, 0, 1):
            for di in (-1, 0, 1):
                y, x = j + dj, i + di
                if not (dj or di) or not (0 <= y < ny and 0 <= x < nx):
                    continue
                if dj and di and np.isinf(weights[j, x]) and np.isinf(weights[y, i]):
                    continue
                total = cost + math.hypot(dj, di) * float(weights[y, x])
                if total < best[y, x]:
                    best[y, x] = total
                    heapq.heappush(queue, (total, (y, x)))
    return best
