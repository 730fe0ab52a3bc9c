"""Front feet that reach further ahead upstairs.

On stairs of 17 cm front feet pressed against the next riser and came down again on the tread they had left, because
they were sent below the hips rather than over it (docs/decisions/0007-rough-ground.md, part 11). Where feet have met
something (the apex has risen, see :mod:`rudel.locomotion.stumble`) and the nose is up, they now go further. Either
alone is no sign of stairs: the apex stays up on top of a block, where a longer reach fells robots, and slopes need no
higher swing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gait_params import GaitParams

Array = NDArray[np.float32]

RAISED_M = 0.08  # by how much the apex has risen where the reach is whole
NOSE_UP = (0.2, 0.3)  # tangents of the nose's tilt at which the reach begins, and at which it is whole
FULL_MPS = 0.2  # speed ahead from which on the reach is whole: standing still and going backwards there is none
KEPT = 0.5  # share of the reach that is left at the end of the stance: the rest lengthens the stroke


def reach(params: GaitParams, apex: Array, tilt: Array, vx: Array) -> Array:
    """How much further ahead front feet land [m], (n, 1).

    Args:
        params: of the gait.
        apex: of the swing [m], (n, 1).
        tilt: gravity's x and y over -z in the base frame, (n, 2).
        vx: commanded speed ahead [m/s], (n, 1).
    """
    low, high = NOSE_UP
    raised = np.clip((apex - np.float32(params.swing_height_m)) / np.float32(RAISED_M), 0, 1)
    nose_up = np.clip((-tilt[:, :1] - np.float32(low)) / np.float32(high - low), 0, 1)
    share = raised * nose_up * np.clip(vx / np.float32(FULL_MPS), 0, 1)
    return np.asarray(np.float32(params.climb_reach_m) * share, np.float32)


def ahead(on_ground: NDArray[np.bool_], s: Array, t: Array) -> Array:
    """Share of the reach by the phase of a leg: ``s`` of its stance, ``t`` of its swing, in [0, 1); arrays alike."""
    u = np.clip(t, 0, 1)
    swing = np.float32(KEPT) + np.float32(1 - KEPT) * u * u * (3 - 2 * u)
    return np.where(on_ground, 1 - np.float32(1 - KEPT) * s, swing)


def reach_single(params: GaitParams, apex_m: float, tilt_x: float, vx: float) -> float:
    """:func:`reach` for one robot, in plain numbers [m]."""
    low, high = NOSE_UP
    raised = min(max((apex_m - params.swing_height_m) / RAISED_M, 0.0), 1.0)
    nose_up = min(max((-tilt_x - low) / (high - low), 0.0), 1.0)
    return params.climb_reach_m * raised * nose_up * min(max(vx / FULL_MPS, 0.0), 1.0)


def ahead_single(on_ground: bool, s: float, t: float) -> float:
    """:func:`ahead` for one leg, in plain numbers."""
    return 1.0 - (1.0 - KEPT) * s if on_ground else KEPT + (1.0 - KEPT) * t * t * (3.0 - 2.0 * t)
