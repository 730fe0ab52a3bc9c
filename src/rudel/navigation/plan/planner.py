"""From where the robot is to where it should be."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map.grid import SLOW
from rudel.navigation.plan import lines, search, smooth
from rudel.navigation.plan.ground import Cell, Ground, PlanSpec
from rudel.navigation.plan.refusal import refuse
from rudel.navigation.types import XY, Costs, NoRoute, Route

SLOWEST = 0.3  # share of the top speed on the hardest ground
ROOMY_M, NARROW_SHARE = 0.6, 0.5  # clearance that slows nobody down; share of the speed where there is none
# When the first corridor holds no way, one so many times as wide is searched, and a way in it taken that costs no more
# than so many times what the coarse one promised.
WIDER, DEARER = 3, 1.1
SAMPLES = 8  # of the weights between two points of a route
SLOW_ZONE = 0.4  # at most, in a slow zone


class Planner:
    """Plans over ``Costs``; keeps what it made of the last ones, so that planning again on the same is cheaper."""

    def __init__(self, spec: PlanSpec | None = None) -> None:
        self.spec = spec or PlanSpec()
        self._ground: Ground | None = None

    def ground(self, costs: Costs) -> Ground:
        """``costs`` made ready for planning."""
        if self._ground is None or self._ground.costs is not costs:
            self._ground = Ground(costs, self.spec)
        return self._ground

    def plan(self, costs: Costs, start_xy: XY, goal_xy: XY) -> Route | NoRoute:
        """The way from start to goal [m], or why there is none."""
        ground = self.ground(costs)
        start = place(ground, start_xy)
        refusal = refuse(ground, start, start_xy, goal_xy)
        if refusal is not None:
            return refusal
        assert start is not None  # otherwise it was refused
        goal, _ = ground.cell(goal_xy)
        way = self._search(ground, start, goal)
        if way is None:
            raise AssertionError(f"no way from {start} to {goal} within one connected part")
        return route_along(ground, way, start_xy, goal_xy)

    def _search(self, ground: Ground, start: Cell, goal: Cell) -> search.Cells | None:
        """Cells from start to goal: first coarsely, then finely around the coarse way."""
        if ground.weights.size > self.spec.whole_cells:
            coarse = self._coarsely(ground, start, goal)
            way = None if coarse is None else self._in_corridor(ground, coarse, self.spec.corridor, start, goal)
            if way is None and coarse is not None:
                way = self._in_corridor(ground, coarse, WIDER * self.spec.corridor, start, goal)
                hoped = search.length_of(coarse, ground.coarse) * self.spec.coarse
                if way is not None and search.length_of(way, ground.weights) > DEARER * hoped:
                    way = None  # the coarse way led to the wrong place: a better one may pass elsewhere
            if way is not None:
                return way
        top, left, inside = _around(ground.parts == ground.parts[start])
        shifted = (start[0] - top, start[1] - left), (goal[0] - top, goal[1] - left)
        way = search.shortest(ground.weights[inside], *shifted)
        return None if way is None else way + np.array([top, left])

    def _coarsely(self, ground: Ground, start: Cell, goal: Cell) -> search.Cells | None:
        """(k, 2) squares of a cheapest way over squares, some of which walls may cross."""
        k = self.spec.coarse
        return search.Tree(ground.coarse, (start[0] // k, start[1] // k)).to((goal[0] // k, goal[1] // k))

    def _in_corridor(
        self, ground: Ground, coarse: search.Cells, reach: int, start: Cell, goal: Cell
    ) -> search.Cells | None:
        """A cheapest way within ``reach`` squares around a coarse one; None: there is none there."""
        k, width = self.spec.coarse, 2 * reach + 1
        (top, left), (bottom, right) = coarse.min(axis=0), coarse.max(axis=0)
        top, left = max(int(top) - reach, 0), max(int(left) - reach, 0)
        ny, nx = ground.coarse.shape
        bottom, right = min(int(bottom) + reach, ny - 1) + 1, min(int(right) + reach, nx - 1) + 1
        corridor = np.zeros((bottom - top, right - left), np.uint8)
        corridor[coarse[:, 0] - top, coarse[:, 1] - left] = 1
        corridor = cv2.dilate(corridor, np.ones((width, width), np.uint8))
        fine = ground.weights[top * k : bottom * k, left * k : right * k]
        closed = cv2.resize(corridor, (corridor.shape[1] * k, corridor.shape[0] * k), interpolation=cv2.INTER_NEAREST)
        fine = np.where(closed[: fine.shape[0], : fine.shape[1]] > 0, fine, np.float32(np.inf))
        at = (start[0] - top * k, start[1] - left * k), (goal[0] - top * k, goal[1] - left * k)
        way = search.shortest(fine, *at)
        return None if way is None else way + np.array([top * k, left * k])


def place(ground: Ground, xy: XY) -> Cell | None:
    """The cell that a robot at xy plans from: its own, or the nearest free one within the slack."""
    cell, inside = ground.cell(xy)
    if inside and ground.free[cell]:
        return cell
    return ground.nearest(xy, ground.free, ground.spec.slack_m)


def _around(mask: NDArray[np.bool_]) -> tuple[int, int, tuple[slice, slice]]:
    """Top row, left column and slices of the smallest rectangle around all that is True."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return top, left, (slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1))


