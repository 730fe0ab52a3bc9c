"""Towards the goal: the same small controller for every policy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

GAIN = 2.0  # [1/s] yaw rate per radian of heading error
TURN_FIRST_RAD = np.pi / 4  # a larger error is turned away on the spot
SIDE_MPS = 0.5  # largest sideways command while turning on the spot
MAX_TURN_RADPS = 1.0


def towards(xy: Array, yaw: Array, goal: Array, speed_mps: Array) -> Array:
    """Commands vx, vy [m/s], wz [rad/s], (n, 3), that lead to a goal.

    RoboGauge's controller (velocity_goals.py, TargetPosVelocityGoal) with the true heading: full speed while the goal
    lies within 45 degrees of straight ahead (of straight behind, when walking backwards), yaw rate twice the error;
    otherwise turn on the spot and step aside towards it. Its bound of 1.5 rad/s is 1 here, the range that the robots'
    policies are trained and evaluated in.

    Args:
        xy, yaw: true base position [m] (n, 2) and heading [rad] (n,).
        goal: (n, 2) [m].
        speed_mps: (n,); negative walks backwards.
    """
    away = goal - xy
    cos, sin = np.cos(yaw), np.sin(yaw)
    ahead, left = cos * away[:, 0] + sin * away[:, 1], cos * away[:, 1] - sin * away[:, 0]
    sign = np.where(speed_mps < 0, -1.0, 1.0)
    error = np.arctan2(sign * left, sign * ahead)  # 0: the goal is straight ahead of the end that leads
    facing = np.abs(error) < TURN_FIRST_RAD
    vx = np.where(facing, speed_mps, 0.0)
    vy = np.where(facing, 0.0, np.clip(left, -SIDE_MPS, SIDE_MPS))
    wz = np.clip(GAIN * error, -MAX_TURN_RADPS, MAX_TURN_RADPS)
    return np.stack((vx, vy, wz), axis=1)
