"""Slower where the ground is rough: a robot that is tilted, or just was, follows a smaller command.

What makes a walker fall on steps and slopes grows with its speed. Every kind of rough ground tilts a body, and level
ground does not. The tilt is remembered for a while: where one step is there often is another.
"""

from __future__ import annotations

from math import hypot

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.upright import tangents, tangents_single

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


def pace(params: GaitParams, unrest: Array) -> Array:
    """Share of the command that is followed, (n, 1): 1 on level ground, down to ``params.pace``."""
    low, high = params.pace_tilt
    rough = np.clip((unrest[:, None] - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(1 - np.float32(1 - params.pace) * rough, np.float32)


def unrest_single(params: GaitParams, before: float, gravity: tuple[float, float, float], period_s: float) -> float:
    """:func:`unrest` for one robot, in plain numbers."""
    return max(hypot(*tangents_single(gravity)), before * params.pace_s / (params.pace_s + period_s))


def pace_single(params: GaitParams, unrest: float) -> float:
    """:func:`pace` for one robot, in plain numbers."""
    low, high = params.pace_tilt
    return 1.0 - (1.0 - params.pace) * min(max((unrest - low) / (high - low), 0.0), 1.0)
