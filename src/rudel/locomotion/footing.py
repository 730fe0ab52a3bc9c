"""How a base stands over the ground around it: tilt against the ground's normal, height above its mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.snapshot import Snapshot

Array = NDArray[np.float32]
Flags = NDArray[np.bool_]

UPRIGHT_COS = 0.95  # 18 degrees
HIGH_SHARE = 0.8  # of the nominal height
STILL_RADPS = 1.0  # of any joint


def upright_cos(gravity: Array, incline: Array) -> Array:
    """Cosine of the angle between a base's z axis and the normal of the ground, (n,).

    Args:
        gravity: unit gravity in the base frame, (n, 3).
        incline: rise of the ground per metre forwards and to the left, in the heading frame, (n, 2).
    """
    gx, gy, gz = gravity.T
    cos_pitch = np.sqrt(np.maximum(1 - gx * gx, 1e-6))
    # the base's z axis in the heading frame, from pitch (gx = sin) and roll (gy = -sin cos_pitch, gz = -cos cos_pitch)
    forwards, left = -gx * gz / cos_pitch, gy / cos_pitch
    along = -forwards * incline[:, 0] - left * incline[:, 1] - gz
    return np.asarray(along / np.sqrt(1 + np.einsum("ij,ij->i", incline, incline)), np.float32)


def upright(s: Snapshot) -> Array:
    """:func:`upright_cos` of every robot: 1 stands straight, -1 lies on its back, (n,)."""
    return upright_cos(s.gravity, s.incline)


def height(s: Snapshot) -> Array:
    """Height of the base over the mean of the ground around it, in nominal heights, (n,)."""
    below = s.height if s.around is None else s.height - s.around.mean(axis=1)
    return np.asarray(below / np.float32(s.nominal_height), np.float32)


def up(s: Snapshot) -> Flags:
    """Upright and high enough, however fast, (n,)."""
    return (upright(s) > UPRIGHT_COS) & (height(s) > HIGH_SHARE)


def standing(s: Snapshot) -> Flags:
    """Up, with all joints at rest, (n,)."""
    return up(s) & (np.abs(s.dq).max(axis=1) < STILL_RADPS)
