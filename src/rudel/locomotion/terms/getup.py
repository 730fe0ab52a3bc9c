"""Reward terms of getting up: what counts on the way, and what counts once a robot is up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion import footing
from rudel.locomotion.snapshot import Snapshot

Array = NDArray[np.float32]

POSE_SIGMA = (
    3.0  # squared distance from the default pose [rad^2] at which the reward falls to 1/e: half a radian a joint
)


def _turned(s: Snapshot) -> Array:
    """0 for a robot that is tilted by 90 degrees or more, to 1 for one that is upright."""
    return np.clip(footing.upright(s), 0.0, 1.0) ** 2


def turning_over(s: Snapshot) -> Array:
    """0 on the back, 0.5 on a side, 1 upright."""
    return 0.5 * (1 + footing.upright(s))


def rising(s: Snapshot) -> Array:
    """Height over the ground in nominal heights, at most 1, as far as the robot is upright."""
    return np.clip(footing.height(s), 0.0, 1.0) * _turned(s)


def default_pose(s: Snapshot) -> Array:
    """Nearness of the joints to the default pose, as far as the robot is upright."""
    return np.exp(np.einsum("ij,ij->i", s.q_offset, s.q_offset) * (-1 / POSE_SIGMA)) * _turned(s)


def on_feet(s: Snapshot) -> Array:
    """One for a robot that is upright and high, however fast: with exploration on no joint is at rest."""
    return footing.up(s).astype(np.float32)


def restless(s: Snapshot) -> Array:
    """Joint speeds squared of a robot that is up."""
    return np.einsum("ij,ij->i", s.dq, s.dq) * footing.up(s)


def mechanical_power(s: Snapshot) -> Array:
    """Positive mechanical power over what lifts the robot at 1 m/s."""
    return s.power / np.float32(s.weight_n)


def body_impact(s: Snapshot) -> Array:
    """Change of the base's velocity in this control period [m/s], squared."""
    return np.einsum("ij,ij->i", s.jolt, s.jolt)
