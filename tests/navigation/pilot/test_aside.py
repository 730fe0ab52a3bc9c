"""A pilot aside gives the same orders wherever it runs, one period later; nobody waits for one that must not be."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rudel.core.errors import GiveUp
from rudel.core.readings import GasReading, Odometry, Scan
from rudel.core.types import Event, RobotState, Twist
from rudel.navigation.pilot import Endurance, Goal, Order, Outcome, Patience, Pilot, PilotAside
from rudel.navigation.pilot.carrier import DEAF, Unwaited
from rudel.navigation.plan import Planner
from rudel.navigation.types import Estimate
from tests.navigation.follow.yards import FOOTPRINT, costs_of, estimate, go
from tests.navigation.pilot.stand_ins import DT_S, Ground

WALL = np.zeros((80, 80), np.bool_)
WALL[:, 55:57] = True


def scan(n: int) -> Scan:
    zero = np.zeros(n, np.float32)
    return Scan(0.0, "lidar", np.zeros((n, 3), np.float32), zero, zero.astype(np.uint16), zero)


def send(pilot: PilotAside, number: int) -> None:
    """A signal to its process."""
    assert pilot.pid is not None
    os.kill(pilot.pid, number)


def resident_mb() -> float:
    """Memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Unsendable(GasReading):
    """Must stay where it is."""

    def __reduce__(self) -> str:
        raise TypeError("this was to be left out")


class Told:
    """A localiser that is told with every state where the robot is; the torques of the first legs say it."""

    def __init__(self) -> None:
        self.pose, self.time_s, self.heard, self.slow_s = np.zeros(3), 0.0, list[str](), 0.0

    def state(self, state: RobotState) -> None:
        self.pose, self.time_s = state.tau[:3], state.time_s
        if state.tau[3] > 0:
            time.sleep(state.tau[3])
        if state.tau[4] > 0:
            raise ValueError("out of paper")

    def odometry(self, reading: Odometry) -> None:
        self.heard.append("odometry")

    def scan(self, reading: Scan) -> None:
        self.heard.append("scan")

    def take_cloud(self) -> None: ...
    def relocalise(self) -> None: ...

    def estimate(self) -> Estimate:
        return dataclasses.replace(estimate(self.pose, self.time_s), faults=tuple(self.heard[-1:]))


def pilot_for(obstacle: np.ndarray | None) -> Callable[[Callable[[Event], None]], Pilot]:
    ground = Ground(costs_of(np.zeros((80, 80), np.bool_) if obstacle is None else obstacle))
    patience = Patience(4.0, 4.0, 4.0, 1.0, 0.5)
    return lambda tell: Pilot(Told(), ground, Planner(), FOOTPRINT, listen=tell, patience=patience)


