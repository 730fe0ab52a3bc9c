"""Where the known ground ends and the unknown begins: places worth going to when exploring."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.plan.ground import Cell, Ground, PlanSpec
from rudel.navigation.plan.planner import place
from rudel.navigation.plan.search import Tree
from rudel.navigation.types import XY, Costs

VIEW_M = 4.0  # how far ground is seen well: rings of a LiDAR half a metre high are a metre apart there
RAYS = 72
APPROACH_M = 1.5  # nearer to a frontier than this one must get
START_UP_M = 5.0  # of way, that going anywhere costs at least: near and small is not always better


@dataclass(frozen=True)
class Frontier:
    """A stretch of the edge of the known ground.

    Attributes:
        centroid: (x, y) of its cells [m].
        approach: (x, y) where the robot can stand to look beyond it [m].
        size_m: how long it is [m].
        gain_m2: unknown area beyond it that comes into view from ``approach``, up to what is known to stand in the way
            [m^2].
        way_m: length of the way to ``approach`` [m].
    """

    centroid: XY
    approach: XY
    size_m: float
    gain_m2: float
    way_m: float

    @property
    def worth(self) -> float:
        """Gain for the way [m^2/m]."""
        return self.gain_m2 / (START_UP_M + self.way_m)


def frontiers(
    costs: Costs,
    xy: XY,
    spec: PlanSpec | None = None,
    *,
    least_size_m: float = 0.4,
    least_gain_m2: float = 0.5,
) -> list[Frontier]:
    """Frontiers that a robot at xy can get near to, the most worthwhile first.

    The edge of the grid is none: there a map ends, not what is known.

    Args:
        costs: what is known.
        xy: where the robot is [m].
        spec: what the planner prefers.
        least_size_m, least_gain_m2: smaller ones are gaps in the scan.
    """
    ground = Ground(costs, spec or PlanSpec())
    start = place(ground, xy)
    if start is None:
        return []
    reached = ground.parts == ground.parts[start]
    unknown = costs.unknown
    beside = cv2.dilate(unknown.view(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0
    ground_of = ~unknown & ~costs.obstacle  # where there is ground, though the robot's middle may not be everywhere
    _, parts = cv2.connectedComponents(ground_of.view(np.uint8), connectivity=4)
    edge = beside & ground_of & np.isin(parts, np.unique(np.asarray(parts)[reached]))  # not the far sides of walls
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(edge.view(np.uint8), connectivity=8)
    gaps = np.asarray(cv2.connectedComponents(unknown.view(np.uint8), connectivity=8)[1])
    coarse = ground.spec.coarse
    tree = Tree(ground.coarse, (start[0] // coarse, start[1] // coarse))
    found: list[Frontier] = []
    for k in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[k])
        size_m = max(math.hypot(width, height), 1.0) * costs.resolution_m
        if size_m < least_size_m or area < 2:
            continue
        own = np.asarray(labels) == k
        stop = _approach(ground, reached, own, (top, left, height, width))
        if stop is None:
            continue
        way = tree.to((stop[0] // coarse, stop[1] // coarse))
        touching = np.unique(gaps[(cv2.dilate(own.view(np.uint8), np.ones((3, 3), np.uint8)) > 0) & unknown])
        gain_m2 = visible_m2(costs, stop, np.isin(gaps, touching))
        if way is None or gain_m2 < least_gain_m2:
            continue
        way_m = float(np.sqrt((np.diff(way, axis=0) ** 2).sum(axis=1)).sum()) * coarse * costs.resolution_m
        x, y = (o + (float(c) + 0.5) * costs.resolution_m for o, c in zip(costs.origin, centroids[k], strict=True))
        found.append(Frontier((x, y), ground.centre(stop), size_m, gain_m2, way_m))
    return sorted(found, key=lambda f: (-f.worth, f.approach))


def _approach(
    ground: Ground, reached: NDArray[np.bool_], own: NDArray[np.bool_], box: tuple[int, int, int, int]
) -> Cell | None:
    """The reachable cell nearest to the middle of a frontier, within APPROACH_M of some cell of it; None: none."""
    top, left, height, width = box
    reach = math.ceil(APPROACH_M / ground.costs.resolution_m)
    rows, columns = slice(max(top - reach, 0), top + height + reach), slice(max(left - reach, 0), left + width + reach)
    far = cv2.distanceTransform((~own[rows, columns]).view(np.uint8), cv2.DIST_L2, 5)
    near = reached[rows, columns] & (np.asarray(far) <= reach)
    if not near.any():
        return None
    j, i = np.nonzero(own)
    middle = int(np.argmin((j - j.mean()) ** 2 + (i - i.mean()) ** 2))  # a cell of it, not a point beside it
    y, x = np.nonzero(near)
    best = int(np.argmin((y + rows.start - j[middle]) ** 2 + (x + columns.start - i[middle]) ** 2))
    return int(y[best]) + rows.start, int(x[best]) + columns.start


def visible_m2(costs: Costs, cell: Cell, of: NDArray[np.bool_], view_m: float = VIEW_M) -> float:
    """Area [m^2] ``of`` some cells (ny, nx) within view_m of a cell, as far as no obstacle stands before them."""
    steps = max(int(view_m / costs.resolution_m), 1)
    angle = (np.arange(RAYS) + 0.5) * (2 * math.pi / RAYS)
    radius = np.arange(1, steps + 1, dtype=np.float64)
    j = np.rint(cell[0] + np.sin(angle)[:, None] * radius).astype(np.intp)
    i = np.rint(cell[1] + np.cos(angle)[:, None] * radius).astype(np.intp)
    ny, nx = costs.shape
    inside = (j >= 0) & (j < ny) & (i >= 0) & (i < nx)
    j, i = np.clip(j, 0, ny - 1), np.clip(i, 0, nx - 1)
    open_ = np.logical_and.accumulate(inside & ~costs.obstacle[j, i], axis=1)
    sector = radius * (2 * math.pi / RAYS) * costs.resolution_m**2
    return float(((open_ & of[j, i]) * sector).sum())
