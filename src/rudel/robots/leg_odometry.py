"""Odometry from a robot's own legs: joint encoders, foot contacts, gyro and tilt; for simulated and real robots."""

from __future__ import annotations

import numpy as np

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.types import RobotState
from rudel.robots.kinematics import Kinematics
from rudel.robots.spec import Array, RobotSpec

MIN_CONTACT = 0.5  # a foot stands from this share on


class LegOdometry:
    """Counts steps: the feet that stand are taken to be at rest, so that the base moves as they move seen from it.

    A standing foot at p with joint Jacobian J gives the base the velocity v = -(J dq + w x p) in the base frame
    (Bloesch et al., "State estimation for legged robots", RSS 2012, without the filter); those of all standing feet are
    averaged. With no foot on the ground the last velocity goes on. The heading is the integral of the gyro; roll and
    pitch are the robot's own. p is the centre of the foot's ball: what a ball rolls while it stands is not counted, as
    in simple firmware, and the count comes out short (docs/senses.md says by how much).

    Attributes:
        position: (3,) in the frame where it began [m].
        velocity: (3,) of the base, in the base frame [m/s].
        yaw_rad: heading in the frame where it began.
    """

    def __init__(self, spec: RobotSpec, *, slip: float = 0.0) -> None:
        """``slip``: a further share of the way over ground that is lost, 0 to 1."""
        if not 0 <= slip < 1:
            raise BadInput(f"slip is {slip}, must be a share from 0 to 1")
        self._kinematics, self._kept = Kinematics(spec), 1 - slip
        self._last_s: float | None = None
        self.position, self.velocity, self.yaw_rad = np.zeros(3), np.zeros(3), 0.0
        self._tilt = np.array([1.0, 0.0, 0.0, 0.0])

    @property
    def quat(self) -> Array:
        """(4,) frame_T_base."""
        return _doubles(frames.multiply(frames.quat_from_yaw(np.asarray(self.yaw_rad)), self._tilt))

    def update(self, state: RobotState) -> None:
        """Count what ``state`` says. States come in the order of time; one that is older than the last is ignored."""
        elapsed_s = 0.0 if self._last_s is None else state.time_s - self._last_s
        if elapsed_s < 0:
            return
        self._last_s = state.time_s
        without_heading = frames.quat_from_yaw(-np.asarray(frames.yaw_of(state.quat)))
        self._tilt = _doubles(frames.multiply(without_heading, state.quat))
        before, self.velocity = self.velocity, self._velocity(state)
        self.yaw_rad += float(frames.rotate(self._tilt, state.gyro)[2]) * elapsed_s
        step = frames.rotate(self.quat, (before + self.velocity) / 2) * elapsed_s
        self.position = self.position + step * (self._kept, self._kept, 1.0)

    def _velocity(self, state: RobotState) -> Array:
        standing = state.contact >= MIN_CONTACT
        if not standing.any():
            return self.velocity
        feet, anchors, axes = self._kinematics.legs(state.q)
        columns = frames.cross(axes.reshape(4, 3, 3), feet[:, None] - anchors.reshape(4, 3, 3))  # (leg, joint, xyz)
        moving = np.einsum("lj,ljx->lx", state.dq.reshape(4, 3), columns) + frames.cross(state.gyro, feet)
        return -moving[standing].mean(axis=0)


def _doubles(array: np.ndarray) -> Array:
    return np.asarray(array, np.float64)
