"""The frozen types that flow through the stack: driver -> state -> twist -> policy -> targets -> driver.

SI units. Base frame: x forward, y left, z up. Quaternions are (w, x, y, z). Joint arrays are in the robot's own joint
order (leg by leg, see docs/CONVENTIONS.md); n is the number of joints. Arrays are made read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rudel.core.errors import BadInput

Array = NDArray[np.float64]
F64 = np.dtype(np.float64)


def _frozen(value: ArrayLike, shape: tuple[int | None, ...], what: str) -> Array:
    """A read-only float64 copy of ``value``; None in ``shape`` stands for any length."""
    if (
        type(value) is np.ndarray
        and value.shape == shape
        and value.dtype is F64
        and not value.flags.writeable
        and value.base is None
    ):
        return value  # already such a copy: a control loop makes several of these in every period
    array = np.array(value, dtype=np.float64)
    if array.ndim != len(shape) or any(s is not None and s != n for s, n in zip(shape, array.shape, strict=True)):
        raise BadInput(f"{what} has shape {array.shape}, needs {shape}")
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class RobotState:
    """What a robot measures at one instant.

    Attributes:
        time_s: robot clock [s].
        q, dq, tau: joint position [rad], velocity [rad/s], torque [N m], each (n,).
        quat: orientation of the base in the world, (4,) wxyz.
        gyro: angular velocity of the base in the base frame [rad/s], (3,).
        accel: specific force in the base frame [m/s^2], (3,); +9.81 on z at rest.
        contact: foot on the ground, (n_feet,) in the robot's foot order, 0 or 1 (or a force-derived share).
    """

    time_s: float
    q: Array
    dq: Array
    tau: Array
    quat: Array
    gyro: Array
    accel: Array
    contact: Array

    def __post_init__(self) -> None:
        n = len(np.atleast_1d(self.q))
        for name in ("q", "dq", "tau"):
            object.__setattr__(self, name, _frozen(getattr(self, name), (n,), f"RobotState.{name}"))
        for name, size in (("quat", 4), ("gyro", 3), ("accel", 3), ("contact", None)):
            object.__setattr__(self, name, _frozen(getattr(self, name), (size,), f"RobotState.{name}"))


@dataclass(frozen=True, eq=False)
class JointTargets:
    """What a robot is asked to do: torque = kp (q - q_meas) + kd (dq - dq_meas) + tau, per joint, each (n,).

    Units: q [rad], dq [rad/s], tau [N m], kp [N m/rad], kd [N m s/rad].
    """

    q: Array
    dq: Array
    tau: Array
    kp: Array
    kd: Array

    def __post_init__(self) -> None:
        n = len(np.atleast_1d(self.q))
        for name in ("q", "dq", "tau", "kp", "kd"):
            object.__setattr__(self, name, _frozen(getattr(self, name), (n,), f"JointTargets.{name}"))

    @classmethod
    def hold(cls, q: ArrayLike, kp: ArrayLike, kd: ArrayLike) -> JointTargets:
        """Position targets with zero velocity and feed-forward torque; scalar gains are spread over the joints."""
        q = np.asarray(q, dtype=np.float64)
        zero = np.zeros_like(q)
        return cls(q, zero, zero, np.broadcast_to(kp, q.shape), np.broadcast_to(kd, q.shape))

    @classmethod
    def damping(cls, n: int, kd: float) -> JointTargets:
        """No stiffness, only damping: the state that a robot falls back to."""
        zero = np.zeros(n)
        return cls(zero, zero, zero, zero, np.full(n, kd))


@dataclass(frozen=True)
class Twist:
    """Velocity command in the base frame: vx, vy [m/s], wz [rad/s]."""

    vx: float = 0.0
    vy: float = 0.0
    wz: float = 0.0

    def array(self) -> Array:
        """(3,) in the order vx, vy, wz."""
        return np.array([self.vx, self.vy, self.wz])


@dataclass(frozen=True, eq=False)
class Pose:
    """world_T_base: position (3,) [m] and orientation quat (4,) wxyz, in the frame named by ``frame``."""

    position: Array
    quat: Array
    frame: str = "world"

    def __post_init__(self) -> None:
        object.__setattr__(self, "position", _frozen(self.position, (3,), "Pose.position"))
        object.__setattr__(self, "quat", _frozen(self.quat, (4,), "Pose.quat"))


@dataclass(frozen=True)
class Intent:
    """What an operator or a mission wants (``kind``: "walk", "sit", "stop", ...), with its arguments and its sender."""

    kind: str
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sender: str = ""
    time_s: float = 0.0


@dataclass(frozen=True)
class Event:
    """Something that happened: never dropped, never reordered (state, in contrast, is last-wins)."""

    kind: str
    time_s: float
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    source: str = ""