class Loop:
    """A robot that does what it is told, and a pilot aside."""

    def __init__(self, process: bool, wait: bool = True, obstacle: np.ndarray | None = None) -> None:
        self.heard: list[Event] = []
        self.pilot = PilotAside(pilot_for(obstacle), DT_S, process=process, wait=wait, listen=self.heard.append)
        self.pose, self.time_s, self.rng = np.array([4.0, 4.0, 0.0]), 0.0, np.random.default_rng(0)
        self.orders: list[Order] = []
        self.outcomes: list[Outcome | None] = []

    def step(self, *readings: Scan | Odometry | GasReading, slow_s: float = 0.0, broken: bool = False) -> Order:
        self.time_s += DT_S
        noise = self.rng.normal(0.0, 0.01, 12)
        told = np.array([*self.pose, slow_s, float(broken), *np.zeros(7)])
        up = np.array([0.0, 0.0, 9.81]) + noise[:3]
        state = RobotState(self.time_s, noise, noise, told, np.array([1.0, 0, 0, 0]), noise[:3], up, np.ones(4))
        order = self.pilot.step(state, readings)
        self.pose = go(self.pose, order.twist, DT_S)
        self.orders.append(order)
        self.outcomes.append(self.pilot.outcome)
        return order

    def walks_within(self, seconds: float) -> bool:
        """Step in real time until it walks."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            time.sleep(DT_S)
            if self.step().twist.vx > 0:
                return True
        return False

    def lateness(self) -> list[bool]:
        """What was said of being late."""
        return [event.data["value"] for event in self.heard if event.kind == "late"]

    def run(self, seconds: float) -> Order:
        for _ in range(round(seconds / DT_S)):
            self.step()
            if self.pilot.outcome is not None:
                break
        return self.orders[-1]


def errand(process: bool) -> tuple[list[Order], list[Outcome | None], list[Event], bytes]:
    """There, half of another way, a round that cannot all be gone, and steering by hand."""
    loop = Loop(process, obstacle=WALL)
    with loop.pilot as pilot:
        pilot.goto(Goal((4.8, 4.6), 1.0))
        loop.run(30)
        pilot.goto(Goal((2.0, 2.0)))
        loop.run(1.0)
        pilot.stop()
        loop.run(0.2)
        pilot.repeat([Goal((4.0, 4.0)), Goal((7.0, 4.0), pass_m=0.4), Goal((3.0, 4.0))], 2)
        loop.run(60)
        twists = iter([Twist(0.3), Twist(wz=0.4)] * 10)
        pilot.by_hand(lambda: next(twists, Twist()), lambda: next(twists, None) is None)
        loop.run(1.0)
        pilot.explore(Endurance(30.0))
        loop.run(40)
        return loop.orders, loop.outcomes, pilot.events, pilot.whole_map().cost.tobytes()


def test_it_gives_the_same_wherever_it_runs() -> None:
    here, there = errand(False), errand(True)
    assert here == there
    reasons = [outcome.reason for outcome in dict.fromkeys(here[1]) if outcome is not None]
    assert reasons == ["arrived", "stopped", "repeated", "taught", "explored"]
    assert {event.kind for event in here[2]} >= {"route", "skipped", "outcome", "call", "homeward"}
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("process", [False, True])
def test_an_answer_is_about_the_period_before(process: bool) -> None:
    loop = Loop(process)
    with loop.pilot as pilot:
        loop.step()
        assert pilot.estimate is None
        for k in range(2, 9):
            loop.step()
            assert pilot.age_s == pytest.approx(DT_S)
            assert pilot.estimate is not None
            assert pilot.estimate.time_s == pytest.approx(DT_S * (k - 1 - (k % 2)))  # it decides every second period


@pytest.mark.parametrize("process", [False, True])
def test_only_what_navigation_uses_goes_over(process: bool) -> None:
    loop = Loop(process)
    with loop.pilot as pilot:
        for _ in range(3):
            loop.step(GasReading(0.0, "gas", "CO", 1.0))
        assert pilot.estimate is not None
        assert pilot.estimate.faults == ()
        for _ in range(3):
            loop.step(Unsendable(0.0, "gas", "CO", 1.0), scan(9))
        assert pilot.estimate.faults == ("scan",)


@pytest.mark.parametrize("process", [False, True])
def test_a_task_that_is_given_up_ends_at_once(process: bool) -> None:
    loop = Loop(process)
    with loop.pilot as pilot:
        pilot.goto(Goal((7.0, 4.0)))
        loop.run(1.0)
        assert loop.orders[-1].twist.vx > 0
        pilot.stop()
        assert pilot.outcome == Outcome(False, "stopped", "told to stop")
        assert loop.step().twist == Twist()
        for _ in range(10):
            assert loop.step().twist == Twist()
        assert loop.orders[-1].posture == "sit"


@pytest.mark.parametrize("process", [False, True])
def test_the_outcome_of_an_earlier_task_is_not_that_of_the_next(process: bool) -> None:
    loop = Loop(process)
    with loop.pilot as pilot:
        pilot.goto(Goal((4.0, 4.0)))
        loop.run(5.0)
        assert pilot.outcome is not None
        first = pilot.task
        pilot.goto(Goal((7.0, 4.0)))
        assert (pilot.outcome, pilot.task) == (None, first + 1)
        for _ in range(20):
            loop.step()
            assert pilot.outcome is None


@pytest.mark.parametrize("process", [False, True])
def test_what_it_throws_is_heard_of_with_its_traceback(process: bool) -> None:
    loop = Loop(process)

    def go_on() -> None:
        loop.step(broken=True)
        loop.step()

    with loop.pilot, pytest.raises(GiveUp, match=r"the pilot .*failed(?s:.*)out of paper"):
        go_on()


def test_nobody_waits_for_a_slow_one_and_its_old_order_is_none() -> None:
    loop = Loop(True, wait=False)
    with loop.pilot as pilot:
        pilot.goto(Goal((7.0, 4.0)))
        assert loop.walks_within(20.0)
        earlier = len(loop.lateness())  # a machine that is busy with other things may have been slow before
        began = time.perf_counter()
        loop.step(slow_s=4.0)
        for _ in range(30):
            loop.step()
        assert time.perf_counter() - began < 3.0
        assert pilot.age_s > 0.25
        assert loop.orders[-1] == Order()
        assert sum(order.twist.vx > 0 for order in loop.orders[-30:]) <= round(0.25 / DT_S)
        assert loop.lateness()[earlier:] == [True]
        assert loop.walks_within(20.0)
        assert loop.lateness()[earlier:][:2] == [True, False]
    assert not multiprocessing.active_children()


def test_one_that_hangs_for_good_is_left_behind_and_holds_nobody_up() -> None:
    """Also when it is sent more than any pipe holds, and it does not fill the memory either."""
    large = scan(100_000)
    loop = Loop(True, wait=False)
    with loop.pilot as pilot:
        loop.step()
        send(pilot, signal.SIGSTOP)
        slowest, before_mb = 0.0, resident_mb()
        for _ in range(400):
            began = time.perf_counter()
            loop.step(large)
            slowest = max(slowest, time.perf_counter() - began)
        assert slowest < 0.5
        assert resident_mb() - before_mb < 300.0  # 400 such scans are 880
        assert loop.orders[-1] == Order()
        for _ in range(2 * DEAF):
            loop.step()
        carrier = pilot._carrier  # what was sent and not answered is nobody else's business
        assert isinstance(carrier, Unwaited)
        assert carrier.behind <= DEAF
        send(pilot, signal.SIGKILL)


def test_one_that_is_killed_is_an_outcome_where_it_is_not_waited_for() -> None:
    loop = Loop(True, wait=False)
    with loop.pilot as pilot:
        pilot.goto(Goal((7.0, 4.0)))
        loop.step()
        send(pilot, signal.SIGKILL)
        end_s = time.monotonic() + 10.0
        while pilot.outcome is None and time.monotonic() < end_s:
            time.sleep(0.01)
            loop.step()
        assert pilot.outcome is not None
        assert (pilot.outcome.success, pilot.outcome.reason) == (False, "pilot")
        assert "gone" in pilot.outcome.message
        assert loop.orders[-1] == Order()
        with pytest.raises(GiveUp, match="gone"):
            pilot.whole_map()
    assert [event.kind for event in loop.heard].count("gone") == 1


def test_one_that_throws_says_so_where_it_is_not_waited_for() -> None:
    loop = Loop(True, wait=False)
    with loop.pilot as pilot:
        loop.step(broken=True)
        end_s = time.monotonic() + 10.0
        while pilot.outcome is None and time.monotonic() < end_s:
            time.sleep(0.01)
            loop.step()
        assert pilot.outcome is not None
        assert "out of paper" in pilot.outcome.message


def test_one_that_is_killed_ends_a_ride_that_waits_for_it() -> None:
    loop = Loop(True)
    with loop.pilot as pilot:
        loop.step()
        send(pilot, signal.SIGKILL)

        def go_on() -> None:
            loop.step()
            loop.step()

        with pytest.raises(GiveUp, match=r"the pilot .*gone"):
            go_on()
