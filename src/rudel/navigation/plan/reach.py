"""What can be reached, what it costs to get everywhere, and the way home."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.navigation.plan.ground import Ground, PlanSpec
from rudel.navigation.plan.planner import Planner, place
from rudel.navigation.plan.search import Tree, length_of
from rudel.navigation.types import XY, Costs, NoRoute, Route

_STEPS = [(dj, di) for dj in (-1, 0, 1) for di in (-1, 0, 1) if dj or di]


def reachable(costs: Costs, xy: XY, spec: PlanSpec | None = None) -> NDArray[np.bool_]:
    """(ny, nx) where a robot at xy can get to; all False when it stands on nothing that is free."""
    ground = Ground(costs, spec or PlanSpec())
    start = place(ground, xy)
    return np.zeros(costs.shape, np.bool_) if start is None else ground.parts == ground.parts[start]


def distance_field(costs: Costs, xy: XY, spec: PlanSpec | None = None, *, coarse: bool = True) -> NDArray[np.float32]:
    """Weight x length [m] of the cheapest 8-connected way between xy and every cell; inf: there is none.

    A step weighs the mean of its two cells. Coarse, on squares of ``spec.coarse`` cells (ny / coarse, nx / coarse,
    rounded up), it takes a twentieth of the time: good enough to decide where to go.
    """
    ground = Ground(costs, spec or PlanSpec())
    weights, edge = (ground.coarse, ground.spec.coarse) if coarse else (ground.weights, 1)
    start = place(ground, xy)
    if start is None:
        return np.full(weights.shape, np.inf, np.float32)
    found = _settle(weights, (start[0] // edge, start[1] // edge))
    return found * np.float32(costs.resolution_m * edge)


def _settle(weights: NDArray[np.float32], root: tuple[int, int]) -> NDArray[np.float32]:
    """Delta-stepping (Meyer and Sanders 2003): all cells whose distance is within one band are worked on together."""
    ny, nx = weights.shape
    wide = nx + 2
    flat = np.pad(weights, 1, constant_values=np.inf).ravel()
    distance = np.full(flat.shape, np.inf, np.float32)
    first = (root[0] + 1) * wide + root[1] + 1
    distance[first] = 0
    waiting = np.zeros(flat.shape, np.bool_)
    waiting[first] = True
    offsets = np.array([dj * wide + di for dj, di in _STEPS])
    lengths = np.array([math.hypot(dj, di) / 2 for dj, di in _STEPS], np.float32)
    finite = flat[np.isfinite(flat)]
    band = np.float32(2 * np.median(finite)) if len(finite) else np.float32(1)
    limit = band
    while waiting.any():
        front = np.flatnonzero(waiting)
        front = front[distance[front] < limit]
        if not len(front):
            limit = distance[waiting].min() + band
            continue
        waiting[front] = False
        target = front[:, None] + offsets
        reached = distance[front, None] + lengths * (flat[front, None] + flat[target])
        better = reached < distance[target]
        target, reached = target[better], reached[better]
        np.minimum.at(distance, target, reached)
        waiting[target] = True
    return distance.reshape(ny + 2, wide)[1:-1, 1:-1].copy()


class Home:
    """What it takes to get home, from anywhere, at the price of one coarse search for each new map.

    Args:
        costs: where to walk.
        home_xy: where home is [m].
        spec: what the planner prefers.

    Raises:
        BadInput: home is not on the map, or on nothing that is free.
    """

    def __init__(self, costs: Costs, home_xy: XY, spec: PlanSpec | None = None) -> None:
        self._planner, self._costs, self.xy = Planner(spec), costs, home_xy
        self._ground = self._planner.ground(costs)
        cell = place(self._ground, home_xy)
        if cell is None:
            raise BadInput(f"home at {home_xy} is on no free ground of the map: give another place")
        self._cell, self._edge = cell, self._planner.spec.coarse
        self._tree = Tree(self._ground.coarse, (cell[0] // self._edge, cell[1] // self._edge))

    def length_from(self, xy: XY) -> float:
        """Length of the way home [m], to a tenth or so; inf: there is none."""
        way = self._way(xy)
        if way is None:
            return math.inf
        return float(np.sqrt((np.diff(way, axis=0) ** 2).sum(axis=1)).sum()) * self._edge * self._costs.resolution_m

    def cost_from(self, xy: XY) -> float:
        """Weight x length of the way home [m]; inf: there is none."""
        way = self._way(xy)
        return math.inf if way is None else length_of(way, self._ground.coarse) * self._edge * self._costs.resolution_m

    def way_from(self, xy: XY) -> Route | NoRoute:
        """The way home itself."""
        return self._planner.plan(self._costs, xy, self.xy)

    def _way(self, xy: XY) -> NDArray[np.intp] | None:
        start = place(self._ground, xy)
        if start is None or self._ground.parts[start] != self._ground.parts[self._cell]:
            return None
        return self._tree.to((start[0] // self._edge, start[1] // self._edge))
