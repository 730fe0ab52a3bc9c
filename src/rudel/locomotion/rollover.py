"""A guide to getting up: joint targets by how far a robot lies turned over. A policy learns it first, then better.

The guide looks at gravity and at the roll rate alone. Its poses stand at equal steps of roll, from upright (the default
pose) to lying on the back, with the left side lower; a robot whose right side is lower does the mirror image. What lies
between two poses is interpolated, so that a robot which has been turned a little goes on turning. A robot on its back
cannot be pressed over, it has to be rocked: there the side is chosen by where it rolls to, so that every kick comes
when it adds to the swing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.robots.mirror import mirror_signs
from rudel.robots.spec import RobotSpec

Array = NDArray[np.float32]

ON_BACK = 0.3  # z of gravity in the base: within 73 degrees of lying on it, where a Lite3 still falls back


class Guide:
    """Joint targets for lying robots.

    Args:
        spec: the robot.
        poses: (k, 12) [rad], the last one for lying on the back.
        lean: on the back the kicking side is that of roll rate + lean x sideways gravity [1/s]; below 0 a robot that
            hangs on its kicking legs lets go and swings to the other side.

    Raises:
        BadInput: poses that are none.
    """

    def __init__(self, spec: RobotSpec, poses: tuple[tuple[float, ...], ...], lean: float = 0.0) -> None:
        if not poses or any(len(pose) != len(spec.joints) for pose in poses) or not np.isfinite(poses).all():
            raise BadInput(f"guide_poses needs poses of {len(spec.joints)} finite joint angles each, is {poses}")
        self.poses = np.concatenate((np.asarray(spec.default_pose)[None], poses)).astype(np.float32)
        self.lean = np.float32(lean)
        self.lower, self.upper = spec.joint_range_rad.T.astype(np.float32)
        signs, self.order = mirror_signs(spec)
        self.signs = signs.astype(np.float32)

    def targets(self, gravity: Array, gyro: Array) -> Array:
        """Joint targets [rad], (n, 12).

        Args:
            gravity: unit gravity in the base, (n, 3).
            gyro: angular velocity in the base [rad/s], (n, 3).
        """
        gx, gy, gz = gravity.T
        steps = len(self.poses) - 1
        roll = np.arctan2(np.abs(gy), -gz)  # 0 upright .. pi on the back
        at = np.clip(roll * (steps / np.pi), 0.0, steps * (1 - 1e-6))
        before = at.astype(np.intp)
        share = (at - before)[:, None]
        q = (1 - share) * self.poses[before] + share * self.poses[before + 1]
        sinking = gyro[:, 0] * gz - gyro[:, 2] * gx  # of the left side: how fast gy grows
        right_lower = np.where(gz > ON_BACK, sinking + self.lean * gy, gy) < 0
        q = np.where(right_lower[:, None], q[:, self.order] * self.signs, q)
        return np.asarray(np.clip(q, self.lower, self.upper), np.float32)
