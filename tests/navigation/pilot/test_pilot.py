"""The pilot always comes to an outcome, and does not walk on what it does not know."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rudel.core.types import Twist
from rudel.navigation.pilot import Goal, Round, RoundPoint
from tests.navigation.follow.yards import costs_of
from tests.navigation.pilot.stand_ins import Yard

ON_ITS_SIDE = {"quat": np.array([math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0])}
WALL = np.zeros((80, 80), np.bool_)
WALL[:, 55:57] = True


def test_it_goes_where_it_is_told_and_stands():
    yard = Yard()
    yard.pilot.goto(Goal((6.5, 5.5), math.pi / 2))
    yard.run(60)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (True, "arrived")
    assert math.dist(yard.localiser.pose[:2], (6.5, 5.5)) <= 0.05
    assert yard.orders[-1].twist == Twist()
    yard.run(1.0)
    assert yard.orders[-1].twist == Twist()
    assert yard.orders[-1].posture == "walk"


def test_without_a_task_it_stands():
    yard = Yard()
    yard.run(1.0)
    assert not yard.moved_since(0)
    assert yard.pilot.outcome is None


def test_the_map_is_told_every_state():
    yard = Yard()
    yard.run(0.5)
    assert len(yard.ground.states) == len(yard.orders)


@pytest.mark.parametrize(
    ("goal", "reason"),
    [((5.6, 4.0), "blocked"), ((7.0, 4.0), "unreachable"), ((99.0, 0.0), "outside")],
)
def test_a_goal_without_a_way_is_refused_with_the_nearest_place(goal, reason):
    yard = Yard(WALL)
    yard.pilot.goto(Goal(goal))
    yard.run(5)
    assert yard.pilot.outcome is not None
    assert not yard.pilot.outcome.success
    assert yard.pilot.outcome.reason == reason
    assert yard.pilot.outcome.nearest is not None
    assert yard.pilot.outcome.nearest[0] < 5.5
    assert not yard.moved_since(0)
    assert yard.pilot.events[-1].kind == "call"


@pytest.mark.parametrize(
    ("changes", "trouble", "reason"),
    [
        ({"status": "lost"}, "lost", "lost"),
        ({"status": "starting"}, "lost", "lost"),
        ({"scan_age_s": 0.9}, "blind", "sensor"),
        ({"scan_age_s": math.inf}, "starting", "sensor"),
    ],
)
def test_what_it_cannot_know_stops_it_and_in_the_end_it_calls(changes, trouble, reason):
    yard = Yard()
    yard.pilot.goto(Goal((7.0, 4.0)))
    yard.run(1.0)
    assert yard.orders[-1].twist.vx > 0
    yard.localiser.changes = changes
    yard.run(0.06)
    assert yard.orders[-1].twist == Twist()
    yard.run(60)
    assert yard.pilot.health.trouble == trouble
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (False, reason)
    assert yard.orders[-1].posture == "sit"
    assert all(order.twist.vx == order.twist.vy == 0 for order in yard.orders[53:])  # it may turn to look round


def test_lost_and_found_it_goes_on_from_where_it_is():
    yard = Yard()
    yard.pilot.goto(Goal((7.0, 4.0)))
    yard.run(1.0)
    yard.localiser.changes = {"status": "lost"}
    yard.run(2.0)
    assert any(order.twist.wz != 0 for order in yard.orders[-20:])
    yard.localiser.changes = {}
    yard.localiser.pose = np.array([2.0, 6.0, 1.0])
    yard.run(60)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.success
    assert yard.ground.forgotten == 1


def test_broken_odometry_only_slows_it_down():
    yard = Yard()
    yard.pilot.goto(Goal((7.5, 4.0)))
    yard.run(1.0)
    before = yard.orders[-1].twist.vx
    yard.localiser.changes = {"faults": ("odometry stopped",)}
    yard.run(0.5)
    assert 0 < yard.orders[-1].twist.vx < 0.7 * before
    yard.run(60)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.success


def test_a_fall_without_getting_up_ends_it():
    yard = Yard()
    yard.pilot.goto(Goal((7.0, 4.0)))
    yard.run(1.0)
    yard.changes = ON_ITS_SIDE
    yard.run(1.0)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.reason == "fallen"


def test_after_getting_up_it_looks_where_it_is_and_goes_on():
    yard = Yard(can_get_up=True)
    yard.pilot.goto(Goal((7.0, 4.0)))
    yard.run(1.0)
    yard.changes = ON_ITS_SIDE
    assert yard.run(1.0).posture == "get_up"
    yard.changes = {}
    yard.run(60)
    assert yard.localiser.searches == 1
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.success


def test_a_fall_that_it_does_not_get_up_from_ends_it():
    yard = Yard(can_get_up=True)
    yard.pilot.goto(Goal((7.0, 4.0)))
    yard.changes = ON_ITS_SIDE
    yard.run(60)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.reason == "fallen"


@pytest.mark.parametrize(
    "changes",
    [
        {"q": np.full(12, np.nan)},
        {"gyro": np.full(3, np.inf)},
        {"q": np.zeros(12), "gyro": np.zeros(3), "accel": np.array([0.0, 0.0, 9.81])},  # frozen
    ],
)
def test_a_robot_whose_own_state_is_broken_stops_within_a_second(changes):
    yard = Yard()
    yard.pilot.goto(Goal((7.5, 4.0)))
    yard.run(1.0)
    yard.changes = changes
    yard.run(1.0)
    assert yard.orders[-1].twist == Twist()
    yard.run(5.0)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.reason == "sensor"


def test_a_robot_that_cannot_move_calls_in_the_end():
    yard = Yard()
    yard.obeys = False
    yard.pilot.goto(Goal((7.0, 4.0)))
    yard.run(400)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.reason == "stuck"
    assert [event.data["count"] for event in yard.pilot.events if event.kind == "stuck"] == [1, 2, 3, 4]


def test_the_same_run_gives_the_same_orders():
    twice = []
    for _ in range(2):
        yard = Yard(WALL)
        yard.pilot.goto(Goal((2.0, 2.0), 1.0))
        yard.run(60)
        twice.append((yard.orders, yard.pilot.events))
    assert twice[0] == twice[1]


def test_a_round_passes_over_what_cannot_be_reached():
    yard = Yard(WALL)
    taught = Round("r", (RoundPoint((5.0, 5.0)), RoundPoint((7.0, 4.0), stop=True), RoundPoint((2.0, 2.0), 0.0, True)))
    yard.pilot.repeat(taught.goals())
    yard.run(120)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (True, "repeated")
    assert [event.data["index"] for event in yard.pilot.events if event.kind == "skipped"] == [1]
    assert [event.data["index"] for event in yard.pilot.events if event.kind == "point"] == [0, 2]


def test_a_goal_with_a_way_on_the_map_is_looked_at_from_near():
    """From afar something seems to stand on it."""
    seeming = np.zeros((80, 80), np.bool_)
    seeming[68:73, 68:73] = True
    yard = Yard(seeming, pose=(1.5, 1.5, 0.0))
    yard.pilot.goto(Goal((7.0, 7.0), checked=True))
    yard.run(6.0)
    assert yard.pilot.outcome is None
    assert yard.moved_since(0)
    yard.ground.costs = costs_of(np.zeros((80, 80), np.bool_))
    yard.run(60)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.success
    assert math.dist(yard.localiser.pose[:2], (7.0, 7.0)) <= 0.05


def test_a_goal_that_something_stands_on_is_given_up_near_it():
    standing = np.zeros((80, 80), np.bool_)
    standing[68:73, 68:73] = True
    yard = Yard(standing, pose=(1.5, 1.5, 0.0))
    yard.pilot.goto(Goal((7.0, 7.0), checked=True))
    yard.run(200)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (False, "blocked")
    assert math.dist(yard.localiser.pose[:2], (7.0, 7.0)) < 2.1
