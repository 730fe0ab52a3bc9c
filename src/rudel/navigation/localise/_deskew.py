"""Deskewing: the points of a sweep as one moment would have seen them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._motion import Motion
from rudel.navigation.localise._voxels import Array

KNOTS_S = 0.02  # between moments at which the motion is worked out; straight in between


def deskew(
    points: NDArray[np.floating],
    offsets_s: NDArray[np.floating],
    start_s: float,
    reference_s: float,
    motion: Motion,
) -> NDArray[np.floating]:
    """Points (n, 3) in the base frame at ``reference_s``, in the precision of ``points``.

    Args:
        points: (n, 3) in the base frame at the time of each [m].
        offsets_s: (n,) of each after ``start_s``.
        start_s: of the sweep, on the robot's clock.
        reference_s: on the robot's clock; the middle of the sweep keeps the rotations small.
        motion: where the base was meanwhile.
    """
    if not len(points):
        return points
    length = float(offsets_s.max())
    knots = np.linspace(0.0, max(length, 1e-6), max(2, round(length / KNOTS_S) + 1))
    origin, axes = motion.at(reference_s)
    relative = np.empty((len(knots), 6))
    for k, at in enumerate(knots):
        position, rotation = motion.at(start_s + float(at))
        relative[k, :3] = axes.T @ (position - origin)
        relative[k, 3:] = _rotation.log(axes.T @ rotation)
    kind = points.dtype
    way = np.stack([np.interp(offsets_s, knots, relative[:, c]) for c in range(3)], axis=1).astype(kind)
    turn = np.stack([np.interp(offsets_s, knots, relative[:, c]) for c in range(3, 6)], axis=1).astype(kind)
    once = cross(turn, points)
    return points + way + once + kind.type(0.5) * cross(turn, once)  # next term: 2e-5 of the range at 1 rad/s


def cross(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    """Rows of a x b, (n, 3); several times as fast as numpy.cross."""
    out = np.empty_like(b)
    for k, i, j in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.multiply(a[:, i], b[:, j], out=out[:, k])
        out[:, k] -= a[:, j] * b[:, i]
    return out


def in_base(points: NDArray[np.float32], position: Array, rotation: Array) -> NDArray[np.float32]:
    """Points (n, 3) of the sensor frame in the base frame, given base_T_sensor."""
    if np.array_equal(rotation, np.eye(3)):
        return points + position.astype(np.float32)
    return points @ rotation.T.astype(np.float32) + position.astype(np.float32)
