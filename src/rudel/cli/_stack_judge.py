"""What really happened, for reports only: nothing in here is ever shown to the robot."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from rudel.core import frames
from rudel.core.types import Pose
from rudel.navigation.types import XY, Estimate
from rudel.sim.live import LiveSim

EVERY_M = 0.1  # the way is measured in steps of this: swaying is no way
REMEMBERED = 100  # control periods: what is compared is a little older than now
APART_S = 0.5  # contacts of one part within this time are one contact


class Judge:
    """Watches the simulation after every control period."""

    def __init__(self, live: LiveSim) -> None:
        self._live = live
        model, spec = live.model, live.spec
        feet = [model.geom(name).id for name in spec.feet]
        robot = model.body_rootid == model.body_rootid[live.base]
        own = robot[model.geom_bodyid]
        self._own, self._foot = own, np.isin(np.arange(model.ngeom), feet)
        self._touched: dict[int, float] = {}
        self.contacts, self.path_m, self.fallen = 0, 0.0, False
        self.track: list[tuple[float, float, float, float]] = []
        self._last: XY | None = None
        self._errors: list[tuple[float, float]] = []
        self._lately: deque[tuple[float, Pose]] = deque(maxlen=REMEMBERED)
        self._compared_s = -math.inf
        self.ended: Pose | None = None  # where the robot was when the task ended

    def close(self) -> None:
        """The task has ended: what comes now (sitting down) is not counted."""
        self.ended = self._live.true_state().pose

    def watch(self, estimate: Estimate | None, now_s: float) -> None:
        """Look at the simulation as it is now, and compare an estimate with how it was at the time of that.

        Args:
            estimate: the newest, if there is one.
            now_s: robot's clock [s].
        """
        if self.ended is not None:
            return
        truth = self._live.true_state()
        x, y, _ = truth.pose.position.tolist()
        if self._last is None or math.dist(self._last, (x, y)) >= EVERY_M:
            self.path_m += 0.0 if self._last is None else math.dist(self._last, (x, y))
            self._last = (x, y)
            self.track.append((truth.time_s, x, y, truth.yaw))
        self.fallen = self.fallen or bool(frames.projected_gravity(truth.pose.quat)[2] > -0.5)
        self._lately.append((now_s, truth.pose))
        if estimate is not None and estimate.known and estimate.time_s > self._compared_s:
            self._compared_s = estimate.time_s
            self._errors += [pose_error(estimate.pose, pose) for at_s, pose in self._lately if at_s == estimate.time_s]
        self._count(truth.time_s)

    def _count(self, now_s: float) -> None:
        """New contacts between the world and any part of the robot but its feet."""
        data = self._live.data
        for k in range(data.ncon):
            if data.contact.dist[k] > 0:
                continue
            a, b = data.contact.geom[k].tolist()
            for mine, other in ((a, b), (b, a)):
                if self._own[mine] and not self._foot[mine] and not self._own[other]:
                    if now_s - self._touched.get(mine, -math.inf) > APART_S:
                        self.contacts += 1
                    self._touched[mine] = now_s

    def errors(self) -> tuple[float, float]:
        """Root mean square of the estimate's error while it claimed to know: position [m], heading [rad]."""
        if not self._errors:
            return math.nan, math.nan
        position, heading = np.sqrt(np.mean(np.square(self._errors), axis=0)).tolist()
        return position, heading


def pose_error(estimate: Pose, truth: Pose) -> tuple[float, float]:
    """Distance in the plane [m] and angle between headings [rad]."""
    away = math.dist(estimate.position[:2].tolist(), truth.position[:2].tolist())
    turn = float(frames.yaw_of(estimate.quat) - frames.yaw_of(truth.quat))
    return away, abs(math.remainder(turn, 2 * math.pi))
