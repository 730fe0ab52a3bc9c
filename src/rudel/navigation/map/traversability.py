"""From what the ground is like to what it costs a given robot."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map.grid import KEEP_OUT, SLOW, GridMap
from rudel.navigation.types import Costs, Footprint, Mover

SLOW_COST = 0.5  # least cost in a slow zone
NEAR_COST = 0.5  # next to where no heading fits
HARDEST = float(np.nextafter(np.float32(1), np.float32(0)))


def costs_of(grid: GridMap, footprint: Footprint, *, movers: tuple[Mover, ...] = (), time_s: float = -np.inf) -> Costs:
    """What ``grid`` costs a robot.

    An obstacle is a cell whose step, slope, roughness or clearance is beyond the robot, and a keep-out zone. Nearer to
    one than the footprint's inscribed radius no heading fits: blocked. Up to the circumscribed radius not every heading
    does: that costs. Otherwise the cost is the largest share of a limit that is used up. Unknown cells are no obstacles
    to their neighbours, and cost NaN.
    """
    share, bad = _shares(grid, footprint)
    known = grid.known
    obstacle = bad & known | ((grid.zones & KEEP_OUT) > 0)
    clearance = edge_distance_m(obstacle, grid.resolution_m)
    inner, outer = footprint.inscribed_m, footprint.circumscribed_m
    near = (outer - clearance) * np.float32(NEAR_COST / max(outer - inner, 1e-9))
    cost = np.clip(np.maximum(share, near), 0.0, HARDEST, dtype=np.float32)
    slow = (grid.zones & SLOW) > 0
    if slow.any():
        cost[slow] = np.maximum(cost[slow], np.float32(SLOW_COST))
    cost[obstacle | (clearance < inner)] = 1.0
    cost[~known] = np.nan
    zones = grid.zones if grid.zones.any() else None
    return Costs(grid.resolution_m, grid.origin, cost, obstacle, clearance, movers, time_s, zones)


def _shares(grid: GridMap, footprint: Footprint) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The largest share of a limit that is used up (ny, nx), and where one is exceeded."""
    step = grid.step_m * np.float32(1 / footprint.max_step_m)
    slope = grid.slope_rad * np.float32(1 / footprint.max_slope_rad)
    rough = grid.roughness_m * np.float32(1 / footprint.max_roughness_m)
    share = np.fmax(np.fmax(step, slope), rough)
    return np.nan_to_num(share), (share > 1) | (grid.clearance < footprint.height_m)  # NaN is neither


def edge_distance_m(obstacle: NDArray[np.bool_], resolution_m: float) -> NDArray[np.float32]:
    """(ny, nx) distance [m] from the middle of each cell to the edge of the nearest obstacle cell; inf: there is none.

    Beyond the grid there is no obstacle.
    """
    if not obstacle.any():
        return np.full(obstacle.shape, np.inf, np.float32)
    cells = cv2.distanceTransform((~obstacle).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV's root differs in its last bit with where in memory a cell lies; what it is the root of is a whole number
    found = np.sqrt(np.rint(np.square(cells, dtype=np.float32)))
    found -= np.float32(0.5)
    np.maximum(found, 0, out=found)
    found *= np.float32(resolution_m)
    return found