def route_along(ground: Ground, way: search.Cells, start_xy: XY, goal_xy: XY) -> Route:
    """A smooth route along cells (k, 2) that begins at start_xy and ends at goal_xy.

    A start beyond the edge of the map goes straight to the edge first.
    """
    costs, weights = ground.costs, ground.weights
    origin, edge = np.array(costs.origin[::-1]), costs.resolution_m
    points = smooth.straighten(way, weights)
    ends = (np.array([xy[::-1]], np.float64) for xy in (start_xy, goal_xy))
    outside, last = ((end - origin) / edge for end in ends)
    first = np.clip(outside, 0.5, np.array(weights.shape) - 0.5) if not ground.cell(start_xy)[1] else outside
    fits = ground.cell(start_xy)[0] == (int(way[0, 0]), int(way[0, 1]))
    points = np.concatenate((first, points[1:] if fits else points))
    points = np.concatenate((points[:-1], last)) if len(points) > 1 else np.concatenate((points, last))
    points = _settle(points, way, first, last, fits, ground)
    fine = smooth.resample(points, ground.spec.spacing_m / edge)
    rounded = smooth.round_corners(fine, weights)
    free_from = 0 if fits else 1
    for candidate in (rounded, fine):
        if lines.all_clear(candidate[free_from:], ground.free):
            points = candidate
            break
    if first is not outside:
        points = np.concatenate((outside, points))
    return _route(ground, points * edge + origin)


def _settle(
    points: smooth.Points,
    way: search.Cells,
    first: smooth.Points,
    last: smooth.Points,
    fits: bool,
    ground: Ground,
) -> smooth.Points:
    """Moving the ends from the middle of their cells may have bent a line into something: then keep the middles."""
    if lines.all_clear(points if fits else points[1:], ground.free):
        return points
    middle = smooth.straighten(way, ground.weights)
    return np.concatenate((first, middle, last))


def _route(ground: Ground, yx: NDArray[np.float64]) -> Route:
    """A Route through points (k, 2) as (y, x) [m]."""
    costs, points = ground.costs, yx[:, ::-1]
    step = np.diff(points, axis=0)
    length = np.sqrt((step**2).sum(axis=1))
    moving = length > 1e-9
    points = points[np.concatenate(([True], moving))]
    step, length = step[moving], length[moving]
    yaw = np.arctan2(step[:, 1], step[:, 0])
    yaw = np.append(yaw, yaw[-1:]) if len(yaw) else np.zeros(1)
    ji, _ = costs.cell_of(points)
    j, i = ji[:, 0], ji[:, 1]
    cost = np.clip(np.nan_to_num(costs.cost[j, i], nan=0.5), 0.0, np.nextafter(1.0, 0.0)).astype(np.float64)
    clearance = costs.clearance_m[j, i].astype(np.float64)
    yx = (points[:, ::-1] - np.array(costs.origin[::-1])) / costs.resolution_m
    yx = np.clip(yx, 0, np.nextafter(ground.weights.shape, 0))  # beyond the edge nothing is known to weigh
    each = lines.weigh(yx[:-1], yx[1:], ground.weights, SAMPLES) * costs.resolution_m
    each = np.where(np.isfinite(each), each, length * (1 + ground.spec.hardness))  # off a blocked start
    total = float(each.sum())
    return Route(points, yaw, clearance, cost, float(length.sum()), total, _speed(ground, j, i, cost, clearance))


def _speed(
    ground: Ground,
    j: NDArray[np.intp],
    i: NDArray[np.intp],
    cost: NDArray[np.float64],
    clearance: NDArray[np.float64],
) -> NDArray[np.float64]:
    room = np.clip(clearance / ROOMY_M, NARROW_SHARE, 1.0)
    share = np.minimum(1 - (1 - SLOWEST) * cost, room)
    zones = ground.costs.zones
    if zones is not None:
        share = np.where((zones[j, i] & SLOW) > 0, np.minimum(share, SLOW_ZONE), share)
    return share
