"""Where a given robot can walk."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.worlds.place import _values as v
from rudel.worlds.place.layers import KEEP_OUT, SLOW, Layers

SLOW_COST = 0.5  # least cost in a slow zone
NEAR_COST = 0.5  # next to a place that is blocked
BLOCKED = 1.0


@dataclass(frozen=True)
class RobotSize:
    """What a world needs to know of a robot.

    Attributes:
        name: for people.
        length_m, width_m: of the footprint when it walks.
        height_m: free height that it needs.
        max_step_m: highest step that it climbs.
        max_slope_rad: steepest slope that it walks.
    """

    name: str
    length_m: float
    width_m: float
    height_m: float
    max_step_m: float
    max_slope_rad: float

    def __post_init__(self) -> None:
        for key in ("length_m", "width_m", "height_m", "max_step_m"):
            object.__setattr__(self, key, v.positive(getattr(self, key), f"{key} of a robot"))
        object.__setattr__(self, "max_slope_rad", v.number(self.max_slope_rad, "max_slope_rad", 0.0, math.pi / 2))

    @property
    def inscribed_m(self) -> float:
        """Radius of the largest circle inside of the footprint [m]: closer to an obstacle no heading fits."""
        return min(self.length_m, self.width_m) / 2

    @property
    def circumscribed_m(self) -> float:
        """Radius of the circle around the footprint [m]: further away every heading fits."""
        return math.hypot(self.length_m, self.width_m) / 2


@dataclass(frozen=True, eq=False)
class Traversability:
    """Where a robot's centre may be; arrays (ny, nx) on the grid of the layers.

    Attributes:
        cost: 0 easy to just below 1 hard; 1 blocked; NaN unknown.
        component: 0 blocked or unknown; 1, 2, ...: areas that are connected, the largest first.
        areas_m2: area of components 1, 2, ... [m^2].
        walkable_share: walkable part of what is known, 0 to 1.
        known_share: known part of the grid, 0 to 1.
    """

    cost: NDArray[np.float32]
    component: NDArray[np.int32]
    areas_m2: tuple[float, ...]
    walkable_share: float
    known_share: float

    @property
    def walkable(self) -> NDArray[np.bool_]:
        """(ny, nx) whether the robot's centre may be there."""
        return self.component > 0


def traversability(layers: Layers, robot: RobotSize, *, unknown_blocks: bool = True) -> Traversability:
    """Cost and connected areas for ``robot``.

    A cell is blocked where its step, slope or clearance is beyond the robot, in a keep-out zone, and nearer than the
    footprint's inscribed radius to such a cell. Up to the circumscribed radius it costs more, since not every heading
    fits there. Otherwise the cost is the largest share of a limit that is used up.

    Args:
        layers: the ground.
        robot: who walks.
        unknown_blocks: unknown cells count as obstacles to their neighbours.
    """
    known = layers.known()
    with np.errstate(invalid="ignore"):  # NaN: unknown, dealt with below
        bad = (
            (layers.step_m > robot.max_step_m)
            | (layers.slope_rad > robot.max_slope_rad)
            | (layers.clearance < robot.height_m)
            | ((layers.zones & KEEP_OUT) > 0)
        )
        share = np.maximum(layers.step_m / robot.max_step_m, 2 * layers.roughness_m / robot.max_step_m)
        if robot.max_slope_rad > 0:
            share = np.maximum(share, layers.slope_rad / robot.max_slope_rad)
    obstacle = bad | ~known if unknown_blocks else bad & known
    distance = _distance_m(obstacle, layers.resolution_m)
    inner, outer = robot.inscribed_m, robot.circumscribed_m
    near = np.where(distance < outer, NEAR_COST * (outer - distance) / max(outer - inner, 1e-9), 0.0)
    cost = np.clip(np.maximum(share, near), 0.0, np.nextafter(np.float32(1), np.float32(0)))
    cost = np.where((layers.zones & SLOW) > 0, np.maximum(cost, SLOW_COST), cost)
    cost = np.where(bad | (distance < inner), BLOCKED, cost)
    cost = np.where(known, cost, np.nan).astype(np.float32)
    walkable = known & (cost < BLOCKED)
    component, areas = _components(walkable, layers.resolution_m**2)
    cells = max(int(known.sum()), 1)
    return Traversability(cost, component, areas, float(walkable.sum() / cells), float(known.mean()))


def _distance_m(obstacle: NDArray[np.bool_], resolution_m: float) -> NDArray[np.float64]:
    """(ny, nx) distance [m] from the middle of each cell to the edge of the nearest obstacle cell.

    Beyond the grid there is no obstacle.
    """
    if not obstacle.any():
        return np.full(obstacle.shape, np.inf)
    cells = cv2.distanceTransform((~obstacle).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.maximum(cells.astype(np.float64) - 0.5, 0.0) * resolution_m


def _components(walkable: NDArray[np.bool_], cell_m2: float) -> tuple[NDArray[np.int32], tuple[float, ...]]:
    count, labels = cv2.connectedComponents(walkable.astype(np.uint8), connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)[1:]
    order = np.argsort(-sizes, kind="stable")
    rank = np.zeros(count, dtype=np.int32)
    rank[order + 1] = np.arange(1, count)
    return rank[np.asarray(labels, dtype=np.int32)], tuple((sizes[order] * cell_m2).tolist())
