"""How well a robot follows a command: six metrics in [0, 1], higher is better, and their weighted product.

RoboGauge's definitions (repository wty-yy/RoboGauge: gauge/metrics/*.py, goals/base_goal.py, base_gauge_config.py),
each from one instant, ten times a second:

* linear and angular velocity: 1 - |error| / |largest command|, all three components of each, in the base frame;
* joint limits: 1 - rms over hip joints of (excursion beyond the middle 40 % of the range) / range;
* power: 1 - rms over joints of |torque x speed| / 100 W;
* roll: 1 - |y component of gravity's direction in the base|;
* torque smoothness: 1 - rms over joints of the change since the last instant / 30 N m.

Quality of an instant = weighted geometric mean with weights 2, 2, 1, 1, 1, 1; of a goal: mean of the worse half of its
instants. Ours: instants after a fall, or off the terrain, count 0 in every metric (there: they are left out).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

METRICS = ("linear_velocity", "angular_velocity", "joint_limits", "power", "roll", "torque_smoothness")
WEIGHTS = np.array([2.0, 2.0, 1.0, 1.0, 1.0, 1.0])
INTERVAL_S = 0.1
FREE_SHARE = 0.4
POWER_W, TORQUE_STEP_NM = 100.0, 30.0
WORSE_SHARE = 0.5
LEAST = 1e-9  # keeps the logarithm finite


def joint_excursion(q: Array, joint_range: Array) -> Array:
    """Rms over joints of how far beyond the free middle of their ranges they are, as a share of the range: (n,).

    Args:
        q: (n, joints) [rad].
        joint_range: (joints, 2) lower, upper [rad].
    """
    low, high = joint_range.T
    width = high - low
    margin = (1 - FREE_SHARE) / 2 * width
    beyond = np.maximum(low + margin - q, 0.0) + np.maximum(q - (high - margin), 0.0)
    return np.sqrt(np.mean((beyond / width) ** 2, axis=1))


def instant(
    velocity: Array,
    gyro: Array,
    command: Array,
    largest: Array,
    excursion: Array,
    torque: Array,
    dq: Array,
    gravity: Array,
    last_torque: Array | None,
) -> Array:
    """The six metrics of n robots at one instant, (n, 6) in [0, 1], in the order of METRICS.

    Args:
        velocity, gyro: linear [m/s] and angular velocity [rad/s] in the base frame, (n, 3).
        command: vx, vy [m/s], wz [rad/s], (n, 3).
        largest: largest command, (3,).
        excursion: see joint_excursion, (n,).
        torque, dq: joints [N m], [rad/s], (n, 12).
        gravity: unit gravity in the base frame, (n, 3).
        last_torque: torque one interval earlier; None: there was none.
    """
    zero = np.zeros(len(command))
    linear = velocity - np.stack((command[:, 0], command[:, 1], zero), axis=1)
    angular = gyro - np.stack((zero, zero, command[:, 2]), axis=1)
    change = np.zeros_like(torque) if last_torque is None else torque - last_torque
    values = (
        1 - np.linalg.norm(linear, axis=1) / np.linalg.norm(largest[:2]),
        1 - np.linalg.norm(angular, axis=1) / abs(largest[2]),
        1 - excursion,
        1 - np.sqrt(np.mean((torque * dq) ** 2, axis=1)) / POWER_W,
        1 - np.abs(gravity[:, 1]),
        1 - np.sqrt(np.mean(change**2, axis=1)) / TORQUE_STEP_NM,
    )
    return np.clip(np.nan_to_num(np.stack(values, axis=1), nan=0.0), 0.0, 1.0)


def quality(metrics: Array) -> Array:
    """Weighted geometric mean over the last axis: (..., 6) -> (...)."""
    return np.exp((np.log(np.maximum(metrics, LEAST)) * WEIGHTS).sum(axis=-1) / WEIGHTS.sum())


def worse_half(values: Array) -> float:
    """Mean of the lower half of ``values`` (n,), n >= 1."""
    count = max(1, int(len(values) * WORSE_SHARE))
    return float(np.sort(values)[:count].mean())
