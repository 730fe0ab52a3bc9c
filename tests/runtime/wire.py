"""A robot of thought on the machine's clock: notes when it was sent what; hangs when a test says so."""

from __future__ import annotations

import threading

import numpy as np

from rudel import robots
from rudel.core.clock import WallClock
from rudel.core.types import JointTargets, RobotState


class WallRobot:
    """What a Loop asks of a driver."""

    def __init__(self, period_s: float = 0.02) -> None:
        self.spec, self.clock, self.period_s = robots.load("lite3"), WallClock(), period_s
        self.q, self.hung, self.damped_s = self.spec.rest_pose.copy(), threading.Event(), list[float]()
        self.free = threading.Event()

    def read(self) -> RobotState:
        if self.hung.is_set():
            self.free.wait()
        zero, quat = np.zeros(12), np.array([1.0, 0, 0, 0])
        return RobotState(self.clock.now_s(), self.q, zero, zero, quat, np.zeros(3), np.array([0, 0, 9.81]), np.ones(4))

    def send(self, targets: JointTargets) -> JointTargets:
        self.q = np.where(targets.kp > 0, targets.q, self.q)
        return targets

    def stop(self) -> None:
        self.damped_s.append(self.clock.now_s())
