"""On the way to a stand: the heading to come with, and the head turned to what is looked at before it arrives."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from rudel.cli._patrol_look import where_of
from rudel.core import frames
from rudel.core.findings import Target
from rudel.core.types import Pose
from rudel.inspection.aiming import aim
from rudel.inspection.rig import Rig
from rudel.missions import Stand
from rudel.navigation.types import XY, Estimate

NEAR_M = 3.0  # from the stand: a head needs 2 to 3 s to turn and zoom
HERE_M = 0.25  # nearer than that the robot looks from where it is
EVERY_S = 0.2
BEHIND_RAD = math.radians(140)  # the head turns by 170 degrees; behind, its picture would be of the robot's own back


def headed(stand: Stand, estimate: Estimate) -> Stand:
    """The stand; with the heading towards its target where the robot, walking straight on, had that behind it."""
    if stand.yaw is not None or stand.target is None:
        return stand
    away = math.dist(estimate.xy, stand.xy)
    yaw = estimate.yaw if away < HERE_M else _towards(estimate.xy, stand.xy)
    x, y, _ = stand.target.look_at
    bearing = _towards(stand.xy, (x, y))
    if not abs(math.remainder(bearing - yaw, 2 * math.pi)) > BEHIND_RAD:
        return stand
    return dataclasses.replace(stand, yaw=bearing, tolerance_rad=math.pi - BEHIND_RAD)


class Ahead:
    """Where the head is to look while the robot walks to a stand.

    Args:
        stand: where it goes.
        target: what will be looked at.
        rig: what with.
    """

    def __init__(self, stand: Stand, target: Target, rig: Rig) -> None:
        self._stand, self._target, self._rig = stand, target, rig
        self._said_s = -math.inf

    def aim(self, now_s: float, estimate: Estimate) -> tuple[float, float, float] | None:
        """Pan, tilt [rad] and zoom to ask for now; None: nothing new."""
        away = math.dist(estimate.xy, self._stand.xy)
        if not (estimate.known and away < NEAR_M and now_s - self._said_s >= EVERY_S - 1e-9):
            return None
        self._said_s = now_s
        where = where_of(estimate)
        if away > HERE_M:
            yaw = estimate.yaw if self._stand.yaw is None else self._stand.yaw
            x, y = self._stand.xy
            position = np.array([x, y, estimate.pose.position[2]])
            pose = Pose(position, frames.quat_from_yaw(np.asarray(yaw)).astype(np.float64))
            where = dataclasses.replace(where, pose=pose)
        found = aim(self._target, where, self._rig)
        return None if found is None else (found.pan_rad, found.tilt_rad, found.zoom)


def _towards(a: XY, b: XY) -> float:
    return math.atan2(b[1] - a[1], b[0] - a[0])
