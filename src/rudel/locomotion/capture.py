"""How fast the body moves, as the feet on the ground tell it, and feet that catch a body which moves too fast.

A foot that stands still in the world moves, seen from the base, as the base moves over it. The average over such feet,
smoothed, needs neither camera nor map. A body that moves at v comes to rest over a foot placed v sqrt(h / g) ahead of
it (capture point: Pratt 2006); a shoved robot steps a part of that, as soon as it is faster than it was told by more
than walking alone makes it. A robot that is slower than its command, uphill or at a step, is not shoved.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, sin

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gait import TROT_OFFSET
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.legs import LegGeometry, forward_kinematics

Array = NDArray[np.float32]

STANDS = 0.05  # of the full gait, below which feet do not leave the ground
LOADED = (0.15, 0.95)  # of its time on the ground: before and after it, a foot may still or already be moving


def leg_velocity(
    geo: LegGeometry,
    params: GaitParams,
    before: Array,
    phase: Array,
    stepping: Array,
    q: Array,
    dq: Array,
    gyro: Array,
    period_s: float,
) -> Array:
    """Velocity of the base one period later, x and y in the base frame [m/s], (n, 2), averaged over ``legs_s``.

    Args:
        geo, params: leg geometry and gait shape.
        before: the estimate so far, (n, 2).
        phase: of the gait, (n,).
        stepping: share of the full gait, (n, 1); below STANDS all feet are on the ground.
        q, dq: measured joints [rad], [rad/s], (n, 12).
        gyro: measured angular velocity of the base [rad/s], (n, 3).
        period_s: control period.
    """
    foot = forward_kinematics(geo, q)  # from the hips
    angles, rates = ((joints * np.asarray(geo.signs, np.float32)).reshape(len(q), 4, 3) for joints in (q, dq))
    hip, both = angles[..., 1], angles[..., 1] + angles[..., 2]
    d_roll, d_hip, d_both = -rates[..., 0], rates[..., 1], rates[..., 1] + rates[..., 2]
    a, b = np.float32(geo.thigh), np.float32(geo.shank)
    d_down = -a * np.sin(hip) * d_hip - b * np.sin(both) * d_both  # of the foot's depth in the leg's own plane
    d_x = a * np.cos(hip) * d_hip + b * np.cos(both) * d_both
    d_y = d_down * np.sin(-angles[..., 0]) - foot[..., 2] * d_roll
    x, y, z = np.moveaxis(foot + np.asarray(geo.hips, np.float32), -1, 0)
    wx, wy, wz = (gyro[:, i, None] for i in range(3))
    speed = np.stack((-d_x - (wy * z - wz * y), -d_y - (wz * x - wx * z)), axis=-1)
    stance = ((phase[:, None] + TROT_OFFSET) % 1.0) / np.float32(params.duty)
    loaded = ((stance > LOADED[0]) & (stance < LOADED[1])) | (stepping < STANDS)
    count = loaded.sum(axis=1, keepdims=True)
    told = (speed * loaded[..., None]).sum(axis=1) / np.maximum(count, 1)
    share = np.float32(period_s / (params.legs_s + period_s))
    return np.asarray(np.where(count > 0, before + share * (told - before), before), np.float32)


def capture(params: GaitParams, velocity: Array, command: Array, stepping: Array) -> Array:
    """By how much all feet are moved, x and y in the base frame [m], (n, 2).

    Args:
        params: of the gait.
        velocity: of the base, (n, 2) [m/s].
        command: vx, vy [m/s], wz [rad/s], (n, 3): any speed between none and this one is as it should be.
        stepping: share of the full gait, (n, 1): who stands cannot step.
    """
    told = command[:, :2]
    along = np.einsum("ij,ij->i", velocity, told) / np.maximum(np.einsum("ij,ij->i", told, told), np.float32(1e-6))
    excess = velocity - np.clip(along, 0, 1)[:, None] * told
    size = np.sqrt(np.einsum("ij,ij->i", excess, excess))[:, None]
    step = np.minimum(np.float32(params.capture_s) * np.maximum(size - params.capture_mps, 0), params.capture_most_m)
    return np.asarray(stepping * step * excess / np.maximum(size, np.float32(1e-6)), np.float32)


class Capture:
    """:func:`leg_velocity` and :func:`capture` for one robot, in plain numbers.

    Args:
        geo, params: leg geometry and gait shape.
    """

    def __init__(self, geo: LegGeometry, params: GaitParams) -> None:
        self._params, self._thigh, self._shank = params, float(geo.thigh), float(geo.shank)
        self._legs = [
            (float(TROT_OFFSET[i]), *map(float, geo.hips[i]), geo.lateral[i], *geo.signs[3 * i : 3 * i + 3])
            for i in range(4)
        ]

    def velocity(
        self,
        before: tuple[float, float],
        phase: float,
        stepping: float,
        q: Sequence[float],
        dq: Sequence[float],
        gyro: Sequence[float],
        period_s: float,
    ) -> tuple[float, float]:
        """The estimate one period later [m/s]."""
        p, (wx, wy, wz) = self._params, gyro
        sum_x = sum_y = 0.0
        count = 0
        for i, (offset, hip_x, hip_y, hip_z, lateral, sign_x, sign_y, sign_knee) in enumerate(self._legs):
            if stepping >= STANDS and not LOADED[0] < (phase + offset) % 1.0 / p.duty < LOADED[1]:
                continue
            roll, hip, knee = -sign_x * q[3 * i], sign_y * q[3 * i + 1], sign_knee * q[3 * i + 2]
            d_roll, d_hip, d_knee = -sign_x * dq[3 * i], sign_y * dq[3 * i + 1], sign_knee * dq[3 * i + 2]
            a, b, both, d_both = self._thigh, self._shank, hip + knee, d_hip + d_knee
            down = a * cos(hip) + b * cos(both)
            d_down = -a * sin(hip) * d_hip - b * sin(both) * d_both
            x = hip_x + a * sin(hip) + b * sin(both)
            y = hip_y + lateral * cos(roll) + down * sin(roll)
            z = hip_z + lateral * sin(roll) - down * cos(roll)
            d_x = a * cos(hip) * d_hip + b * cos(both) * d_both
            d_y = (down * cos(roll) - lateral * sin(roll)) * d_roll + d_down * sin(roll)
            sum_x -= d_x + wy * z - wz * y
            sum_y -= d_y + wz * x - wx * z
            count += 1
        if not count:
            return before
        share = period_s / (p.legs_s + period_s)
        return before[0] + share * (sum_x / count - before[0]), before[1] + share * (sum_y / count - before[1])

    def shift(
        self, velocity: tuple[float, float], command: tuple[float, float], stepping: float
    ) -> tuple[float, float]:
        """By how much all feet are moved [m]."""
        p, (told_x, told_y) = self._params, command
        along = (velocity[0] * told_x + velocity[1] * told_y) / max(told_x * told_x + told_y * told_y, 1e-6)
        along = min(max(along, 0.0), 1.0)
        x, y = velocity[0] - along * told_x, velocity[1] - along * told_y
        size = hypot(x, y)
        step = stepping * min(p.capture_s * max(size - p.capture_mps, 0.0), p.capture_most_m) / max(size, 1e-6)
        return step * x, step * y
