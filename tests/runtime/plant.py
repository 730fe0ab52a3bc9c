"""A robot of thought: its joints are at once where they are told to be; it falls and breaks when a test says so."""

from __future__ import annotations

import math

import numpy as np

from rudel import robots
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.robots.posture_plan import PosturePlan, plan_posture
from rudel.runtime.machine import Machine
from rudel.runtime.modes import Settings

PERIOD_S = 0.02
STILL = Twist()
PLAN: PosturePlan = plan_posture(robots.load("lite3"))


class Scripted:
    """A controller that holds a pose, counts, and breaks when told to.

    Attributes:
        fault: None, or "raise", "nan" or "short".
        seen: every command that it was given.
    """

    def __init__(self, pose: np.ndarray) -> None:
        self.pose, self.fault, self.seen, self.resets = pose, "", list[Twist](), 0

    def reset(self) -> None:
        self.resets += 1

    def step(self, state: RobotState, command: Twist) -> JointTargets:
        self.seen.append(command)
        if self.fault == "raise":
            raise ZeroDivisionError("a bug of the controller")
        q = self.pose[:3] if self.fault == "short" else np.where(self.fault == "nan", np.nan, self.pose)
        return JointTargets.hold(q, 60.0, 1.4)


class Plant:
    """A machine with a robot around it; ``turn`` is one control period."""

    def __init__(self, settings: Settings | None = None, *, walk: bool = True, getup: bool = False) -> None:
        self.walk, self.getup = Scripted(PLAN.stand + 0.1), Scripted(PLAN.rest)
        self.machine = Machine(
            PLAN, self.walk if walk else None, self.getup if getup else None, period_s=PERIOD_S, settings=settings
        )
        self.q, self.tilt_rad, self.dq, self.broken, self.now_s = PLAN.rest.copy(), 0.0, 0.0, "", 0.0
        self.sent = JointTargets.damping(12, PLAN.kd)

    def state(self) -> RobotState:
        q, gyro = self.q.copy(), np.zeros(3)
        quat = np.array([math.cos(self.tilt_rad / 2), math.sin(self.tilt_rad / 2), 0, 0])
        if self.broken == "q":
            q[4] = np.nan
        elif self.broken == "quat":
            quat[:] = 0.0
        elif self.broken == "gyro":
            gyro[1] = np.inf
        elif self.broken == "short":
            q = q[:5]
        n = len(q)
        return RobotState(
            self.now_s, q, np.full(n, self.dq), np.zeros(n), quat, gyro, np.array([0, 0, 9.81]), np.ones(4)
        )

    def turn(self, twist: Twist | None = STILL) -> JointTargets:
        """One period; ``twist`` None: the sender is silent."""
        if twist is not None:
            self.machine.command(twist)
        self.now_s += PERIOD_S
        self.sent = self.machine.step(self.state(), self.now_s)
        self.q = np.where(self.sent.kp > 0, self.sent.q, self.q)
        return self.sent

    def run(self, seconds: float, twist: Twist | None = STILL) -> None:
        for _ in range(round(seconds / PERIOD_S)):
            self.turn(twist)

    @property
    def limp(self) -> bool:
        s = self.sent
        return not (s.kp.any() or s.tau.any() or s.dq.any()) and bool((s.kd > 0).all())
