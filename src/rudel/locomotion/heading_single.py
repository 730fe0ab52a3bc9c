"""Heading hold for one robot: the turn that a robot still owes is worked off through its yaw command.

The batched form, for training, is in rudel.locomotion.heading; tests/locomotion/test_policy.py holds the two together.
"""

from __future__ import annotations

import math

from rudel.locomotion.heading import LIMIT_RAD


class HeadingHold:
    """How far the heading lags behind the commanded turn. Reading and moving on are apart: a fault changes nothing.

    Args:
        period_s: control period.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._yaw: float | None = None
        self._error = self._commanded = 0.0
        self._stepping = False

    def error(self, yaw: float) -> float:
        """Turn still owed [rad] at the heading ``yaw`` [rad]; bounded, and 0 for a robot that was told to stand."""
        if self._yaw is None or not self._stepping:
            return 0.0
        owed = self._error + self._commanded - math.remainder(yaw - self._yaw, 2 * math.pi)
        return min(max(owed, -LIMIT_RAD), LIMIT_RAD)

    def keep(self, yaw: float, error: float, wz: float, stepping: bool) -> None:
        """Start the next period: heading and error of now [rad], yaw rate commanded from now on [rad/s]."""
        self._yaw, self._error, self._commanded, self._stepping = yaw, error, wz * self._period_s, stepping
