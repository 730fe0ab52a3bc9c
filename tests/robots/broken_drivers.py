"""Drivers that each break one law of the Driver protocol, and the words the conformance suite must find for it."""

from __future__ import annotations

import dataclasses

import numpy as np

from rudel import robots
from rudel.core.errors import GiveUp, Retry
from rudel.core.types import JointTargets, RobotState
from rudel.robots.driver import limit_targets
from rudel.robots.spec import RobotSpec
from tests.robots.fake_driver import FakeDriver


class WrongRobot(FakeDriver):
    def __init__(self, spec: RobotSpec) -> None:
        super().__init__(robots.load("x30"))


class NoRate(FakeDriver):
    capabilities = dataclasses.replace(FakeDriver.capabilities, rate_hz=0.0)


class TooFast(FakeDriver):
    period_s = 0.001


class HastyWatchdog(FakeDriver):
    command_timeout_s = 0.02


class ReadsUnconnected(FakeDriver):
    def read(self) -> RobotState:
        return self.measure()


class SendsUnconnected(FakeDriver):
    def send(self, targets: JointTargets) -> JointTargets:
        return super().send(targets) if self.connected else targets


class StaysConnected(FakeDriver):
    def __exit__(self, *_):
        self.sent = None


class EntersStiff(FakeDriver):
    def __enter__(self):
        super().__enter__()
        self.send(JointTargets.hold(self.spec.default_pose, 30.0, 1.0))
        return self


class LeavesStiff(FakeDriver):
    def __exit__(self, *_):
        self.connected = False


class SwallowsErrors(FakeDriver):
    def __exit__(self, *_):
        super().__exit__()
        return True


class Mute(FakeDriver):
    def read(self) -> RobotState:
        if self.connected:
            raise Retry("no packet, ever")
        return super().read()


class Changed(FakeDriver):
    """Returns states with one field replaced."""

    field, value = "", np.zeros(0)

    def read(self) -> RobotState:
        return dataclasses.replace(super().read(), **{self.field: self.value})


class ElevenJoints(Changed):
    def read(self) -> RobotState:
        state = self.measure() if self.connected else super().read()
        return dataclasses.replace(state, q=np.zeros(11), dq=np.zeros(11), tau=np.zeros(11))


class ThreeFeet(Changed):
    field, value = "contact", np.ones(3)


class NanGyro(Changed):
    field, value = "gyro", np.array([0.0, np.nan, 0.0])


class LongQuaternion(Changed):
    field, value = "quat", np.array([1.0, 1.0, 0.0, 0.0])


class FrozenTime(Changed):
    field, value = "time_s", 7.0


class TimeBack(FakeDriver):
    reads = 0

    def read(self) -> RobotState:
        self.reads += 1
        return dataclasses.replace(super().read(), time_s=-self.reads)


class NoLimits(FakeDriver):
    def limit(self, targets: JointTargets) -> JointTargets:
        limit_targets(self.spec, targets, self.measure())  # still refuses what is not finite
        return targets


class OnlyPositionLimits(NoLimits):
    def limit(self, targets: JointTargets) -> JointTargets:
        lower, upper = self.spec.joint_range_rad.T
        return super().limit(dataclasses.replace(targets, q=np.clip(targets.q, lower, upper)))


class NoTorqueLimits(OnlyPositionLimits):
    def limit(self, targets: JointTargets) -> JointTargets:
        return super().limit(dataclasses.replace(targets, kd=np.maximum(targets.kd, 0)))


class ReturnsTheWish(FakeDriver):
    def send(self, targets: JointTargets) -> JointTargets:
        super().send(targets)
        return targets


class AlwaysWeaker(FakeDriver):
    def limit(self, targets: JointTargets) -> JointTargets:
        return dataclasses.replace(super().limit(targets), kd=targets.kd / 2)


class LiesAboutActive(FakeDriver):
    def send(self, targets: JointTargets) -> JointTargets:
        sent = super().send(targets)
        self.sent = dataclasses.replace(sent, q=sent.q + 0.1)
        return sent


class PassesNan(FakeDriver):
    def limit(self, targets: JointTargets) -> JointTargets:
        return super().limit(targets) if np.isfinite(targets.q).all() else targets


class KeepsNan(FakeDriver):
    def send(self, targets: JointTargets) -> JointTargets:
        self.sent = targets
        return super().send(targets)


class WrongSizePasses(FakeDriver):
    def limit(self, targets: JointTargets) -> JointTargets:
        return super().limit(targets) if len(targets.q) == 12 else targets


class StopsNothing(FakeDriver):
    def stop(self) -> None:
        pass


class StopWithoutLatch(FakeDriver):
    def stop(self) -> None:
        self.sent = None


