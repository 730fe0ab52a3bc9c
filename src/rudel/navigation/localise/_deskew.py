"""Deskewing: the points of a sweep as one moment would have seen them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._motion import Motion
from rudel.navigation.localise._voxels import Array

KNOTS_S = 0.02  # between moments at which the motion is worked out; straight in between
_NOWHERE: Array = np.zeros(3)
_UNTURNED: Array = np.eye(3)


@dataclass(frozen=True, eq=False)
class Wake:
    """How the base moved during a sweep, seen from where it was at one moment of it.

    Attributes:
        knots_s: (k,) moments, ascending, after the sweep's start [s]; k >= 2.
        relative: (k, 6) position [m] and rotation vector [rad] at each of them.
    """

    knots_s: Array
    relative: Array


def wake(start_s: float, length_s: float, reference_s: float, motion: Motion) -> Wake:
    """The motion during ``length_s`` from ``start_s`` on, as seen at ``reference_s``; times on the robot's clock."""
    knots = np.linspace(0.0, max(length_s, 1e-6), max(2, round(length_s / KNOTS_S) + 1))
    origin, axes = motion.at(reference_s)
    relative = np.empty((len(knots), 6))
    for k, at in enumerate(knots.tolist()):
        position, rotation = motion.at(start_s + at)
        relative[k, :3] = axes.T @ (position - origin)
        relative[k, 3:] = _rotation.log(axes.T @ rotation)
    return Wake(knots, relative)


def straighten(
    points: NDArray[np.floating],
    offsets_s: NDArray[np.floating],
    moved: Wake,
    mount: tuple[Array, Array] = (_NOWHERE, _UNTURNED),
    pose: tuple[Array, Array] = (_NOWHERE, _UNTURNED),
) -> NDArray[np.floating]:
    """(n, 3) points as the moment of ``moved`` sees them, in their own precision; one axis lies after the other.

    Between two knots the base's place is c + s d and its rotation vector a + s b for s from 0 to 1, so that a point p
    comes to (1 + [a + s b] + [a + s b]^2 / 2) p + c + s d, [.] being the matrix of the cross product: a polynomial of s
    whose three factors are linear in p. The next term of the rotation is 2e-5 of the range at 1 rad/s.

    Args:
        points: (n, 3), each in the sensor frame at its own time [m].
        offsets_s: (n,) of each after the sweep's start, ascending.
        moved: where the base was meanwhile.
        mount: base_T_sensor, position (3,) and rotation (3, 3).
        pose: of the base at the moment of ``moved`` in the frame that is wanted; left out: its own.
    """
    if (offsets_s[1:] < offsets_s[:-1]).any():  # a driver that does not sort
        order = np.argsort(offsets_s, kind="stable")
        found = np.empty_like(points)
        found[order] = straighten(points[order], offsets_s[order], moved, mount, pose)
        return found
    kind, knots = points.dtype, moved.knots_s
    out = np.empty((3, len(points)), kind)
    ends = [0, *np.searchsorted(offsets_s, knots[1:-1]).tolist(), len(points)]
    factors = _factors(moved.relative, mount, pose).astype(kind)
    for k in range(len(knots) - 1):
        part = slice(ends[k], ends[k + 1])
        if part.start == part.stop:
            continue
        share = (offsets_s[part] - kind.type(knots[k])) * kind.type(1 / (knots[k + 1] - knots[k]))
        each = factors[k, :, :3] @ points[part].T
        each += factors[k, :, 3:]
        where = out[:, part]
        np.multiply(each[6:], share, out=where)
        where += each[3:6]
        where *= share
        where += each[:3]
    return out.T


def _factors(relative: Array, mount: tuple[Array, Array], pose: tuple[Array, Array]) -> Array:
    """(k - 1, 9, 4) between k knots, for a homogeneous point: what it comes to at s = 0, the factors of s and s^2."""
    (at, turned), (position, rotation) = mount, pose
    start, change = relative[:-1], np.diff(relative, axis=0)
    a, b = _skews(start[:, 3:]), _skews(change[:, 3:])
    matrices = np.stack((np.eye(3) + a + 0.5 * a @ a, b + 0.5 * (a @ b + b @ a), 0.5 * b @ b), axis=1)  # (., 3, 3, 3)
    shift = matrices @ at
    shift[:, 0] += start[:, :3]
    shift[:, 1] += change[:, :3]
    factors = np.empty((len(start), 3, 3, 4))
    factors[..., :3] = rotation @ matrices @ turned
    factors[..., 3] = shift @ rotation.T
    factors[:, 0, :, 3] += position
    return factors.reshape(-1, 9, 4)


def _skews(v: Array) -> Array:
    """(n, 3, 3) matrices of v x for v (n, 3)."""
    out = np.zeros((len(v), 3, 3))
    out[:, 2, 1], out[:, 0, 2], out[:, 1, 0] = v.T
    return out - out.transpose(0, 2, 1)


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
    return straighten(points, offsets_s, wake(start_s, float(offsets_s.max()), reference_s, motion))
