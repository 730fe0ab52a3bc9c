"""A driver without a robot, for tests."""

from __future__ import annotations

import numpy as np

from rudel.core.clock import SimClock
from rudel.core.errors import GiveUp
from rudel.core.types import JointTargets, RobotState
from rudel.robots.driver import Capabilities, limit_targets
from rudel.robots.spec import RobotSpec


class FakeDriver:
    """A driver without a robot: it stands still at its default pose and keeps the protocol."""

    period_s, command_timeout_s = 0.02, 0.2
    capabilities = Capabilities(joint_control=True, rate_hz=50.0, has_contact=True, has_force=False, simulated=True)

    def __init__(self, spec: RobotSpec) -> None:
        self.spec, self.clock, self.connected, self.stopped = spec, SimClock(), False, False
        self.sent, self.sent_s, self.limp = None, 0.0, JointTargets.damping(12, 2.5)

    def __enter__(self):
        self.connected, self.stopped, self.sent = True, False, None
        return self

    def __exit__(self, *_):
        self.connected, self.sent = False, None

    @property
    def active(self) -> JointTargets:
        late = self.clock.now_s() - self.sent_s > self.command_timeout_s
        return self.limp if self.sent is None or self.stopped or late else self.sent

    def measure(self) -> RobotState:
        zero, up = np.zeros(12), np.array([0, 0, 9.81])
        return RobotState(self.clock.now_s(), self.spec.default_pose, zero, zero, np.eye(4)[0], up * 0, up, np.ones(4))

    def read(self) -> RobotState:
        if not self.connected:
            raise GiveUp("not connected")
        return self.measure()

    def limit(self, targets: JointTargets) -> JointTargets:
        return limit_targets(self.spec, targets, self.measure())

    def send(self, targets: JointTargets) -> JointTargets:
        if not self.connected or self.stopped:
            raise GiveUp("not connected, or stopped: enter anew")
        self.sent, self.sent_s = self.limit(targets), self.clock.now_s()
        return self.sent

    def stop(self) -> None:
        self.stopped = True
