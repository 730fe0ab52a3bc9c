"""Where the robot is, and how far it may be from there: what fence and zones go by when the pose is not known."""

from __future__ import annotations

import math

import numpy as np

from rudel.core.types import Twist
from rudel.navigation.types import XY, Estimate

SIGMAS = 2.0
MORE = 1.3  # a robot may go faster than it was told


class Whereabouts:
    """Pure of clocks.

    Args:
        lost_s: so long may the pose be unknown before it is told [s].
        blind_s: so long may the scans be unusable [s].

    Attributes:
        xy, yaw: of the last pose that could be trusted [m, rad]; None: never one.
        known: is that now?
        doubt_m: how far from ``xy`` the robot may be: deviation, and what it was told to walk since.
        speed_mps: over the ground, as estimated; the commanded one where the pose is not known.
    """

    def __init__(self, lost_s: float, blind_s: float) -> None:
        self._lost_s, self._blind_s = lost_s, blind_s
        self.xy: XY | None = None
        self.yaw = self.doubt_m = self.speed_mps = 0.0
        self.known = False
        self._asked = False
        self._unknown_since_s: float | None = None
        self._faulty_since_s: float | None = None
        self._why = self._faults = ""

    def locate(self, estimate: Estimate, now_s: float) -> None:
        """What localisation says now."""
        self._asked = True
        finite = bool(np.isfinite(estimate.pose.position[:2]).all() and np.isfinite(estimate.pose.quat).all())
        self.known = estimate.known and finite
        if self.known:
            spread = estimate.covariance[:2, :2]
            variance = float(np.linalg.eigvalsh(spread)[-1]) if np.isfinite(spread).all() else 1.0
            self.xy, self.yaw, self.doubt_m = estimate.xy, estimate.yaw, SIGMAS * math.sqrt(max(variance, 0.0))
            self._unknown_since_s = None
            speed = math.hypot(estimate.twist[0], estimate.twist[1])
            self.speed_mps = speed if math.isfinite(speed) else self.speed_mps
        elif self._unknown_since_s is None:
            self._unknown_since_s = now_s
        self._why = f"localisation is {estimate.status}"
        broken = [fault for fault in estimate.faults if fault.startswith("lidar")]
        self._faults = ", ".join(broken)
        if not broken:
            self._faulty_since_s = None
        elif self._faulty_since_s is None:
            self._faulty_since_s = now_s

    def moved(self, twist: Twist, elapsed_s: float) -> None:
        """The robot was told to go like this for so long [s]."""
        if not self.known:
            self.speed_mps = math.hypot(twist.vx, twist.vy)
            self.doubt_m += MORE * self.speed_mps * elapsed_s

    def troubles(self, now_s: float, *, needed: bool) -> dict[str, str]:
        """Conditions that hold, and why; ``needed``: a robot that was never located counts as lost."""
        found: dict[str, str] = {}
        if not self._asked and needed and self._unknown_since_s is None:
            self._unknown_since_s, self._why = now_s, "there is no localisation"
        if self._unknown_since_s is not None and now_s - self._unknown_since_s >= self._lost_s:
            found["localisation_lost"] = self._why
        if self._faulty_since_s is not None and now_s - self._faulty_since_s >= self._blind_s:
            found["lidar_lost"] = self._faults
        return found
