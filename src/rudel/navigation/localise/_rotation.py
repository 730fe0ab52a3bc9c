"""Rotations as matrices and rotation vectors: what filtering and registration need beyond rudel.core.frames."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def skew(v: Array) -> Array:
    """(3, 3) with skew(v) w = v x w."""
    x, y, z = v.tolist()
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def exp(v: Array) -> Array:
    """Matrix (3, 3) of the rotation vector (3,) [rad] (Rodrigues)."""
    angle = math.sqrt(float(v @ v))
    k = skew(v)
    if angle < 1e-6:
        return np.eye(3) + k + 0.5 * k @ k
    return np.eye(3) + (math.sin(angle) / angle) * k + ((1 - math.cos(angle)) / angle**2) * (k @ k)


def log(matrix: Array) -> Array:
    """Rotation vector (3,) [rad] of a rotation matrix, angle below pi."""
    w, x, y, z = quat_of(matrix).tolist()
    s = math.sqrt(x * x + y * y + z * z)
    scale = 2.0 if s < 1e-9 else 2 * math.atan2(s, w) / s
    return np.array([x, y, z]) * scale


def matrix_of(quat: NDArray[np.floating]) -> Array:
    """Matrix (3, 3) of a unit quaternion (4,) wxyz."""
    w, x, y, z = (float(c) for c in quat)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quat_of(matrix: Array) -> Array:
    """Unit quaternion (4,) wxyz with w >= 0 of a rotation matrix (Shepperd's choice of the largest component)."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    squares = (1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i)
    k = max(range(4), key=squares.__getitem__)
    rows = (
        (squares[0], h - f, c - g, d - b),
        (h - f, squares[1], b + d, c + g),
        (c - g, b + d, squares[2], f + h),
        (d - b, c + g, f + h, squares[3]),
    )
    quat = np.array(rows[k])
    quat /= math.sqrt(float(quat @ quat))
    return -quat if quat[0] < 0 else quat


def yaw_matrix(yaw: float) -> Array:
    """(3, 3) turn about z."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def levelled(matrix: Array) -> Array:
    """``matrix`` without its heading: roll and pitch alone."""
    return yaw_matrix(-math.atan2(matrix[1, 0], matrix[0, 0])) @ matrix