class StopForEver(FakeDriver):
    def __enter__(self):
        stopped = self.stopped
        super().__enter__()
        self.stopped = stopped
        return self


class StopNeedsConnection(FakeDriver):
    def stop(self) -> None:
        if not self.connected:
            raise GiveUp("not connected")
        super().stop()


class ResumesOnRefusedSend(FakeDriver):
    def send(self, targets: JointTargets) -> JointTargets:
        if self.stopped:
            self.stopped, self.sent = False, targets
            raise GiveUp("stopped")
        return super().send(targets)


class SecondEntry(FakeDriver):
    """Counts how often it was entered."""

    entries = 0

    def __enter__(self):
        self.entries += 1
        return super().__enter__()


class LimpAfterStop(SecondEntry):
    def limit(self, targets: JointTargets) -> JointTargets:
        return self.limp if self.entries > 1 else super().limit(targets)


class StiffAtSecondEntry(SecondEntry):
    def __enter__(self):
        super().__enter__()
        if self.entries > 1:
            self.send(JointTargets.hold(self.spec.default_pose, 30.0, 1.0))
        return self


class SendsAfterLeaving(SecondEntry):
    def send(self, targets: JointTargets) -> JointTargets:
        return targets if self.entries and not self.connected else super().send(targets)


class CrashLeavesStiff(FakeDriver):
    def __exit__(self, kind, *_):
        self.connected, self.sent = False, self.sent if kind else None


class NoWatchdog(FakeDriver):
    @property
    def active(self) -> JointTargets:
        return self.limp if self.sent is None or self.stopped else self.sent


class NervousWatchdog(FakeDriver):
    @property
    def active(self) -> JointTargets:
        return self.limp if self.clock.now_s() > self.sent_s else super().active


class WatchdogForEver(FakeDriver):
    tripped = False

    @property
    def active(self) -> JointTargets:
        self.tripped |= self.sent is not None and self.clock.now_s() - self.sent_s > self.command_timeout_s
        return self.limp if self.tripped else super().active


class ClaimsNoJointControl(FakeDriver):
    capabilities = dataclasses.replace(FakeDriver.capabilities, joint_control=False)


BROKEN = {
    WrongRobot: "driver.spec is 'x30'",
    NoRate: "rate_hz must be > 0",
    TooFast: "period_s 0.001 is shorter",
    HastyWatchdog: "command_timeout_s 0.02 is no longer",
    ReadsUnconnected: "read before entering must raise GiveUp",
    SendsUnconnected: "send before entering must raise GiveUp",
    StaysConnected: "read after leaving must raise GiveUp",
    EntersStiff: "after entering, before the first send the robot is not in damping",
    LeavesStiff: "after leaving the robot is not in damping",
    SwallowsErrors: "an error inside the with block must raise ZeroDivisionError",
    Mute: "read raised Retry",
    ElevenJoints: r"state.q has shape \(11,\)",
    ThreeFeet: r"state.contact has shape \(3,\)",
    NanGyro: "state.gyro is not finite",
    LongQuaternion: "state.quat has norm 1.41",
    FrozenTime: "time stands still",
    TimeBack: "time runs back",
    NoLimits: "passed q above the joint limits",
    OnlyPositionLimits: "negative gains",
    NoTorqueLimits: "times the torque limit of",
    ReturnsTheWish: "passed q above the joint limits",
    AlwaysWeaker: "came back from send changed",
    LiesAboutActive: "driver.active is not what send returned",
    PassesNan: "NaN in targets.q must raise BadInput",
    KeepsNan: "after NaN in targets.q was refused the robot is not in damping",
    WrongSizePasses: "targets of a wrong size must raise BadInput",
    StopsNothing: "after stop the robot is not in damping",
    StopWithoutLatch: "send after stop must raise GiveUp",
    StopForEver: "Stop means damping.* GiveUp: not connected, or stopped",
    StopNeedsConnection: "Stop never raises.* GiveUp: not connected",
    ResumesOnRefusedSend: "after a send that came after stop the robot is not in damping",
    LimpAfterStop: "entering anew the robot takes no stiffness",
    StiffAtSecondEntry: "after entering anew the robot is not in damping",
    SendsAfterLeaving: "send after leaving must raise GiveUp",
    CrashLeavesStiff: "after an error inside the with block the robot is not in damping",
    NoWatchdog: r"after 0.2 s \(command_timeout_s\) without a send",
    NervousWatchdog: "dropped at a quarter of command_timeout_s",
    WatchdogForEver: "after the watchdog a fresh send",
    ClaimsNoJointControl: "send without joint control must raise GiveUp",
}
