"""One controller taking over from another: the torque goes from the old targets' to the new ones' without a step."""

from __future__ import annotations

import numpy as np

from rudel.core.types import JointTargets
from rudel.robots.posture import minimum_jerk
from rudel.robots.spec import Array


def mix(old: JointTargets, new: JointTargets, share: float) -> JointTargets:
    """Targets whose torque, at any state of the robot, is (1 - share) of ``old``'s plus share of ``new``'s."""
    if share >= 1:
        return new
    keep = 1 - share
    kp, kd = keep * old.kp + share * new.kp, keep * old.kd + share * new.kd
    q = _divide(keep * old.kp * old.q + share * new.kp * new.q, kp, new.q)
    dq = _divide(keep * old.kd * old.dq + share * new.kd * new.dq, kd, new.dq)
    return JointTargets(q, dq, keep * old.tau + share * new.tau, kp, kd)


def _divide(a: Array, by: Array, otherwise: Array) -> Array:
    return np.divide(a, by, out=np.array(otherwise, dtype=np.float64), where=by > 0)


class Blend:
    """Keeps the last targets, and mixes them into those of whoever takes over.

    Args:
        period_s: between two calls of ``next`` [s].
        last: what the robot follows at the start.
    """

    def __init__(self, period_s: float, last: JointTargets) -> None:
        self._period_s, self.last = period_s, last
        self._old, self._duration_s, self._elapsed_s = last, 0.0, 0.0

    @property
    def over(self) -> bool:
        return self._elapsed_s >= self._duration_s

    def start(self, duration_s: float) -> None:
        """From here on somebody else delivers the targets."""
        self._old, self._duration_s, self._elapsed_s = self.last, duration_s, 0.0

    def next(self, targets: JointTargets) -> JointTargets:
        """What to send in this period when the controller asks for ``targets``."""
        self._elapsed_s += self._period_s
        share = 1.0 if self.over else minimum_jerk(self._elapsed_s / self._duration_s)[0]
        self.last = mix(self._old, targets, share)
        return self.last
