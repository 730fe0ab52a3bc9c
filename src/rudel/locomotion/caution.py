"""Slower where the ground is rough: a robot that is tilted, or just was, follows a smaller command.

What makes a walker fall on steps and slopes grows with its speed. Every kind of rough ground tilts a body, and level
ground does not. The tilt is remembered for a while: where one step is there often is another.

And a robot that is told to stand steps on the spot where it is tilted so far that it would tip over its lower feet:
feet that step come below the body, feet that stand cannot.
"""

from __future__ import annotations

from math import hypot

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.upright import LEAST_DOWN, tangents, tangents_single

Array = NDArray[np.float32]


def unrest(params: GaitParams, before: Array, gravity: Array, period_s: float) -> Array:
    """Largest tilt of late, as a tangent, one period later, (n,).

    Args:
        params: of the gait; what is remembered fades with ``pace_s``.
        before: of now, (n,).
        gravity: measured unit gravity in the base frame, (n, 3).
        period_s: control period.
    """
    x, y = tangents(gravity).T
    tilted = np.sqrt(x * x + y * y)
    faded = before * np.float32(params.pace_s / (params.pace_s + period_s))
    return np.asarray(np.maximum(tilted, faded), np.float32)


def rough(params: GaitParams, unrest: Array) -> Array:
    """How rough the ground is taken to be, (n, 1), from 0 to 1 between the two tilts of ``params.pace_tilt``."""
    low, high = params.pace_tilt
    return np.clip((unrest[:, None] - np.float32(low)) / np.float32(high - low), 0, 1)


def pace(params: GaitParams, unrest: Array) -> Array:
    """Share of the command that is followed, (n, 1): 1 on level ground, down to ``params.pace``."""
    return np.asarray(1 - np.float32(1 - params.pace) * rough(params, unrest), np.float32)


def heed(params: GaitParams, command: Array, unrest: Array, gravity: Array) -> Array:
    """What of commands (n, 3) is followed by robots of that ``unrest`` (n,) that measure ``gravity`` (n, 3).

    Those that tip over, see ``rest_tilt``, and do not lie yet, go uphill at least as fast as makes them step.

    Args:
        params: of the gait.
        command: vx, vy [m/s], wz [rad/s].
        unrest: as a tangent, see :func:`unrest`.
        gravity: measured unit gravity in the base frame, (n, 3).
    """
    wanted = np.asarray(command * pace(params, unrest), np.float32)
    if params.rest_tilt:
        lacking = np.maximum(np.float32(params.gate_mps) - np.sqrt((wanted * wanted).sum(axis=1)), 0)
        tips = (unrest > np.float32(params.rest_tilt)) & (-gravity[:, 2] > np.float32(LEAST_DOWN))
        wanted[:, 0] += np.where(tips, np.where(gravity[:, 0] > 0, -lacking, lacking), 0)
    return wanted


def unrest_single(params: GaitParams, before: float, gravity: tuple[float, float, float], period_s: float) -> float:
    """:func:`unrest` for one robot, in plain numbers."""
    return max(hypot(*tangents_single(gravity)), before * params.pace_s / (params.pace_s + period_s))


def rough_single(params: GaitParams, unrest: float) -> float:
    """:func:`rough` for one robot, in plain numbers."""
    low, high = params.pace_tilt
    return min(max((unrest - low) / (high - low), 0.0), 1.0)


def pace_single(params: GaitParams, unrest: float) -> float:
    """:func:`pace` for one robot, in plain numbers."""
    return 1.0 - (1.0 - params.pace) * rough_single(params, unrest)


def heed_single(
    params: GaitParams, command: tuple[float, float, float], unrest: float, gravity: tuple[float, float, float]
) -> tuple[float, float, float]:
    """:func:`heed` for one robot, in plain numbers."""
    share = pace_single(params, unrest)
    vx, vy, wz = (share * part for part in command)
    if params.rest_tilt and unrest > params.rest_tilt and -gravity[2] > LEAST_DOWN:
        lacking = max(params.gate_mps - hypot(vx, vy, wz), 0.0)
        vx += -lacking if gravity[0] > 0 else lacking
    return vx, vy, wz
