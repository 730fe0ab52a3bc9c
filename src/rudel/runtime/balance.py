"""Does the robot stand, lie or fall? From the direction of gravity, the gyro and the joints."""

from __future__ import annotations

import math

import numpy as np

from rudel.core.types import RobotState
from rudel.robots.posture_plan import PosturePlan
from rudel.runtime.modes import Settings


def unusable(state: RobotState, joints: int) -> str | None:
    """What makes a state one that nothing may be concluded from, or None."""
    if len(state.q) != joints:
        return f"the state has {len(state.q)} joints, the robot {joints}"
    if not np.isfinite(np.concatenate((state.q, state.dq, state.quat, state.gyro))).all():
        name = next(n for n in ("q", "dq", "quat", "gyro") if not np.isfinite(getattr(state, n)).all())
        return f"state.{name} is not finite"
    if not 0.9 < float(np.linalg.norm(state.quat)) < 1.1:
        return "state.quat is no rotation"
    return None


def tilt(state: RobotState) -> tuple[float, float]:
    """Angle between the base's z axis and the vertical [rad], and how fast it grows [rad/s]."""
    w, x, y, z = (state.quat / np.linalg.norm(state.quat)).tolist()
    gx, gy, gz = 2 * (w * y - x * z), -2 * (w * x + y * z), 2 * (x * x + y * y) - 1  # gravity in the base frame
    across = math.hypot(gx, gy)
    # d(gravity)/dt = -gyro x gravity, and cos(tilt) = -gz
    rate = (state.gyro[1] * gx - state.gyro[0] * gy) / across if across > 1e-6 else float(np.hypot(*state.gyro[:2]))
    return math.atan2(across, -gz), float(rate)


class Balance:
    """Looks at every state; what has to last for a while is counted in periods.

    Attributes:
        fallen, upright, still, collapsed: see Settings.
        in_place: the joints are near the default pose.
    """

    def __init__(self, plan: PosturePlan, settings: Settings, period_s: float) -> None:
        self._plan, self._settings = plan, settings
        self._still_needed = math.ceil(settings.still_s / period_s)
        self._folded_needed = math.ceil(settings.folded_s / period_s)
        self.forget()

    def forget(self) -> None:
        """As if nothing had been seen: not upright, not still."""
        self._still = self._folded = 0
        self.fallen = self.upright = self.in_place = False

    @property
    def still(self) -> bool:
        return self._still >= self._still_needed

    @property
    def collapsed(self) -> bool:
        return self._folded >= self._folded_needed

    def look(self, state: RobotState) -> None:
        """Take in one state, a usable one."""
        s = self._settings
        angle, rate = tilt(state)
        self.fallen = angle > s.fallen_rad or (angle > s.falling_rad and angle + rate * s.ahead_s > s.lost_rad)
        self.upright = angle < s.upright_rad
        slow = bool(np.abs(state.dq).max() < s.still_radps and np.linalg.norm(state.gyro) < s.still_gyro_radps)
        self._still = self._still + 1 if slow else 0
        share, _ = self._plan.nearest(state.q)
        self._folded = self._folded + 1 if share < s.folded_share else 0
        self.in_place = bool(np.abs(state.q - self._plan.stand).max() < s.off_rad)
