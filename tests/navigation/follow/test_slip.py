"""What is observed of slipping, and what the follower does about it, closed over robots that slip and lag."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.types import Twist
from rudel.navigation.follow import Follower, Track
from rudel.navigation.follow.slip import MOST_MPS, Slip
from tests.navigation.follow.yards import FOOTPRINT, costs_of, estimate, go, straight

DT_S, LAG_S = 0.04, 0.25
OPEN = np.zeros((80, 160), np.bool_)


def observed(twists, slip_mps, lag_s=LAG_S, sway_m=0.0):
    """What is made of a robot that does what it was told ``lag_s`` ago and slips aside meanwhile."""
    slip, pose, found = Slip(LAG_S), np.zeros(3), []
    for k, twist in enumerate(twists):
        swaying = pose + np.array([0.0, sway_m * math.sin(2 * math.pi * 2.5 * k * DT_S), 0.0])
        found.append(slip.see(estimate(swaying, k * DT_S)))
        slip.told(k * DT_S, twist)
        late = twists[k - round(lag_s / DT_S)] if k >= round(lag_s / DT_S) else Twist()
        pose = go(pose, Twist(late.vx, late.vy + slip_mps, late.wz), DT_S)
    return np.array(found)


@given(st.floats(0.15, 1.0), st.floats(-0.3, 0.3), st.floats(-1.0, 1.0))
@settings(max_examples=25, deadline=None)
def test_a_robot_that_does_as_it_is_told_does_not_slip(vx, vy, wz):
    assert np.abs(observed([Twist(vx, vy, wz)] * 100, 0.0)).max() < 0.02


@given(st.floats(0.2, 1.0), st.floats(-1.0, 1.0), st.floats(-0.1, 0.1))
@settings(max_examples=25, deadline=None)
def test_slipping_is_seen_whatever_the_motion(vx, wz, slip_mps):
    assert observed([Twist(vx, 0.0, wz)] * 120, slip_mps)[-1] == pytest.approx(slip_mps, abs=0.02)


def test_swaying_with_the_steps_is_no_slip():
    assert np.abs(observed([Twist(vx=0.5)] * 150, 0.0, sway_m=0.015)).max() < 0.03


def test_what_stands_does_not_slip_and_nothing_is_believed_beyond_bounds():
    assert not observed([Twist()] * 80, 0.1).any()
    assert np.abs(observed([Twist(vx=0.5)] * 150, 0.6)).max() <= MOST_MPS


def test_it_begins_anew_after_a_gap():
    slip = Slip(LAG_S)
    for k in range(60):
        slip.see(estimate(np.array([0.5 * k * DT_S, 0.1 * k * DT_S, 0.0]), k * DT_S))
        slip.told(k * DT_S, Twist(vx=0.5))
    assert slip.aside_mps > 0.05
    assert slip.see(estimate(np.array([9.0, 3.0, 0.0]), 60 * DT_S + 1.0)) == 0.0


def ride(slip_mps, costs, seconds=40.0, y_m=4.0, until_m=99.0):
    """Greatest distance aside of a straight route along y, after its first two metres, least and greatest y.

    It slips until x is ``until_m``.
    """
    follower, track = Follower(FOOTPRINT), Track(straight([(1.0, y_m), (14.0, y_m)]))
    pose, said, aside = np.array([1.0, y_m, 0.0]), [Twist()] * round(LAG_S / DT_S), 0.0
    low = high = y_m
    for k in range(round(seconds / DT_S)):
        step = follower.follow(estimate(pose, k * DT_S), track, costs)
        said.append(step.twist)
        late = said.pop(0)
        moving = math.hypot(late.vx, late.vy) > 0 and pose[0] < until_m
        pose = go(pose, Twist(late.vx, late.vy + slip_mps * moving, late.wz), DT_S)
        low, high = min(low, float(pose[1])), max(high, float(pose[1]))
        if 3.0 < pose[0] < 13.0:
            aside = max(aside, abs(float(pose[1]) - y_m))
        if step.phase == "arrived":
            return aside, low, high
    raise AssertionError(f"not arrived: {pose}")


@pytest.mark.parametrize("slip_mps", [-0.1, 0.0, 0.1])
def test_the_follower_stays_on_its_line_although_it_slips(slip_mps):
    assert ride(slip_mps, costs_of(OPEN))[0] < 0.03


def test_beside_a_wall_it_does_not_slip_into_it():
    """A wall along the way, 8 cm beside the footprint, on the side that it slips to."""
    obstacle = OPEN.copy()
    wall_m = 4.0 - FOOTPRINT.width_m / 2 - 0.08
    obstacle[: int(wall_m / 0.1), 60:140] = True
    assert ride(-0.08, costs_of(obstacle))[1] > int(wall_m / 0.1) * 0.1 + FOOTPRINT.width_m / 2


def test_it_does_not_steer_into_a_wall_when_the_slipping_ends_there():
    """It slips to its right until it comes to a wall on its left, 4 cm beside the footprint, and then no more."""
    obstacle = OPEN.copy()
    wall_m = 4.3
    obstacle[round(wall_m / 0.1) :, 60:140] = True
    y_m = wall_m - FOOTPRINT.width_m / 2 - 0.04
    assert ride(-0.1, costs_of(obstacle), y_m=y_m, until_m=6.2)[2] + FOOTPRINT.width_m / 2 < wall_m
