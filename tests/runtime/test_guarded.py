"""Orders through safety to the legs, in real time: whatever hangs, the stop is there within 100 ms."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import pytest

from rudel.core.readings import GasReading, Image, Intrinsics, Scan, ThermalImage
from rudel.core.types import Twist
from rudel.navigation.pilot import Order
from rudel.robots.driver import Driver
from rudel.runtime.aside import Aside
from rudel.runtime.desk import Desk
from rudel.runtime.guarded import Guarded
from rudel.runtime.lease import Lease, NotHolder
from rudel.runtime.loop import Loop
from rudel.runtime.modes import Goal, Mode, Settings
from rudel.runtime.safety import Safety
from rudel.runtime.senses import SenseWatch
from rudel.runtime.sentinel import Sentinel
from rudel.runtime.stop import StopSwitch
from tests.runtime.plant import PERIOD_S, PLAN, Plant, Scripted
from tests.runtime.wire import WallRobot

QUICK = Settings(still_s=0.04, blend_s=0.02, damp_s=0.02)
AHEAD = Order("walk", Twist(0.5))
BUSY_S = 0.15  # allowance in place of 0.1: tests run beside other work; benchmarks/runtime.py measures


class Rig:
    """A guarded machine around a plant of thought, stepped by hand."""

    def __init__(self, folder=None) -> None:
        self.plant, self.walk = Plant(QUICK), Scripted(PLAN.stand)
        self.lease = Lease(3.0)
        self.desk = Desk(self.lease)
        self.safety = Safety(WallRobot().spec, lease=self.lease, stop=StopSwitch(folder))
        self.machine = self.plant.machine = Guarded(
            PLAN, self.walk, period_s=PERIOD_S, safety=self.safety, desk=self.desk, settings=QUICK
        )
        self.grant = self.lease.acquire("pilot", 0.0)

    def go(self, seconds: float, order: Order | None = AHEAD) -> None:
        for _ in range(round(seconds / PERIOD_S)):
            if order is not None:
                self.desk.give(order, self.grant, self.plant.now_s + PERIOD_S)
            self.plant.turn(None)

    def up(self) -> Rig:
        for _ in range(300):
            self.go(PERIOD_S)
            if self.machine.mode is Mode.WALK:
                return self
        raise AssertionError(self.machine.events)


def test_without_an_order_nothing_moves_and_with_one_it_walks() -> None:
    rig = Rig()
    rig.go(15.0, None)
    assert (rig.machine.mode, rig.machine.goal, rig.safety.stopped) == (Mode.DAMPING, Goal.STOP, "")
    rig.grant = rig.lease.acquire("pilot", rig.plant.now_s)  # it was silent for longer than a lease lasts
    rig.up().go(0.1)
    assert rig.walk.seen[-1] == AHEAD.twist


def test_a_stop_is_a_zero_command_and_a_sit_in_the_same_period() -> None:
    rig = Rig().up()
    rig.go(0.2)
    rig.safety.stop.press("anna")
    rig.go(PERIOD_S)
    assert rig.walk.seen[-1] == Twist()
    assert rig.machine.goal is Goal.STOP
    rig.go(8.0)
    assert rig.machine.at_rest
    rig.safety.stop.release("anna")
    rig.go(1.0)
    assert rig.machine.at_rest
    rig.safety.resume("anna", rig.plant.now_s)
    rig.up()


def test_a_dead_sender_is_a_zero_command_within_200_ms_and_orders_of_others_are_none() -> None:
    rig = Rig().up()
    heard_s = rig.plant.now_s
    while rig.walk.seen[-1] != Twist():
        rig.go(PERIOD_S, None)
    assert 0.1 < rig.plant.now_s - heard_s <= 0.2
    rig.lease.take("anna", rig.plant.now_s, "test")
    with pytest.raises(NotHolder):
        rig.desk.give(AHEAD, rig.grant, rig.plant.now_s)
    with pytest.raises(NotHolder):
        rig.desk.beat(rig.grant, rig.plant.now_s)


def test_a_heartbeat_keeps_an_order_alive() -> None:
    rig = Rig().up()
    for _ in range(100):
        rig.desk.beat(rig.grant, rig.plant.now_s)
        rig.plant.turn(None)
    assert rig.walk.seen[-1] == AHEAD.twist


class Live:
    """The same on the machine's clock, its loop in a thread."""

    def __init__(self, folder=None) -> None:
        self.robot, self.walk = WallRobot(), Scripted(PLAN.stand)
        self.lease = Lease(3.0)
        self.desk = Desk(self.lease)
        self.safety = Safety(self.robot.spec, lease=self.lease, stop=StopSwitch(folder))
        self.machine = Guarded(PLAN, self.walk, period_s=PERIOD_S, safety=self.safety, desk=self.desk, settings=QUICK)
        self.loop = Loop(cast(Driver, self.robot), self.machine)
        self.sentinel = Sentinel(self.safety.stop, self.robot.stop)
        self.grant = self.lease.acquire("pilot", self.robot.clock.now_s())
        self.zero_s, self.over = list[float](), False

    def run(self) -> None:
        while not self.over:
            self.sentinel.turned()
            self.loop.period()
            if self.walk.seen and self.walk.seen[-1] == Twist():
                self.zero_s.append(self.robot.clock.now_s())

    def give(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.desk.give(AHEAD, self.grant, time.monotonic())
            time.sleep(0.02)


@contextmanager
def live(folder=None) -> Iterator[Live]:
    rig = Live(folder)
    rig.machine.mode, rig.machine.goal, rig.robot.q = Mode.WALK, Goal.WALK, PLAN.stand.copy()
    thread = threading.Thread(target=rig.run, daemon=True)
    with rig.sentinel:
        rig.desk.give(AHEAD, rig.grant, time.monotonic())
        thread.start()
        rig.give(0.3)
        assert rig.walk.seen[-1] == AHEAD.twist
        rig.zero_s.clear()
        yield rig
        rig.over = True
        rig.robot.free.set()
        thread.join(2.0)


def until(done: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 5.0
    while not done():
        assert time.monotonic() < end_s, "it did not happen within 5 s"
        time.sleep(0.002)


def test_the_pilot_hangs_and_the_stop_of_another_thread_is_there() -> None:
    hangs = threading.Event()
    with Aside(lambda order: hangs.wait(), "pilot") as pilot, live() as rig:
        pilot.offer(AHEAD)
        pressed_s = time.monotonic()
        rig.desk.give(AHEAD, rig.grant, pressed_s)
        threading.Thread(target=rig.safety.stop.press, args=("anna",)).start()
        until(lambda: bool(rig.zero_s))
        assert rig.zero_s[0] - pressed_s < BUSY_S
        assert pilot.take() is None
        hangs.set()


def test_the_loop_itself_hangs_and_the_robot_is_damped() -> None:
    with live() as rig:
        rig.robot.hung.set()
        time.sleep(0.1)
        assert not rig.robot.damped_s  # nobody pressed: the robot's own watchdog is there for that
        pressed_s = time.monotonic()
        rig.safety.stop.press("anna")
        until(lambda: bool(rig.robot.damped_s))
        assert rig.robot.damped_s[0] - pressed_s < BUSY_S
        assert rig.sentinel.acted


def test_a_sentinel_lets_a_loop_that_turns_alone() -> None:
    with live() as rig:
        rig.safety.stop.press("anna")
        time.sleep(0.3)
        assert not rig.sentinel.acted


def test_slow_work_is_never_waited_for_and_gets_the_newest() -> None:
    gate, done = threading.Event(), list[int]()

    def work(item: int) -> int:
        gate.wait(5.0)
        if item == 3:
            raise ZeroDivisionError("a bug")
        done.append(item)
        return 10 * item

    began_s = time.monotonic()
    aside: Aside[int, int] = Aside(work, "work")
    aside.offer(0)
    until(lambda: not aside._in)
    for item in (1, 2):
        aside.offer(item)
    assert aside.take() is None
    assert time.monotonic() - began_s < 1.0
    gate.set()
    until(lambda: done == [0, 2])
    until(lambda: aside.take() == 20)
    aside.offer(3)
    until(lambda: aside.fault is not None)
    aside.offer(4)
    until(lambda: aside.take() == 40)
    assert aside.fault is None
    gate.clear()
    aside.offer(5)
    until(lambda: not aside._in)
    assert not aside.close(0.05)  # it hangs, and is left behind
    gate.set()


PINHOLE = Intrinsics.of_view(64, 48, 1.0)


def test_readings_that_say_nothing_are_not_words() -> None:
    from rudel.core.readings import CameraPose

    pose = CameraPose(np.zeros(3), np.array([1.0, 0, 0, 0]))
    rng = np.random.default_rng(0)
    picture: Any = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    watch = SenseWatch()
    image = Image(0.0, "camera", picture, PINHOLE, pose)
    assert watch.usable("camera", image)
    assert watch.usable("camera", image)  # it stands: the same picture
    assert not watch.usable("camera", image, 0.5)
    assert not watch.usable("camera", Image(0.0, "camera", np.full((48, 64, 3), 9, np.uint8), PINHOLE, pose))
    warm = rng.normal(20, 1, (48, 64)).astype(np.float32)
    assert watch.usable("thermal", ThermalImage(0.0, "thermal", warm, PINHOLE, pose))
    assert not watch.usable("thermal", ThermalImage(0.0, "thermal", warm * np.nan, PINHOLE, pose))
    assert watch.usable("gas", GasReading(0.0, "gas", "CH4", 0.0), 0.5)
    assert not watch.usable("gas", GasReading(0.0, "gas", "CH4", float("nan")))
    for n, good in ((200, True), (20, False)):
        scan = Scan(0.0, "lidar", rng.normal(size=(n, 3)), np.zeros(n), np.zeros(n), np.zeros(n))
        assert watch.usable("lidar", scan) is good
