"""A simulated Lite3 with the shipped walk behind safety: stop, a weak leg, and what a metre costs."""

from __future__ import annotations

from functools import cache

import numpy as np

from rudel import robots
from rudel.cli import _policies
from rudel.core.types import JointTargets, Twist
from rudel.locomotion import policy
from rudel.navigation.pilot import Order
from rudel.robots.posture_plan import plan_posture
from rudel.runtime.battery import Cells, Gauge, assumed_pack
from rudel.runtime.desk import Desk
from rudel.runtime.guarded import Guarded
from rudel.runtime.lease import Lease
from rudel.runtime.loop import Loop
from rudel.runtime.modes import Mode
from rudel.runtime.safety import Safety
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.sensors import SensorNoise

AHEAD = Order("walk", Twist(0.6))


@cache
def walker() -> policy.Policy:
    return policy.load(_policies.resolve("lite3/walk"))


class Scene:
    """A robot on level ground with sensors that have noise, led by one who holds the lease."""

    def __init__(self) -> None:
        spec, rng = robots.load("lite3"), np.random.default_rng(0)
        self.live = LiveSim(spec, realtime_factor=None)
        self.driver = SimDriver(self.live, SensorNoise(), rng, period_s=walker().contract.period_s)
        self.lease = Lease()
        self.desk, self.cells = Desk(self.lease), Cells(assumed_pack(spec))
        period_s = self.driver.period_s
        self.safety = Safety(spec, lease=self.lease, gauge=Gauge(self.cells.pack), period_s=period_s)
        self.machine = Guarded(
            plan_posture(spec), walker(), safety=self.safety, desk=self.desk, period_s=self.driver.period_s
        )
        self.driver.__enter__()
        self.loop = Loop(self.driver, self.machine)
        self.grant = self.lease.acquire("test", self.now_s)

    @property
    def now_s(self) -> float:
        return self.live.now_s()

    def go(self, seconds: float, order: Order | None = AHEAD) -> Scene:
        for _ in range(round(seconds / self.driver.period_s)):
            if order is not None:
                self.desk.give(order, self.grant, self.now_s)
            self.loop.period()
            assert self.loop.state is not None
            self.safety.charge(self.cells.update(self.loop.state))
        return self

    @property
    def vx(self) -> float:
        return float(self.live.true_state().twist[0])


def weaken(live: LiveSim, leg: slice, share: float) -> None:
    """From now on the joints of a leg give a share of what they are asked for."""
    follow, scale = live.source, np.ones(12)
    scale[leg] = share
    kept: list[tuple[JointTargets, JointTargets]] = []

    def weak() -> JointTargets:
        targets = follow()
        if not kept or kept[0][0] is not targets:
            less = JointTargets(targets.q, targets.dq, targets.tau * scale, targets.kp * scale, targets.kd * scale)
            kept[:] = [(targets, less)]
        return kept[0][1]

    live.source = weak


def test_it_walks_as_told_stops_at_once_and_rises_only_when_told() -> None:
    scene = Scene().go(6.0)
    assert scene.vx > 0.4
    assert scene.safety.verdict.conditions == ()  # legs in order are not called weak, nor is anything else amiss
    assert 0.9 < scene.safety.legs.shares.min() <= scene.safety.legs.shares.max() < 1.1
    drawn_wh, x0 = scene.cells.drawn_wh, scene.live.data.qpos[0]
    scene.go(4.0)
    cost = (scene.cells.drawn_wh - drawn_wh) / (scene.live.data.qpos[0] - x0)
    assert 0.3 < cost / scene.cells.pack.wh_per_m < 1.3  # what is assumed before anything was measured is near

    scene.safety.stop.press("anna")
    at_s = scene.now_s
    scene.go(scene.driver.period_s)
    assert scene.machine._command() == Twist()
    assert scene.now_s - at_s <= 0.1
    while scene.machine.mode is not Mode.SIT:
        scene.go(scene.driver.period_s)
        assert scene.now_s - at_s < 2.0
    scene.go(5.0)
    assert scene.machine.at_rest
    assert scene.live.true_state().pose.position[2] < 0.2
    scene.safety.stop.release("anna")
    scene.go(1.0)
    assert scene.machine.at_rest
    scene.safety.resume("anna", scene.now_s)
    scene.go(4.0)
    assert scene.machine.mode is Mode.WALK


def test_a_weak_leg_is_noticed_while_walking_and_slows_it() -> None:
    scene = Scene().go(5.0)
    weaken(scene.live, slice(6, 9), 0.55)
    scene.go(4.0)
    assert scene.safety.verdict.holds("leg_weak")
    assert "HL" in scene.safety.verdict.why
    assert scene.safety.verdict.advice == "return"


def test_a_dead_sender_leaves_a_standing_robot() -> None:
    scene = Scene().go(5.0)
    heard_s = scene.now_s
    while scene.machine._command() != Twist():
        scene.go(scene.driver.period_s, None)
    assert scene.now_s - heard_s <= 0.22
    scene.go(2.0, None)
    assert abs(scene.vx) < 0.1
    scene.go(14.0, None)
    assert scene.machine.at_rest
    assert "sender silent" in scene.safety.stopped
