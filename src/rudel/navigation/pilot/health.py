"""What keeps a robot from going on: lost, blind, fallen, or numbers that are none. Time runs on the robot's clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rudel.core.frames import projected_gravity
from rudel.core.types import RobotState
from rudel.navigation.types import Estimate

UPRIGHT = -0.5  # z of gravity in the base frame: tilted by less than 60 degrees
BLIND_S = 0.6  # without a usable scan for longer than this the robot stands
FROZEN_STATES = 12  # equal ones in a row, half a second: noise alone keeps real joints from repeating themselves
UP_AGAIN_S = 1.0  # upright for this long counts as having got up


@dataclass(frozen=True)
class Patience:
    """How long each trouble is waited out before the robot sits down and calls [s]."""

    lost_s: float = 30.0
    blind_s: float = 20.0
    fallen_s: float = 15.0
    unfit_s: float = 2.0
    settle_s: float = 1.5  # stands still this long after losing its way, before it begins to turn


class Health:
    """Judges every state and estimate.

    Attributes:
        trouble: "" (fit), "starting" (no scan yet), "lost", "blind", "fallen", or "unfit" (the robot's own state is
            frozen or no number).
        since_s: when that began.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self.trouble, self.since_s = "", 0.0
        self._upright_s: float | None = None
        self._same, self._last, self._last_s = 0, np.zeros(0), -math.inf

    def judge(self, state: RobotState, estimate: Estimate) -> str:
        """The trouble that comes first, "" for none."""
        found = self._find(state, estimate)
        if found != self.trouble:
            self.trouble, self.since_s = found, estimate.time_s
        return found

    def exhausted(self, now_s: float) -> bool:
        """Has the present trouble been waited out?"""
        patience = self.patience
        limits = {"lost": patience.lost_s, "blind": patience.blind_s, "fallen": patience.fallen_s}
        limits["starting"] = patience.blind_s
        return bool(self.trouble) and now_s - self.since_s > limits.get(self.trouble, patience.unfit_s)

    def _find(self, state: RobotState, estimate: Estimate) -> str:
        if not self._sound(state):
            return "unfit"
        if projected_gravity(state.quat)[2] >= UPRIGHT:
            self._upright_s = None
            return "fallen"
        if self.trouble == "fallen":
            if self._upright_s is None:
                self._upright_s = state.time_s
            if state.time_s - self._upright_s < UP_AGAIN_S:
                return "fallen"
        broken = any(fault.startswith("lidar") for fault in estimate.faults)
        if not broken and not (estimate.known and np.isfinite(estimate.pose.position).all()):
            return "lost"
        if math.isinf(estimate.scan_age_s):
            return "starting"
        return "blind" if estimate.scan_age_s > BLIND_S or (broken and not estimate.known) else ""

    def _sound(self, state: RobotState) -> bool:
        """Are the robot's own measurements numbers, newer than the last ones, and not the same over and over?"""
        numbers = math.isfinite(float(state.q.sum() + state.dq.sum() + state.quat.sum() + state.gyro.sum()))
        later = state.time_s > self._last_s
        if math.isfinite(state.time_s):
            self._last_s = state.time_s
        measured = np.concatenate((state.q, state.gyro, state.accel))
        self._same = self._same + 1 if np.array_equal(self._last, measured) else 0
        self._last = measured
        return numbers and later and self._same < FROZEN_STATES
