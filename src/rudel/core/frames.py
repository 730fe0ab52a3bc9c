"""Rotations for batches: quaternions (..., 4) in wxyz order, vectors (..., 3).

A single one in double precision, as control loops have it, is worked out on plain numbers: the same bits at a tenth of
the price.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
_DOUBLE = np.dtype(np.float64)


def cross(a: Floats, b: Floats) -> Floats:
    """Cross product of vectors (..., 3) that broadcast: what np.cross gives, at a tenth of its price for a few."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    x = ay * bz - az * by
    out = np.empty((*x.shape, 3), x.dtype)
    out[..., 0] = x
    np.subtract(az * bx, ax * bz, out=out[..., 1])
    np.subtract(ax * by, ay * bx, out=out[..., 2])
    return out


def _single(a: Floats, b: Floats) -> bool:
    return a.ndim == 1 and b.ndim == 1 and a.dtype == b.dtype == _DOUBLE


def _rotate_single(quat: Floats, v: Floats, sign: float) -> Floats:
    """``rotate`` (sign 1) or ``rotate_inverse`` (sign -1) of one vector."""
    w, x, y, z = quat.tolist()
    vx, vy, vz = v.tolist()
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    w *= sign
    return np.array((vx + w * tx + (y * tz - z * ty), vy + w * ty + (z * tx - x * tz), vz + w * tz + (x * ty - y * tx)))


def rotate(quat: Floats, v: Floats) -> Floats:
    """v in the parent frame, given v in the child frame: q v q*."""
    if _single(quat, v):
        return _rotate_single(quat, v, 1.0)
    w, u = quat[..., :1], quat[..., 1:]
    t = 2.0 * cross(u, v)
    return v + w * t + cross(u, t)


def rotate_inverse(quat: Floats, v: Floats) -> Floats:
    """v in the child frame, given v in the parent frame: q* v q."""
    if _single(quat, v):
        return _rotate_single(quat, v, -1.0)
    w, u = quat[..., :1], quat[..., 1:]
    t = 2.0 * cross(u, v)
    return v - w * t + cross(u, t)


def projected_gravity(quat: Floats) -> Floats:
    """Unit gravity direction in the base frame, (..., 3); (0, 0, -1) when level."""
    w, x, y, z = (quat[..., i] for i in range(4))
    return np.stack((2 * (w * y - x * z), -2 * (w * x + y * z), 2 * (x * x + y * y) - 1), axis=-1)


def yaw_of(quat: Floats) -> Floats:
    """Heading [rad] in (-pi, pi], (...)."""
    w, x, y, z = (quat[..., i] for i in range(4))
    return np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def quat_from_yaw(yaw: Floats) -> Floats:
    """(..., 4) rotation about z by ``yaw`` [rad]."""
    if yaw.ndim == 0:
        return np.array((np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)))
    zero = np.zeros_like(yaw)
    return np.stack((np.cos(yaw / 2), zero, zero, np.sin(yaw / 2)), axis=-1)


def multiply(a: Floats, b: Floats) -> Floats:
    """Hamilton product a b, (..., 4)."""
    single = _single(a, b)
    aw, ax, ay, az = a.tolist() if single else (a[..., i] for i in range(4))
    bw, bx, by, bz = b.tolist() if single else (b[..., i] for i in range(4))
    parts = (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )
    return np.array(parts) if single else np.stack(parts, axis=-1)
