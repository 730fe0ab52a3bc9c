"""Local control, closed over a robot that does exactly what it is told."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core import frames
from rudel.core.types import Pose, Twist
from rudel.navigation.follow import Follower, FollowLimits, Track
from rudel.navigation.follow.choice import Chooser
from rudel.navigation.types import Mover
from tests.navigation.follow.yards import FOOTPRINT, costs_of, estimate, go, hits, straight

DT_S = 0.04


def drive(costs, pose, route, goal_yaw=None, seconds=40.0):
    """Poses until it has arrived or the time is over, and the last step."""
    follower, track = Follower(FOOTPRINT), Track(route)
    poses = [np.array(pose, np.float64)]
    step = None
    for k in range(round(seconds / DT_S)):
        step = follower.follow(estimate(poses[-1], k * DT_S), track, costs, goal_yaw)
        if step.phase == "arrived":
            break
        poses.append(go(poses[-1], step.twist, DT_S))
    return np.array(poses), step


OPEN = np.zeros((80, 80), np.bool_)


@given(st.floats(1, 7), st.floats(1, 7), st.floats(-math.pi, math.pi), st.none() | st.floats(-math.pi, math.pi))
@settings(max_examples=12, deadline=None)
def test_it_arrives_within_its_tolerance_and_stops(x, y, yaw, goal_yaw):
    poses, step = drive(costs_of(OPEN), (4.0, 4.0, yaw), straight([(4.0, 4.0), (x, y)]), goal_yaw)
    assert step is not None
    assert step.phase == "arrived"
    assert step.twist == Twist()
    assert math.dist(poses[-1][:2], (x, y)) <= 0.05
    if goal_yaw is not None:
        assert abs(math.remainder(poses[-1][2] - goal_yaw, 2 * math.pi)) <= math.radians(5)


@given(st.integers(0, 2**32 - 1), st.floats(-math.pi, math.pi))
@settings(max_examples=12, deadline=None)
def test_the_footprint_never_enters_an_obstacle(seed, yaw):
    """Whatever stands around and wherever the route leads, also straight through obstacles."""
    rng = np.random.default_rng(seed)
    obstacle = rng.random((80, 80)) < rng.choice([0.005, 0.02, 0.05])
    start = np.array([4.0, 4.0, yaw])
    obstacle[33:48, 33:48] = False
    goal = rng.uniform(0.5, 7.5, 2).tolist()
    costs = costs_of(obstacle)
    poses, _ = drive(costs, start, straight([(4.0, 4.0), tuple(rng.uniform(1, 7, 2)), tuple(goal)]), seconds=8.0)
    assert max(hits(costs, pose) for pose in poses) == 0


def test_limits_hold():
    limits = FollowLimits(vx_mps=0.4, wz_radps=0.5)
    follower, track = Follower(FOOTPRINT, limits), Track(straight([(1, 1), (7, 1), (7, 7)]))
    pose = np.array([1.0, 1.0, 2.0])
    for k in range(600):
        twist = follower.follow(estimate(pose, k * DT_S), track, costs_of(OPEN), 0.0).twist
        assert -limits.back_mps - 1e-9 <= twist.vx <= limits.vx_mps + 1e-9
        assert abs(twist.vy) <= limits.vy_mps + 1e-9
        assert abs(twist.wz) <= limits.wz_radps + 1e-9
        pose = go(pose, twist, DT_S)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_an_estimate_that_is_no_number_halts(value, index):
    pose = np.array([4.0, 4.0, 0.0])
    pose[index] = value
    with np.errstate(invalid="ignore"):
        broken = estimate(pose, 0.0)
    step = Follower(FOOTPRINT).follow(broken, Track(straight([(4, 4), (6, 4)])), costs_of(OPEN))
    assert step.phase == "halt"
    assert step.twist == Twist()


def test_rough_ground_and_narrow_places_slow_it_down():
    route = straight([(1, 4), (4, 4), (7, 4)])
    fast = Follower(FOOTPRINT).follow(estimate(np.array([1.5, 4, 0]), 0.0), Track(route), costs_of(OPEN))
    walls = OPEN.copy()
    walls[36, :] = walls[44, :] = True
    narrow = Follower(FOOTPRINT).follow(estimate(np.array([1.5, 4.05, 0]), 0.0), Track(route), costs_of(walls))
    hard = type(route)(route.points, route.yaw, route.clearance_m, np.full(3, 0.9), route.length_m, 1.0)
    rough = Follower(FOOTPRINT).follow(estimate(np.array([1.5, 4, 0]), 0.0), Track(hard), costs_of(OPEN))
    assert fast.speed_mps == FollowLimits().vx_mps
    assert (narrow.slow, rough.slow) == ("room", "ground")
    assert 0 < narrow.speed_mps < 0.8 * fast.speed_mps
    assert 0 < rough.speed_mps < 0.6 * fast.speed_mps


def test_it_gives_way_to_what_moves_and_goes_on_afterwards():
    route = straight([(1, 4), (7, 4)])
    pose = estimate(np.array([2.0, 4.0, 0.0]), 0.0)
    crossing = costs_of(OPEN, movers=(Mover((2.9, 3.6), (0.0, 0.5), 0.3),))
    gone = costs_of(OPEN, movers=(Mover((2.9, 7.6), (0.0, 0.5), 0.3),))
    assert Follower(FOOTPRINT).follow(pose, Track(route), crossing).phase == "yield"
    assert Follower(FOOTPRINT).follow(pose, Track(route), gone).phase == "follow"


def test_in_an_obstacle_it_may_only_get_out():
    wall = OPEN.copy()
    wall[:, 45:] = True  # x >= 4.5: the nose of a robot at (4.25, 4) is in it
    costs = costs_of(wall)
    pose = np.array([4.25, 4.0, 0.0])
    follower = Follower(FOOTPRINT)
    ahead = follower.follow(estimate(pose, 0.0), Track(straight([(4.25, 4.0), (7.0, 4.0)])), costs)
    assert hits(costs, go(pose, ahead.twist, 0.5)) <= hits(costs, pose)
    back = follower.back_to(estimate(pose, 0.0), (3.0, 4.0), costs)
    assert back.twist.vx < 0


@pytest.mark.parametrize("poke_m", [-0.02, 0.0, 0.01, 0.02])
def test_against_a_corner_it_slides_along_it(poke_m):
    """The side of the robot pokes into the corner of a cell by this much: it has swayed, or the cell has grown."""
    corner = OPEN.copy()
    corner[:47, 45:] = True  # its upper left corner is at (4.5, 4.7)
    yaw = math.radians(65)
    side = np.array([math.sin(yaw), -math.cos(yaw)])  # to the right
    ahead = np.array([math.cos(yaw), math.sin(yaw)])
    middle = np.array([4.5, 4.7]) - (FOOTPRINT.width_m / 2 - poke_m) * side + 0.1 * ahead
    route = straight([tuple(middle), (4.55, 5.2), (5.4, 5.5)])
    costs = costs_of(corner)
    poses, step = drive(costs, (*middle, yaw), route, seconds=20.0)
    assert step is not None
    assert step.phase == "arrived"
    assert max(hits(costs, pose) for pose in poses) <= hits(costs, poses[0]) + 1


def test_progress_does_not_jump_where_a_route_crosses_itself():
    track = Track(straight([(0, 0), (6, 0), (6, 3), (3, 3), (3, -3)]))
    left = [track.aim((x, 0.0), 0.6).remaining_m for x in np.arange(0.0, 5.0, 0.2)]
    assert np.diff(left) == pytest.approx(np.full(len(left) - 1, -0.2))


@pytest.mark.parametrize(("lean", "share"), [(0.0, 2.0), (math.radians(5), 1.0)])
def test_speeds_grow_and_shrink_gradually_where_there_is_room(lean, share):
    """A jump from 0.3 to 0.7 m/s and to a stop within half a second throws a robot over on a slope."""
    follower, limits = Follower(FOOTPRINT), FollowLimits()
    track, pose, twists = Track(straight([(1, 4), (5, 4)])), np.array([1.0, 4.0, 0.0]), []
    for k in range(400):
        twists.append(follower.follow(leaning(pose, k * DT_S, lean), track, costs_of(OPEN), 1.0).twist.array())
        pose = go(pose, Twist(*twists[-1]), DT_S)
    change = np.abs(np.diff(twists, axis=0)).max(axis=0) / DT_S
    stop = math.dist(pose[:2], (5, 4))
    assert change[0] <= max(2 * share * limits.gain_mps2, 0.06 / DT_S) + 1e-9  # the last creeping step ends at once
    assert np.diff(twists, axis=0)[:, 0].max() / DT_S == pytest.approx(share * limits.gain_mps2)
    assert change[2] <= 2 * limits.gain_radps2 + 1e-9
    assert stop < 0.05


def leaning(pose, time_s, pitch):
    """An estimate with the nose that far down."""
    level = estimate(pose, time_s)
    tilt = np.array([math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0])
    quat = np.asarray(frames.multiply(level.pose.quat, tilt), np.float64)
    return dataclasses.replace(level, pose=Pose(level.pose.position, quat))


@pytest.mark.parametrize("goal_yaw", [None, 0.0])
def test_where_it_need_not_be_exact_it_does_not_creep(goal_yaw):
    costs, took, ends = costs_of(OPEN), [], []
    for arrive_m in (0.05, 0.3):
        follower, track = Follower(FOOTPRINT), Track(straight([(1, 4), (4, 4)]))
        follower.near(arrive_m, None)
        pose, k = np.array([1.0, 4.0, 0.0]), 0
        while (step := follower.follow(estimate(pose, k * DT_S), track, costs, goal_yaw)).phase != "arrived":
            pose, k = go(pose, step.twist, DT_S), k + 1
        took.append(k * DT_S)
        ends.append(math.dist(pose[:2], (4, 4)))
    assert ends[0] <= 0.05
    assert ends[1] <= 0.3
    assert took[0] - took[1] > (0.5 if goal_yaw is None else 0.2)
    assert took[0] < 5.0  # 3 m at 0.9 m/s, two seconds for starting and stopping


@pytest.mark.parametrize("least_mps", [0.15, 0.25])
def test_feet_that_catch_do_not_keep_it_from_arriving(least_mps):
    """On rough ground small commands come to nothing."""
    follower, track, costs = Follower(FOOTPRINT), Track(straight([(1, 4), (4, 4)])), costs_of(OPEN)
    pose, k = np.array([1.0, 4.0, 0.0]), 0
    while (step := follower.follow(estimate(pose, k * DT_S), track, costs)).phase != "arrived":
        if math.hypot(step.twist.vx, step.twist.vy) >= least_mps:
            pose = go(pose, step.twist, DT_S)
        k += 1
        assert k * DT_S < 12
    assert math.dist(pose[:2], (4, 4)) <= 0.05


@pytest.mark.parametrize("most_mps", [0.15, 0.25, 0.4])
def test_what_slows_it_down_also_holds_for_ways_around(most_mps):
    """It stepped aside at full speed on ground that it was to cross at half of that, and fell."""
    wall = OPEN.copy()
    wall[30:50, 50] = True
    chooser, pose = Chooser(FOOTPRINT, FollowLimits()), np.array([4.6, 4.0, 0.0])
    chosen = chooser.choose(costs_of(wall), pose, Twist(0.9), (4.6, 4.8), None, most_mps)
    free = chooser.choose(costs_of(wall), pose, Twist(0.9), (4.6, 4.8))
    assert chosen.how == free.how == "around"
    assert 0.0 < math.hypot(chosen.twist.vx, chosen.twist.vy) <= most_mps + 1e-9
    assert math.hypot(free.twist.vx, free.twist.vy) >= math.hypot(chosen.twist.vx, chosen.twist.vy)


def test_it_gets_off_a_lump_that_it_stands_over_and_not_through_a_wall():
    lump, wall = OPEN.copy(), OPEN.copy()
    lump[39, 38] = True  # a stone that turned out too high, under its belly
    wall[:, 46:48] = True
    route = straight([(4.0, 4.0), (7.0, 4.0)])
    poses, step = drive(costs_of(lump), (4.0, 4.0, 0.0), route, seconds=12.0)
    assert step is not None
    assert step.phase == "arrived"
    poses, _ = drive(costs_of(lump | wall), (4.0, 4.0, 0.0), route, seconds=6.0)
    assert poses[:, 0].max() + FOOTPRINT.length_m / 2 < 4.6
