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
    """Matrix (3, 3) of the rotation vector (3,) [rad] (Rodrigues: 1 + a [v] + b [v]^2), written out for speed."""
    x, y, z = v.tolist()
    xx, yy, zz = x * x, y * y, z * z
    square = xx + yy + zz
    if square < 1e-12:
        a, b = 1.0, 0.5
    else:
        angle = math.sqrt(square)
        a, b = math.sin(angle) / angle, (1 - math.cos(angle)) / square
    xy, xz, yz = b * x * y, b * x * z, b * y * z
    return np.array(
        [
            [1 - b * (yy + zz), xy - a * z, xz + a * y],
            [xy + a * z, 1 - b * (xx + zz), yz - a * x],
            [xz - a * y, yz + a * x, 1 - b * (xx + yy)],
        ]
    )


def log(matrix: Array) -> Array:
    """Rotation vector (3,) [rad] of a rotation matrix, angle below pi."""
    w, x, y, z = _quat(matrix)
    s = math.sqrt(x * x + y * y + z * z)
    scale = 2.0 if s < 1e-9 else 2 * math.atan2(s, w) / s
    return np.array([x * scale, y * scale, z * scale])


def matrix_of(quat: NDArray[np.floating]) -> Array:
    """Matrix (3, 3) of a unit quaternion (4,) wxyz."""
    w, x, y, z = quat.tolist()
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quat_of(matrix: Array) -> Array:
    """Unit quaternion (4,) wxyz with w >= 0 of a rotation matrix."""
    return np.array(_quat(matrix))


def _quat(matrix: Array) -> tuple[float, float, float, float]:
    """w, x, y, z with w >= 0 (Shepperd's choice of the largest component)."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    squares = (1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i)
    largest = max(squares)
    if squares[0] == largest:
        w, x, y, z = largest, h - f, c - g, d - b
    elif squares[1] == largest:
        w, x, y, z = h - f, largest, b + d, c + g
    elif squares[2] == largest:
        w, x, y, z = c - g, b + d, largest, f + h
    else:
        w, x, y, z = d - b, c + g, f + h, largest
    scale = 1 / math.sqrt(w * w + x * x + y * y + z * z)
    if w < 0:
        scale = -scale
    return w * scale, x * scale, y * scale, z * scale


def yaw_matrix(yaw: float) -> Array:
    """(3, 3) turn about z."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def levelled(matrix: Array) -> Array:
    """``matrix`` without its heading: roll and pitch alone."""
    return yaw_matrix(-math.atan2(matrix[1, 0], matrix[0, 0])) @ matrix
