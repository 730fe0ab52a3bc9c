"""Is a leg weak? Compares the torque that each leg was asked for with the one that it reports."""

from __future__ import annotations

import math

import numpy as np

from rudel.core.types import JointTargets, RobotState
from rudel.robots.limits import pd_torque, torque_range
from rudel.robots.spec import LEG_ORDER, RobotSpec

WEAK_SHARE = 0.7
WINDOW_S, LASTS_S = 1.0, 1.0
LEAST_SHARE = 0.04  # of the stall torque, as mean: below that nothing is asked of a leg, and nothing can be said


class LegWatch:
    """Call ``sent`` with the targets of a period, and ``look`` with the state at its end.

    What a leg gives is the part of its torques along what was asked, over what was asked, both summed over about a
    second: noise drops out, and a leg that only trembles is no better for it.

    Args:
        spec: the robot.
        period_s: between two states [s].

    Attributes:
        shares: (4,) what each leg gives of what it is asked for, in LEG_ORDER; 1 before anything is known.
        weak: names of legs that have been weak for long enough.
    """

    def __init__(self, spec: RobotSpec, period_s: float) -> None:
        self._spec, self._keep = spec, math.exp(-period_s / WINDOW_S)
        self._needed = math.ceil(LASTS_S / period_s)
        self._least = (LEAST_SHARE * spec.effort_nm).reshape(4, 3).max(axis=1) ** 2
        self._targets: JointTargets | None = None
        self._along, self._asked, self._count = np.zeros(4), np.zeros(4), np.zeros(4, int)
        self.shares = np.ones(4)

    @property
    def weak(self) -> tuple[str, ...]:
        return tuple(name for name, n in zip(LEG_ORDER, self._count, strict=True) if n >= self._needed)

    def sent(self, targets: JointTargets) -> None:
        """What the joints follow from now on, as it was sent to the driver or before its limits."""
        self._targets = targets

    def look(self, state: RobotState) -> None:
        """The state that came of the targets; of a robot that measures no torque (all zero) nothing is concluded."""
        targets = self._targets
        if targets is None or len(targets.q) != len(state.q) or not state.tau.any():
            return
        wanted = np.clip(pd_torque(targets, state), *torque_range(self._spec, state.dq))
        numbers = np.isfinite(wanted) & np.isfinite(state.tau)
        wanted, given = np.where(numbers, wanted, 0.0), np.where(numbers, state.tau, 0.0)
        legs = (4, 3)
        self._along = self._keep * self._along + (1 - self._keep) * (wanted * given).reshape(legs).sum(axis=1)
        self._asked = self._keep * self._asked + (1 - self._keep) * (wanted**2).reshape(legs).sum(axis=1)
        told = self._asked > self._least
        self.shares = np.where(told, self._along / np.where(told, self._asked, 1.0), self.shares)
        low = told & (self.shares < WEAK_SHARE)
        self._count = np.where(low, self._count + 1, np.where(self.shares >= WEAK_SHARE, 0, self._count))
