"""How far the body is tilted, slowly enough that a trot may answer it with where it puts its feet.

On an incline, and while a shoved robot falls to a side, feet that keep their places in the base frame are no longer
below the hips. Moved along gravity, they are: the trot then climbs without being told of the slope.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gait_params import GaitParams

Array = NDArray[np.float32]

MOST = 0.7  # tangent of 35 degrees: beyond it a robot falls, and feet would be out of reach
LEAST_DOWN = 0.5  # of gravity along the base's -z, below which the robot lies


def tangents(gravity: Array) -> Array:
    """Gravity's x and y over -z in the base frame, (n, 2), of unit ``gravity`` in it, (n, 3)."""
    return np.asarray(gravity[:, :2] / np.maximum(-gravity[:, 2:], np.float32(LEAST_DOWN)), np.float32)


def tangents_single(gravity: tuple[float, float, float]) -> tuple[float, float]:
    """:func:`tangents` for one robot, in plain numbers."""
    x, y, z = gravity
    down = max(-z, LEAST_DOWN)
    return x / down, y / down


def tilt(params: GaitParams, before: Array, gravity: Array, stepping: Array, period_s: float) -> Array:
    """Gravity's x and y over -z in the base frame one period later, averaged over ``upright_s``, (n, 2).

    Between standing and the full gait the time constant lies between ``upright_rest_s`` and ``upright_s``.

    Args:
        params: of the gait.
        before: of now, (n, 2).
        gravity: measured unit gravity in the base frame, (n, 3).
        stepping: share of the full gait, (n, 1).
        period_s: control period.
    """
    most = np.float32(MOST)
    now = np.clip(tangents(gravity), -most, most)
    rest_s = params.upright_rest_s or params.upright_s
    time_s = rest_s + (params.upright_s - rest_s) * stepping
    return np.asarray(before + np.float32(period_s) / (time_s + np.float32(period_s)) * (now - before), np.float32)


def tilt_single(
    params: GaitParams,
    before: tuple[float, float],
    gravity: tuple[float, float, float],
    stepping: float,
    period_s: float,
) -> tuple[float, float]:
    """:func:`tilt` for one robot, in plain numbers."""
    x, y = tangents_single(gravity)
    rest_s = params.upright_rest_s or params.upright_s
    share = period_s / (rest_s + (params.upright_s - rest_s) * stepping + period_s)
    was_x, was_y = before
    return (
        was_x + share * (min(max(x, -MOST), MOST) - was_x),
        was_y + share * (min(max(y, -MOST), MOST) - was_y),
    )
