"""Shorter, quicker strokes on slopes, where long ones slip.

Uphill, hind feet land early, still on their way, and hold the robot back until all feet slip; the longer the strokes,
the more (docs/decisions/0007-rough-ground.md, part 10). More strokes in a second make each of them shorter at the same
speed. They also leave a swing less time, so a trot is brisk only where the body is tilted and no foot runs into
anything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.caution import rough, rough_single
from rudel.locomotion.gait_params import GaitParams

Array = NDArray[np.float32]

CLEAR_M = 0.01  # where the apex has risen by so much, for a foot that stumbled, nothing is left of it: there are steps


def brisk(params: GaitParams, unrest: Array, apex: Array) -> Array | None:
    """How brisk the trot is, from 0 (as everywhere) to 1, (n, 1); None where it never is.

    Args:
        params: of the gait; it is brisk by as much as the ground is rough, see :func:`rudel.locomotion.caution.rough`.
        unrest: largest tilt of late as a tangent, see :func:`rudel.locomotion.caution.unrest`, (n,).
        apex: of the swing [m], (n, 1).
    """
    if params.brisk == 1:
        return None
    clear = 1 - (apex - np.float32(params.swing_height_m)) / np.float32(CLEAR_M)
    return np.asarray(rough(params, unrest) * np.clip(clear, 0, 1), np.float32)


def frequency_hz(params: GaitParams, share: Array | None) -> Array:
    """Steps of one leg per second, (n, 1), of robots that are brisk by ``share`` (n, 1); () where that is None."""
    usual = np.float32(params.frequency_hz)
    return np.asarray(usual if share is None else usual + np.float32(params.brisk_hz - usual) * share, np.float32)


def stance_reach_m(params: GaitParams, share: Array | None, vx: Array) -> Array:
    """Most that feet on the ground are sent ahead of where they are [m], (n, 1) or (), as ``frequency_hz``.

    ``vx`` is the commanded speed ahead [m/s], (n, 1).
    """
    usual = np.float32(params.stance_reach_m)
    if share is None:
        return np.asarray(usual)
    forwards, backwards = (np.float32(reach) for reach in params.brisk_reach_m)
    return np.asarray(usual + (np.where(vx < 0, backwards, forwards) - usual) * share, np.float32)


def stroke_tilt(params: GaitParams, share: Array | None) -> Array:
    """Share of the body's tilt by which strokes are inclined to it, (n, 1) or (), as ``frequency_hz``."""
    usual = np.float32(params.stroke_tilt)
    return np.asarray(usual if share is None else usual + np.float32(params.brisk_stroke_tilt - usual) * share)


def brisk_single(params: GaitParams, unrest: float, apex_m: float) -> float:
    """:func:`brisk` for one robot, in plain numbers; 0 where it never is."""
    if params.brisk == 1:
        return 0.0
    clear = 1.0 - (apex_m - params.swing_height_m) / CLEAR_M
    return rough_single(params, unrest) * min(max(clear, 0.0), 1.0)


def frequency_single_hz(params: GaitParams, share: float) -> float:
    """:func:`frequency_hz` for one robot, in plain numbers."""
    return params.frequency_hz + (params.brisk_hz - params.frequency_hz) * share if share else params.frequency_hz
