"""Trouble always comes to an end."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.types import Twist
from rudel.navigation.follow import Follower, Ladder, Marks, Stuck, Trail
from tests.navigation.follow.yards import FOOTPRINT, costs_of, estimate, go

DT_S = 0.04
OPEN = np.zeros((80, 80), np.bool_)


def ladder(trail: Trail | None = None) -> tuple[Ladder, Marks]:
    marks = Marks(FOOTPRINT.inscribed_m)
    return Ladder(Follower(FOOTPRINT), trail or Trail(), marks), marks


@given(st.integers(0, 2**32 - 1), st.sampled_from(["no_motion", "blocked", "yield", "no_route"]))
@settings(max_examples=15, deadline=None)
def test_every_recovery_ends_and_trouble_without_end_calls(seed, reason):
    """Motion may follow commands, or have nothing to do with them."""
    rng = np.random.default_rng(seed)
    obstacle = rng.random((80, 80)) < 0.03
    costs, trail = costs_of(obstacle), Trail()
    rungs, marks = ladder(trail)
    pose, now = np.array([4.0, 4.0, 0.0]), 0.0
    obeys, drift = rng.random() < 0.5, rng.normal(0.0, 0.3, 3)
    troubles = 0
    while troubles < 40:
        troubles += 1
        rungs.begin(estimate(pose, now), reason)
        for _ in range(round(30 / DT_S)):
            act = rungs.act(estimate(pose, now), marks.over(costs))
            if act.ended:
                break
            now += DT_S
            pose = go(pose, act.twist, DT_S) if obeys else pose + DT_S * drift
            trail.note(estimate(pose, now))
        assert act.ended
        assert act.twist == Twist()
        if act.ended == "call":
            break
    assert act.ended == "call"
    assert troubles <= 13


def test_a_clock_that_jumps_ends_a_part_at_once():
    rungs, _ = ladder()
    rungs.begin(estimate(np.array([4.0, 4.0, 0.0]), 10.0), "blocked")
    assert rungs.act(estimate(np.array([4.0, 4.0, 0.0]), 10.1), costs_of(OPEN)).part == "wait"
    assert rungs.act(estimate(np.array([4.0, 4.0, 0.0]), 9.0), costs_of(OPEN)).ended == "replan"


def test_it_backs_out_along_the_way_it_came():
    trail = Trail()
    for x in np.arange(2.0, 4.0, 0.05):
        trail.note(estimate(np.array([x, 4.0, 0.0]), 0.0))
    rungs, _ = ladder(trail)
    pose, now = np.array([4.0, 4.0, 0.0]), 0.0
    rungs.begin(estimate(pose, now), "no_motion")
    while not (act := rungs.act(estimate(pose, now), costs_of(OPEN))).ended:
        assert act.twist.vx <= 0
        pose, now = go(pose, act.twist, DT_S), now + DT_S
    assert 3.2 < pose[0] < 3.6
    assert abs(pose[1] - 4.0) < 0.05


def test_marks_block_and_are_forgotten():
    marks, costs = Marks(FOOTPRINT.inscribed_m, keep_s=5.0), costs_of(OPEN)
    assert marks.over(costs) is costs
    marks.add((4.0, 4.0), 0.3, 0.0)
    over = marks.over(costs)
    assert over.obstacle[40, 40]
    assert over.cost[40, 44] == 1.0  # 45 cm away: within the mark and half the robot's width
    assert over.cost[40, 50] == 0.0
    marks.forget_old(6.0)
    assert marks.over(costs) is costs


def test_a_robot_that_does_not_move_is_stuck_and_one_that_does_is_not():
    for obeys in (True, False):
        stuck, pose, reason = Stuck(), np.array([0.0, 0.0, 0.0]), None
        for k in range(200):
            reason = stuck.notice(estimate(pose, k * DT_S), Twist(0.4), "follow", 9.0 - pose[0]) or reason
            pose = go(pose, Twist(0.4) if obeys else Twist(0.02), DT_S)
        assert reason == (None if obeys else "no_motion")


def test_turning_without_turning_is_stuck():
    stuck = Stuck()
    found = {stuck.notice(estimate(np.zeros(3), k * DT_S), Twist(wz=0.6), "turn", 5.0) for k in range(150)}
    assert "no_turn" in found


def test_going_round_in_circles_is_no_progress():
    stuck, found = Stuck(), set()
    for k in range(800):
        angle = 0.4 * k * DT_S
        pose = np.array([math.cos(angle), math.sin(angle), angle])
        found.add(stuck.notice(estimate(pose, k * DT_S), Twist(0.4, 0, 0.4), "around", 5.0))
    assert "no_progress" in found


def test_a_longer_way_is_no_lack_of_progress():
    stuck, found, pose = Stuck(), set(), np.array([0.0, 0.0, 0.0])
    for k in range(1000):
        if k == 50:
            stuck.lengthened(14.0)
        left = (3.0 if k < 50 else 14.4) - pose[0]
        found.add(stuck.notice(estimate(pose, k * DT_S), Twist(0.2), "follow", left))
        pose = go(pose, Twist(0.2), DT_S)
    assert found == {None}


def test_waiting_for_what_moves_is_no_trouble_for_a_while():
    stuck = Stuck()
    reasons = [stuck.notice(estimate(np.zeros(3), k * DT_S), Twist(), "yield", 5.0) for k in range(400)]
    assert set(reasons[:250]) == {None}
    assert reasons[-1] == "yield"


def test_without_a_trail_there_is_no_way_back():
    assert Trail().back(1.0) is None
    trail = Trail()
    trail.note(estimate(np.array([math.nan, 0.0, 0.0]), 0.0))
    trail.note(estimate(np.zeros(3), 0.0, status="lost"))
    assert len(trail) == 0


def test_too_many_troubles_in_different_places_call_as_well():
    rungs, _ = ladder()
    tries = [rungs.begin(estimate(np.array([0.5 + 2.0 * k, 4.0, 0.0]), float(k)), "blocked") for k in range(13)]
    assert tries == ["wait"] * 12 + ["call"]
