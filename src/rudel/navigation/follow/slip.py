"""How far a robot goes aside of what it is told: on loose or slanting ground feet slip, and policies lean to a side."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from rudel.core.types import Twist
from rudel.navigation.types import Estimate

WINDOW_S = 0.8  # two to three steps of a trot: its swaying cancels
SMOOTH_S = 0.5
LEAST_MPS = 0.1  # slower than that, told in all, nothing is learnt: feet that catch are no slip
MOST_MPS = 0.12  # steered against at most: what is beyond it is no slip, something holds the robot
_GAP_S = 0.3  # after a longer silence everything begins anew


class _Place(NamedTuple):
    """Where the robot was, and the way that was told until then: as a vector in the map, and its length [s, m]."""

    time_s: float
    x: float
    y: float
    told_x: float
    told_y: float
    told_m: float


class Slip:
    """An observer of the disturbance: the way really made, less the way that was told ``lag_s`` before.

    It acts on the difference to what was told alone, so that it does nothing to a robot that does as it is told.

    Args:
        lag_s: how long a command takes to show.
    """

    def __init__(self, lag_s: float) -> None:
        self._lag_s = lag_s
        self._told: deque[tuple[float, float, float]] = deque()  # s, vx, vy
        self._was: deque[_Place] = deque()
        self._yaw = 0.0
        self.aside_mps = 0.0  # to the left

    def reset(self) -> None:
        """Nothing is known."""
        self._told.clear()
        self._was.clear()
        self.aside_mps = 0.0

    def told(self, time_s: float, twist: Twist) -> None:
        """What is commanded from now on."""
        self._told.append((time_s, twist.vx, twist.vy))

    def see(self, estimate: Estimate) -> float:
        """Where the robot is by now; how fast it slips to its left [m/s]."""
        now_s, (x, y), yaw = estimate.time_s, estimate.xy, estimate.yaw
        if self._was and not 0.0 < now_s - self._was[-1].time_s < _GAP_S:
            self.reset()
        told_x = told_y = told_m = dt = 0.0
        if self._was:
            last = self._was[-1]
            dt = now_s - last.time_s
            vx, vy = self._in_force(now_s - self._lag_s)
            half = yaw - math.remainder(yaw - self._yaw, 2 * math.pi) / 2
            cos, sin = math.cos(half), math.sin(half)
            told_x, told_y = last.told_x + (cos * vx - sin * vy) * dt, last.told_y + (sin * vx + cos * vy) * dt
            told_m = last.told_m + math.hypot(vx, vy) * dt
        self._yaw = yaw
        self._was.append(_Place(now_s, x, y, told_x, told_y, told_m))
        while len(self._was) > 2 and now_s - self._was[1].time_s >= WINDOW_S:
            self._was.popleft()
        began = self._was[0]
        over_s = now_s - began.time_s
        if over_s >= WINDOW_S and told_m - began.told_m >= LEAST_MPS * over_s:
            off_x, off_y = x - began.x - (told_x - began.told_x), y - began.y - (told_y - began.told_y)
            aside = (math.cos(yaw) * off_y - math.sin(yaw) * off_x) / over_s
            aside = min(max(aside, -MOST_MPS), MOST_MPS)
            self.aside_mps += (aside - self.aside_mps) * min(dt / SMOOTH_S, 1.0)
        else:
            self.aside_mps -= self.aside_mps * min(dt / SMOOTH_S, 1.0)
        return self.aside_mps

    def _in_force(self, time_s: float) -> tuple[float, float]:
        """What was told last at a time; older ones are given up."""
        while len(self._told) > 1 and self._told[1][0] <= time_s:
            self._told.popleft()
        if not self._told or self._told[0][0] > time_s:
            return 0.0, 0.0
        return self._told[0][1], self._told[0][2]
