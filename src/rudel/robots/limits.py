"""What a joint can do: the torque-speed line, and targets cut down to it."""

from __future__ import annotations

import numpy as np

from rudel.core.errors import BadInput
from rudel.core.types import JointTargets, RobotState
from rudel.robots.spec import Array, RobotSpec


def torque_range(spec: RobotSpec, dq: Array) -> tuple[Array, Array]:
    """Lowest and highest torque [N m] at joint velocity ``dq`` (..., 12) [rad/s].

    Driving torque falls linearly from ``effort_nm`` at rest to zero at ``speed_radps``; braking torque stays at
    ``effort_nm``. The range always contains zero.
    """
    share = np.asarray(dq) / spec.speed_radps
    upper = spec.effort_nm * np.minimum(np.maximum(1.0 - share, 0.0), 1.0)  # np.clip takes five times as long
    lower = -spec.effort_nm * np.minimum(np.maximum(1.0 + share, 0.0), 1.0)
    return lower, upper


def pd_torque(targets: JointTargets, state: RobotState) -> Array:
    """(n,) torque [N m] that ``targets`` ask for at the measured ``state``."""
    return targets.kp * (targets.q - state.q) + targets.kd * (targets.dq - state.dq) + targets.tau


def limit_targets(spec: RobotSpec, targets: JointTargets, state: RobotState) -> JointTargets:
    """``targets`` as they may be sent: within joint limits, gains >= 0, torque on or below the torque-speed line.

    A joint that would ask for too much has kp, kd and tau scaled down together, so that it asks for exactly the limit
    at ``state``. Scaling keeps the target position and keeps damping a damping; a shifted position or a feed-forward
    that cancels the excess would go on pushing after the joint has slowed down. Targets within all limits are returned
    unchanged, and limiting twice is limiting once (to rounding).

    Raises:
        BadInput: another number of joints than the robot's, or a value that is not finite.
    """
    n = len(spec.joints)
    for what, owner in (("targets", targets), ("state", state)):
        if len(owner.q) != n:
            raise BadInput(f"{what} has {len(owner.q)} joints, {spec.name} has {n}")
    numbers = np.concatenate((targets.q, targets.dq, targets.tau, targets.kp, targets.kd, state.q, state.dq))
    if not np.isfinite(numbers).all():
        _refuse(spec, targets, state)
    q = np.minimum(np.maximum(targets.q, spec.joint_range_rad[:, 0]), spec.joint_range_rad[:, 1])
    kp, kd = np.maximum(targets.kp, 0.0), np.maximum(targets.kd, 0.0)
    wanted = pd_torque(JointTargets(q, targets.dq, targets.tau, kp, kd), state)
    lowest, highest = torque_range(spec, state.dq)
    allowed = np.minimum(np.maximum(wanted, lowest), highest)
    scale = np.divide(allowed, wanted, out=np.ones(n), where=allowed != wanted)
    return JointTargets(q, targets.dq, targets.tau * scale, kp * scale, kd * scale)


def _refuse(spec: RobotSpec, targets: JointTargets, state: RobotState) -> None:
    """Say what is not finite."""
    for name in ("q", "dq", "tau", "kp", "kd"):
        value = getattr(targets, name)
        if not np.isfinite(value).all():
            joint = int(np.flatnonzero(~np.isfinite(value))[0])
            raise BadInput(f"targets.{name}[{spec.joints[joint]}] = {value[joint]} is not finite: nothing was sent")
    name = "dq" if np.isfinite(state.q).all() else "q"
    raise BadInput(f"state.{name} holds a value that is not finite, torque cannot be limited: nothing was sent")
