"""What reward, termination and critic terms see: the true state of n robots after a control step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass
class Snapshot:
    """Ground truth of n simulated robots, float32; a policy never sees it.

    Attributes:
        command: the command that is followed (after the slew limit) vx, vy [m/s], wz [rad/s], (n, 3).
        stepping: gait share, 0 at zero command .. 1, (n, 1).
        velocity: base linear velocity in the heading frame (yaw only) [m/s], (n, 3).
        tracking_error: velocity (vx, vy, yaw rate) minus command through a first-order low-pass that hides the gait's
            own sway [m/s, rad/s], (n, 3). The error is filtered, not the velocity: a filter's lag behind a changing
            command would otherwise reward running ahead of it.
        gyro: base angular velocity in the base frame [rad/s], (n, 3).
        gravity: unit gravity in the base frame, (n, 3).
        height: base over the ground below it [m], (n,).
        stance_height: base over the mean of the ground below its feet [m], (n,).
        q_offset, dq, torque: joints, (n, 12).
        action, last_action, older_action: raw policy outputs of this, the last and the step before, (n, 12).
        foot_force, peak_force: normal force at the end of and largest in the step [N], (n, 4).
        foot_velocity: foot centres in the world [m/s], (n, 4, 3).
        foot_clearance: foot sphere's lowest point over the ground [m], (n, 4).
        phase: gait phase in [0, 1), (n,).
        power: mean positive mechanical power over the step [W], (n,).
        friction: friction of the feet, (n,).
        weight_n: robot weight [N] (nominal).
        nominal_height: base height at the default pose [m].
        around: ground around the robot over the ground below it, see locomotion.surroundings [m], (n, p); None: not
            looked at.
        incline: rise of the ground per metre forwards and to the left, (n, 2); zero where it is not looked at.
        payload_kg: carried in the base, (n,).
        jolt: change of the base's velocity in the last control period [m/s], world, (n, 3); zeros where robots do not
            start lying.
    """

    command: Array
    stepping: Array
    velocity: Array
    tracking_error: Array
    gyro: Array
    gravity: Array
    height: Array
    stance_height: Array
    q_offset: Array
    dq: Array
    torque: Array
    action: Array
    last_action: Array
    older_action: Array
    foot_force: Array
    peak_force: Array
    foot_velocity: Array
    foot_clearance: Array
    phase: Array
    power: Array
    friction: Array
    weight_n: float
    nominal_height: float
    around: Array | None
    incline: Array
    payload_kg: Array
    jolt: Array = field(default_factory=lambda: np.zeros((1, 3), np.float32))
