"""The way that a walk through a built-in place takes: past all stops of its inspection route."""

from __future__ import annotations

import heapq
import itertools
import math

import numpy as np
from numpy.typing import NDArray

from rudel import robots
from rudel.sim.robot_size import robot_size
from rudel.worlds.place import World, layers_of, traversability

_NEAR = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))


def walk(world: World) -> NDArray[np.float64]:
    """(k, 2) from the start past all stops of the inspection route, over walkable cells only [m]."""
    layers = layers_of(world)
    cost = traversability(layers, robot_size(robots.load("lite3"))).cost
    places = {p.name: p.xy for p in world.points} | {t.id: t.viewpoint.xy for t in world.things if t.viewpoint}
    stops = [world.spawn, *(places[s] for s in world.routes["inspection"] if s in places)]
    ij, _ = layers.cell_of(np.array(stops))
    way = [layers.centres()[tuple(ij[0])]]
    for a, b in itertools.pairwise(ij):
        cells = _shortest(cost, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])))
        way += [layers.centres()[cell] for cell in [*cells[4::5], cells[-1]]]  # 10 cm cells: a corner each half metre
    return np.array(way)


def _shortest(cost: NDArray[np.float32], start: tuple[int, int], goal: tuple[int, int]) -> list[tuple[int, int]]:
    """Dijkstra's shortest path over cells of cost below 1, which counts on top of the length."""
    best, before = {start: 0.0}, {start: start}
    queue = [(0.0, start)]
    while queue:
        spent, cell = heapq.heappop(queue)
        if cell == goal:
            break
        if spent > best[cell]:
            continue
        for dj, di in _NEAR:
            j, i = cell[0] + dj, cell[1] + di
            if not (0 <= j < cost.shape[0] and 0 <= i < cost.shape[1] and cost[j, i] < 1):  # NaN is not
                continue
            there = spent + math.hypot(dj, di) * (1 + 3 * float(cost[j, i]))
            if there < best.get((j, i), math.inf):
                best[j, i], before[j, i] = there, cell
                heapq.heappush(queue, (there, (j, i)))
    if goal not in before:
        raise RuntimeError(f"no way from cell {start} to {goal}")
    cells = [goal]
    while cells[-1] != start:
        cells.append(before[cells[-1]])
    return cells[::-1]
