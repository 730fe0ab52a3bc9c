"""What is left of an order: nothing beyond limits, nothing of a dead or wrong sender, nothing at all after a stop."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput, Retry
from rudel.core.types import JointTargets, Pose, RobotState, Twist
from rudel.navigation.pilot import Order
from rudel.navigation.types import Estimate
from rudel.runtime.battery import Charge, Gauge, assumed_pack
from rudel.runtime.fence import Fence
from rudel.runtime.lease import Lease
from rudel.runtime.limits import Limits
from rudel.runtime.safety import Safety
from rudel.runtime.watchdog import LINK, Part, usual_parts
from rudel.runtime.zones import Zones

SPEC = robots.load("lite3")
PERIOD_S, STILL = 0.02, Twist()
AHEAD = Order("walk", Twist(0.5, 0.1, 0.3))
LIMITS = Limits()
ANY = st.floats(allow_nan=True, allow_infinity=True)
ORDERS = st.builds(Order, st.sampled_from(("walk", "sit", "get_up")), st.builds(Twist, ANY, ANY, ANY))


def state(tilt_rad: float = 0.0, tau: float = 0.0, broken: bool = False) -> RobotState:
    quat = np.array([math.cos(tilt_rad / 2), math.sin(tilt_rad / 2), 0, 0])
    q = np.full(12, np.nan) if broken else SPEC.default_pose
    zero = np.zeros(12)
    return RobotState(0.0, q, zero, np.full(12, tau), quat, np.zeros(3), np.array([0, 0, 9.81]), np.ones(4))


def at(x: float, y: float, status: str = "tracking", std_m: float = 0.0, **more) -> Estimate:
    pose = Pose(np.array([x, y, 0.35]), np.array([1.0, 0, 0, 0]), "map")
    return Estimate(0.0, pose, np.zeros(6), np.eye(6) * std_m**2, status, **more)


class Run:
    """A safety in its loop; ``go`` lets time pass under one order and returns the last answer."""

    def __init__(self, **parts) -> None:
        self.safety, self.now_s, self.state = Safety(SPEC, **parts), 0.0, state()

    def go(self, seconds: float, order: Order = AHEAD, **given) -> Order:
        left = Order()
        for _ in range(max(1, round(seconds / PERIOD_S))):
            self.now_s += PERIOD_S
            left = self.safety.filter(order, self.state, self.now_s, **given)
        return left

    @property
    def held(self) -> set[str]:
        return {c.condition for c in self.safety.verdict.conditions}


@settings(max_examples=200)
@given(ORDERS, st.sampled_from((0.0, 0.4, 0.8, 3.0)), st.booleans(), ANY)
@example(Order("walk", Twist(math.nan, 0.1, 0.0)), 0.0, False, 20.0)
@example(Order("walk", Twist(0.1, -math.inf, math.inf)), 0.0, False, math.nan)
def test_whatever_comes_what_leaves_is_finite_and_within_the_limits(order, tilt_rad, broken, hot) -> None:
    run = Run()
    run.safety.temperatures([hot, 20.0])
    run.state = state(tilt_rad, broken=broken)
    left = run.go(0.04, order)
    assert left.posture in (order.posture, "sit")
    if left.posture != "walk":
        return
    twist = left.twist
    assert abs(twist.vx) <= LIMITS.vx_mps + 1e-9
    assert abs(twist.vy) <= LIMITS.vy_mps + 1e-9
    assert abs(twist.wz) <= LIMITS.wz_radps + 1e-9
    share = 0.4 if tilt_rad == 0.4 else 1.0
    assert abs(twist.vx) <= share * LIMITS.vx_mps + 1e-9


def test_the_path_keeps_its_curve() -> None:
    twist = Run().go(0.02, Order("walk", Twist(1.4, 0.1, 0.8))).twist
    assert (twist.vx, twist.vy, twist.wz) == pytest.approx((0.7, 0.05, 0.4))
    assert Run().go(0.02) == AHEAD


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(("press", "release", "resume", "orders", "tilt", "broken")), max_size=12),
    st.sampled_from(("walk", "get_up", "sit")),
)
def test_stop_always_wins_and_only_release_and_resume_undo_it(history: list[str], posture) -> None:
    run = Run()
    stopped = False
    for what in history:
        pressed = bool(run.safety.stop.pressed)
        if what == "press":
            run.safety.stop.press("anna")
            stopped = True
        elif what == "release" and pressed:
            run.safety.stop.release("anna")
        elif what == "resume" and pressed:
            with pytest.raises(Retry, match="anna"):
                run.safety.resume("bo", run.now_s)
        elif what == "resume":
            run.safety.resume("bo", run.now_s)
            stopped = False
        elif what in ("tilt", "broken"):
            run.state = state(2.0 if what == "tilt" else 0.0, broken=what == "broken")
            stopped = stopped or what == "broken"
        left = run.go(0.04, Order(posture, Twist(0.5)))
        stopped = stopped or run.safety.verdict.holds("state_unusable")
        assert (left == Order("sit")) if stopped else left.posture == posture
        assert bool(run.safety.stopped) == stopped


def test_a_stop_is_told_with_its_name_and_so_is_going_on() -> None:
    run = Run()
    run.safety.stop.press("anna")
    run.go(0.02)
    run.safety.stop.press("bo")
    run.go(0.1)
    run.safety.stop.release("anna")
    run.safety.stop.release("bo")
    assert run.go(10.0) == Order("sit")  # a release alone starts nothing
    run.safety.resume("carl", run.now_s)
    assert run.go(0.02) == AHEAD
    told = [(e.kind, e.data.get("by")) for e in run.safety.events]
    assert told == [("stop", ("anna",)), ("stop", ("anna", "bo")), ("resumed", "carl")]
    with pytest.raises(BadInput, match="who"):
        run.safety.resume("", 0.0)


def test_orders_that_are_no_numbers_are_told_once() -> None:
    run = Run()
    assert run.go(1.0, Order("walk", Twist(math.nan))) == Order()
    assert run.go(0.02) == AHEAD
    run.go(1.0, Order("walk", Twist(math.inf, -math.inf)))
    assert [e.kind for e in run.safety.events] == ["ignored", "ignored"]


def test_a_dead_sender_is_zero_within_200_ms_and_sits_later() -> None:
    run = Run()
    run.go(1.0)
    dead_s = run.now_s
    while run.go(0.02, heard_s=dead_s).twist != STILL:
        assert run.now_s - dead_s < 0.2
    assert run.now_s - dead_s > 0.1
    assert run.go(0.02) == AHEAD  # it was only a pause
    assert run.go(9.9, heard_s=run.now_s).posture == "walk"
    assert run.go(0.5, heard_s=0.0) == Order("sit")
    assert run.go(0.02) == Order("sit")
    run.safety.resume("anna", run.now_s)
    assert run.go(0.02) == AHEAD


def test_only_the_holder_moves_it_and_a_take_over_stops_the_other() -> None:
    lease = Lease(3.0)
    run = Run(lease=lease)
    assert run.go(0.02) == Order("sit")  # it lay, and stays where it is
    mission = lease.acquire("mission", run.now_s)
    assert run.go(30.0, grant=mission) == AHEAD  # every order is a heartbeat
    anna = lease.take("anna", run.now_s, "a person is in the way")
    assert run.go(0.02, grant=mission) == Order("walk", STILL)
    assert "anna" in run.safety.verdict.why
    assert run.go(0.02, grant=anna) == AHEAD
    assert run.go(3.5, grant=anna, heard_s=run.now_s).twist == STILL
    assert lease.holder(run.now_s) is None
    assert run.go(0.02, Order("sit"), grant=anna).posture == "walk"  # also to sit it has to hold the robot


def test_a_sitting_robot_is_not_stood_up_by_a_sender_that_dies() -> None:
    run = Run()
    run.go(0.1, Order("sit"))
    assert run.go(1.0, Order("sit"), heard_s=run.now_s) == Order("sit")


def test_slow_zones_are_slow_from_their_edge_on() -> None:
    zones = np.zeros((40, 40), np.uint8)
    zones[:, 20:] = 2
    run = Run(zones=Zones(zones, 0.1, (0.0, 0.0)))
    run.safety.locate(at(1.0, 1.0), 0.0)
    assert run.go(0.02) == AHEAD
    run.safety.locate(at(1.0, 1.0, std_m=0.6), 0.0)
    assert run.go(0.02).twist.vx < 0.31
    run.safety.locate(at(2.05, 1.0), 0.0)
    left = run.go(0.02).twist
    assert math.hypot(left.vx, left.vy) == pytest.approx(0.3)
    assert left.vy / left.vx == pytest.approx(0.2)


def test_the_fence_holds_also_when_the_robot_is_lost() -> None:
    square = ((0.0, 0.0), (6.0, 0.0), (6.0, 6.0), (0.0, 6.0))
    run = Run(fence=Fence(square, margin_m=0.5), limits=Limits(lost_s=1e6))  # lost, and let go on: only doubt counts
    assert run.go(0.02).twist == Twist(wz=AHEAD.twist.wz)  # never located
    x = 3.0
    for _ in range(200):  # blind, it may walk until it could be at the margin
        run.safety.locate(at(3.0, 3.0, "tracking" if x == 3.0 else "lost"), run.now_s)
        x += PERIOD_S * run.go(0.02, Order("walk", Twist(0.7))).twist.vx
    assert 3.5 < x < 5.5
    assert run.go(0.02, Order("walk", Twist(0.7))).twist.vx < 0.05
    run.safety.locate(at(5.5, 3.0), run.now_s)
    assert run.go(0.02).twist.vx == pytest.approx(0.0, abs=1e-9)
    assert "fence" in {e.kind for e in run.safety.events}
    run.safety.locate(at(6.2, 3.0), run.now_s)
    assert run.go(0.02).twist.vx == pytest.approx(0.0, abs=1e-9)
    assert run.go(0.02, Order("walk", Twist(-0.7))).twist.vx == pytest.approx(-0.28)
    assert run.held == {"outside_fence"}


def test_lost_it_turns_only_and_blind_it_stands_then_sits() -> None:
    run = Run()
    run.safety.locate(at(0, 0), run.now_s)
    run.safety.locate(at(0, 0, "lost"), run.now_s)
    assert run.go(0.2) == AHEAD
    assert run.go(0.2).twist == Twist(wz=0.3)
    run.safety.locate(at(0, 0, faults=("lidar frozen",)), run.now_s)
    assert run.go(0.4) == AHEAD
    assert run.go(0.2).twist == STILL
    assert run.safety.verdict.advice == "go_on"
    assert run.go(25.0) == Order("sit")
    assert run.safety.verdict.advice == "end"


def test_silent_parts_have_the_answers_that_they_declared() -> None:
    parts = (*usual_parts(("camera", "thermal", "lidar", "odometry")), LINK, Part("detectors", 0.5))
    run = Run(parts=parts)
    alive = {"camera", "thermal", "lidar", "link", "detectors"}

    def live(seconds: float, without: str = "") -> Order:
        left = Order()
        for _ in range(round(seconds / PERIOD_S)):
            for name in alive - {without}:
                run.safety.hear(name, run.now_s)
            left = run.go(PERIOD_S)
        return left

    for name, seconds, condition, expected in (
        ("camera", 2.1, "camera_lost", AHEAD),
        ("thermal", 2.1, "sense_lost", AHEAD),
        ("lidar", 0.6, "lidar_lost", Order()),
        ("link", 5.1, "link_lost", AHEAD),
        ("detectors", 1.6, "part_silent", Order()),
    ):
        assert live(1.0) == AHEAD
        assert run.held == set()
        assert live(seconds, name) == expected
        assert run.held == {condition}
        assert name in run.safety.verdict.why


def test_a_low_battery_goes_home_and_does_not_turn_round_when_home_is_nearer() -> None:
    gauge = Gauge(assumed_pack(SPEC))
    run = Run(gauge=gauge)
    run.safety.way_home(1000.0)
    run.safety.charge(Charge(0.0, 0.9))
    run.go(0.02)
    assert run.safety.verdict.advice == "go_on"
    run.safety.charge(Charge(1.0, 0.6))
    assert run.go(0.02) == AHEAD
    assert run.safety.verdict.advice == "return"
    run.safety.way_home(10.0)
    run.go(0.02)
    assert run.safety.verdict.advice == "return"
    run.safety.charge(Charge(2.0, 0.19))
    assert run.go(0.02) == Order("sit")
    run.safety.charge(Charge(3.0, 1.0))
    run.safety.resume("dock", run.now_s)
    run.go(0.02)
    assert run.safety.verdict.advice == "go_on"


def test_hot_joints_go_home_slowly_and_hotter_ones_sit() -> None:
    run = Run()
    run.safety.temperatures(np.zeros(12))
    assert run.go(0.02) == AHEAD
    run.safety.temperatures([math.nan, 71.0])
    assert run.go(0.02).twist.vx == pytest.approx(0.35)
    run.safety.temperatures([math.nan, 90.0])
    assert run.go(0.02) == Order("sit")


def test_a_weak_leg_is_noticed_and_noise_is_not_one() -> None:
    rng = np.random.default_rng(0)
    targets = JointTargets.hold(SPEC.default_pose + 0.2, 30.0, 1.0)
    run = Run()
    for weak in (False, True):
        for k in range(150):
            run.safety.sent(targets)
            tau = 30.0 * (targets.q - state().q) + rng.normal(0, 0.3, 12)
            tau[3:6] *= 0.5 if weak else 1.0
            run.state = dataclasses.replace(state(), tau=tau)
            left = run.go(0.02, Order("walk", Twist(0.7)))
            assert weak or (left.twist.vx == 0.7 and k < 150)
    assert run.safety.legs.weak == ("FR",)
    assert left.twist.vx == pytest.approx(0.35)
    assert run.safety.verdict.advice == "return"


@pytest.mark.parametrize("change", [{"vx_mps": 0.0}, {"dead_man_s": math.nan}, {"level_rad": 2.0}, {"hot_c": 95.0}])
def test_limits_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="Limits"):
        Safety(SPEC, Limits(**change))
