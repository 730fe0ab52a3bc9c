"""Reward terms: (Snapshot) -> (n,) float32, before their weight. Names follow the field (legged_gym, Isaac Lab)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import UnknownName
from rudel.locomotion.snapshot import Snapshot
from rudel.locomotion.terms import getup

Array = NDArray[np.float32]
Reward = Callable[[Snapshot], Array]

MOST_IMPACT = 1.0  # of a foot's peak force beyond its share, in weights
LIN_SIGMA, YAW_SIGMA = 0.04, 0.09  # squared tracking errors [m^2/s^2], [rad^2/s^2] at which the reward falls to 1/e


def _sum_square(x: Array) -> Array:
    return np.einsum("ij,ij->i", x, x)


def track_lin_vel_xy(s: Snapshot) -> Array:
    """Gaussian of the averaged velocity error."""
    return np.exp(_sum_square(s.tracking_error[:, :2]) * (-1 / LIN_SIGMA))


def track_ang_vel_z(s: Snapshot) -> Array:
    """Gaussian of the averaged yaw-rate error."""
    return np.exp(s.tracking_error[:, 2] ** 2 * (-1 / YAW_SIGMA))


def lin_vel_error(s: Snapshot) -> Array:
    """Norm of the averaged velocity error [m/s]: a slope that the Gaussian does not have far from the command."""
    return np.sqrt(_sum_square(s.tracking_error[:, :2]))


def ang_vel_error(s: Snapshot) -> Array:
    """Size of the averaged yaw-rate error [rad/s]."""
    return np.abs(s.tracking_error[:, 2])


def progress(s: Snapshot) -> Array:
    """Averaged speed along the commanded direction [m/s], as far as it was asked for: the slope of it never ends."""
    speed = np.sqrt(_sum_square(s.command[:, :2]))
    along = np.einsum("ij,ij->i", s.tracking_error[:, :2], s.command[:, :2]) / np.maximum(speed, np.float32(1e-3))
    return np.asarray(np.clip(speed + along, -speed, speed), np.float32)


def alive(s: Snapshot) -> Array:
    """One for every step that the robot is up."""
    return np.ones(len(s.height), np.float32)


def lin_vel_z(s: Snapshot) -> Array:
    """Vertical speed squared."""
    return s.velocity[:, 2] ** 2


def ang_vel_xy(s: Snapshot) -> Array:
    """Roll and pitch rate squared."""
    return _sum_square(s.gyro[:, :2])


def body_rates(s: Snapshot) -> Array:
    """Angular velocity beyond the commanded turn, about all three axes, at this instant, squared."""
    return np.asarray(_sum_square(s.gyro[:, :2]) + (s.gyro[:, 2] - s.command[:, 2]) ** 2, np.float32)


def flat_orientation(s: Snapshot) -> Array:
    """Tilt: horizontal part of gravity in the base frame, squared."""
    return _sum_square(s.gravity[:, :2])


def terrain_vel_z(s: Snapshot) -> Array:
    """Vertical speed beyond what walking along the inclined ground takes, squared."""
    return (s.velocity[:, 2] - np.einsum("ij,ij->i", s.velocity[:, :2], s.incline)) ** 2


def terrain_orientation(s: Snapshot) -> Array:
    """Horizontal part of gravity in the base, minus that of a base parallel to the ground around it, squared."""
    # a base parallel to a plane that rises by (a, b) per metre sees gravity along (-a, -b, -1)
    parallel = -s.incline / np.sqrt(1 + np.einsum("ij,ij->i", s.incline, s.incline))[:, None]
    return _sum_square(s.gravity[:, :2] - parallel)


def foot_scuff(s: Snapshot) -> Array:
    """Horizontal speed of feet that are less than 2 cm above the ground, and not on it, squared."""
    low = (s.foot_clearance < 0.02) & (s.foot_force <= 1.0)
    return ((s.foot_velocity[:, :, 0] ** 2 + s.foot_velocity[:, :, 1] ** 2) * low).sum(axis=1)


def base_height(s: Snapshot) -> Array:
    """Squared distance from the nominal height [m^2]."""
    return (s.height - s.nominal_height) ** 2


def joint_torques(s: Snapshot) -> Array:
    """Sum of squared torques."""
    return _sum_square(s.torque)


def cost_of_transport(s: Snapshot) -> Array:
    """Positive mechanical power over weight times a speed of at least 0.3 m/s."""
    speed = np.sqrt(_sum_square(s.command[:, :2])) + 0.2 * np.abs(s.command[:, 2])
    return np.asarray(s.power / (s.weight_n * np.maximum(speed, 0.3)), np.float32)


def action_rate(s: Snapshot) -> Array:
    """Squared change of the action."""
    return _sum_square(s.action - s.last_action)


def action_smoothness(s: Snapshot) -> Array:
    """Squared second difference of the action."""
    return _sum_square(s.action - 2 * s.last_action + s.older_action)


def action_size(s: Snapshot) -> Array:
    """Squared action: how far the policy leaves its reference."""
    return _sum_square(s.action)


def feet_slide(s: Snapshot) -> Array:
    """Horizontal speed of feet that carry load, squared."""
    loaded = s.foot_force > 1.0
    speed = s.foot_velocity[:, :, 0] ** 2 + s.foot_velocity[:, :, 1] ** 2
    return (speed * loaded).sum(axis=1)


def contact_impact(s: Snapshot) -> Array:
    """Peak foot force above half the robot's weight (its share in a trot), in weights, squared and summed.

    No foot counts more than one that lands with MOST_IMPACT: a toe that runs into a riser meets forces of many weights,
    which would drown everything else that is to be learnt on stairs.
    """
    over = np.clip(s.peak_force / np.float32(s.weight_n) - 0.5, 0.0, MOST_IMPACT)
    return _sum_square(over)


def stand_still(s: Snapshot) -> Array:
    """Joint speed at zero command, squared."""
    return _sum_square(s.dq) * (1 - s.stepping[:, 0])


def stand_action(s: Snapshot) -> Array:
    """Squared action at zero command: the reference already stands."""
    return _sum_square(s.action) * (1 - s.stepping[:, 0])


def hip_pos(s: Snapshot) -> Array:
    """Squared hip x offset: legs under the body."""
    return _sum_square(s.q_offset[:, ::3])


def joint_pos(s: Snapshot) -> Array:
    """Squared distance from the default pose."""
    return _sum_square(s.q_offset)


REWARDS: dict[str, Reward] = {
    f.__name__: f
    for f in (
        track_lin_vel_xy, track_ang_vel_z, lin_vel_error, ang_vel_error, progress, alive, lin_vel_z, ang_vel_xy,
        body_rates, flat_orientation,
        terrain_vel_z, terrain_orientation, foot_scuff,
        base_height, joint_torques, cost_of_transport, action_rate, action_smoothness, action_size, feet_slide,
        contact_impact, stand_still, stand_action, hip_pos, joint_pos,
        getup.turning_over, getup.rising, getup.default_pose, getup.on_feet, getup.restless, getup.mechanical_power,
        getup.body_impact,
    )
}  # fmt: skip


def select(weights: Mapping[str, float]) -> tuple[tuple[str, float, Reward], ...]:
    """(name, weight, term) for every weight; an unknown name fails with the nearest ones."""
    for name in weights:
        if name not in REWARDS:
            raise UnknownName("reward term", name, REWARDS)
    return tuple((name, float(w), REWARDS[name]) for name, w in weights.items() if w)
