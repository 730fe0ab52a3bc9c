"""Places and a robot that does exactly what it is told, for tests of local control."""

from __future__ import annotations

import math

import cv2
import numpy as np

from rudel.core import frames
from rudel.core.types import Pose, Twist
from rudel.navigation.follow.sweep import moved
from rudel.navigation.types import Costs, Estimate, Footprint, Route

FOOTPRINT = Footprint(0.6, 0.37, 0.48, 0.025, 0.24)
EDGE_M = 0.1


def costs_of(obstacle: np.ndarray, origin: tuple[float, float] = (0.0, 0.0), **more) -> Costs:
    """Costs of a yard in which only ``obstacle`` (ny, nx) is not free."""
    clearance = np.full(obstacle.shape, 10.0, np.float32)
    if obstacle.any():
        cells = cv2.distanceTransform((~obstacle).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        clearance = (np.maximum(cells - 0.5, 0) * EDGE_M).astype(np.float32)
    cost = np.where(clearance < FOOTPRINT.inscribed_m, 1.0, 0.0).astype(np.float32)
    return Costs(EDGE_M, origin, cost, obstacle, clearance, **more)


def estimate(pose: np.ndarray, time_s: float, **more) -> Estimate:
    """An estimate at a planar pose (3,)."""
    quat = frames.quat_from_yaw(np.asarray(float(pose[2])))
    at = Pose(np.array([pose[0], pose[1], 0.35]), quat, "map")
    return Estimate(time_s, at, np.zeros(6), np.eye(6) * 1e-4, more.pop("status", "tracking"), scan_age_s=0.1, **more)


def go(pose: np.ndarray, twist: Twist, dt_s: float) -> np.ndarray:
    """The robot does what it is told."""
    return moved(pose, twist.array()[None], np.array([dt_s]))[0, 0]


def straight(points: list[tuple[float, float]]) -> Route:
    """A route along corners."""
    way = np.array(points, np.float64)
    yaw = np.zeros(len(way))
    if len(way) > 1:
        legs = np.diff(way, axis=0)
        yaw = np.append(np.arctan2(legs[:, 1], legs[:, 0]), math.atan2(legs[-1, 1], legs[-1, 0]))
    length = float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())
    return Route(way, yaw, np.full(len(way), 1.0), np.zeros(len(way)), length, length)


def inside(pose: np.ndarray) -> np.ndarray:
    """(n, 2) points all over the footprint."""
    x = np.linspace(-FOOTPRINT.length_m / 2, FOOTPRINT.length_m / 2, 25)
    y = np.linspace(-FOOTPRINT.width_m / 2, FOOTPRINT.width_m / 2, 17)
    gx, gy = (part.ravel() for part in np.meshgrid(x, y))
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    return np.stack((pose[0] + cos * gx - sin * gy, pose[1] + sin * gx + cos * gy), axis=1)


def hits(costs: Costs, pose: np.ndarray) -> int:
    """How many points of the footprint lie on obstacle cells."""
    cells, within = costs.cell_of(inside(pose))
    return int((costs.obstacle[cells[:, 0], cells[:, 1]] & within).sum())
