"""What makes a drive change its mind."""

from __future__ import annotations

import numpy as np

from rudel.navigation.follow import Follower, Trail
from rudel.navigation.pilot.drive import HOPES, Drive
from rudel.navigation.pilot.journal import Journal
from rudel.navigation.pilot.order import Goal
from rudel.navigation.plan import Planner
from rudel.navigation.types import Route
from tests.navigation.follow.yards import FOOTPRINT, costs_of, estimate, go
from tests.navigation.pilot.stand_ins import Ground

OPEN = np.zeros((80, 80), np.bool_)
WALL = OPEN.copy()
WALL[:65, 60:62] = True  # at x = 6 m; the way past it is at y = 6.5 m and higher


def driven() -> tuple[Drive, Ground, Route]:
    """On its way from (1, 1) to (7, 1) over open ground."""
    ground = Ground(costs_of(OPEN))
    drive = Drive(FOOTPRINT, Follower(FOOTPRINT), Planner(), ground, Trail(), Journal(None))
    drive.go(Goal((7.0, 1.0)))
    drive.step(estimate(np.array([1.0, 1.0, 0.0]), 0.0))
    assert drive.route is not None
    return drive, ground, drive.route


def later(drive: Drive, x: float, start_s: float, seconds: float = 2.4) -> None:
    """It stands at (x, 1) for so long."""
    for k in range(round(seconds / 0.04)):
        drive.step(estimate(np.array([x, 1.0, 0.0]), start_s + 0.04 * k))


def test_what_blocks_the_way_far_ahead_is_looked_at_from_nearer_before_it_turns_round():
    drive, ground, route = driven()
    ground.costs = costs_of(WALL)
    later(drive, 1.2, 0.1)
    assert drive.route is route
    later(drive, 4.8, 3.0)
    assert drive.route is not route
    assert drive.route is not None
    assert drive.route.points[:, 1].max() > 6.0


def test_a_way_that_is_hardly_longer_is_taken_at_once():
    drive, ground, route = driven()
    pillar = OPEN.copy()
    pillar[8:13, 50:55] = True
    ground.costs = costs_of(pillar)
    later(drive, 1.2, 0.1)
    assert drive.route is not route


def test_a_way_that_is_closed_altogether_is_gone_on_with_until_that_is_certain():
    drive, ground, route = driven()
    closed = OPEN.copy()
    closed[:, 60:62] = True
    ground.costs = costs_of(closed)
    later(drive, 1.2, 0.1)
    assert drive.route is route
    ground.costs = costs_of(OPEN)  # it was dust
    later(drive, 4.8, 3.0)
    assert drive.route is route
    ground.costs = costs_of(closed)
    later(drive, 5.0, 6.0)
    assert drive.route is not route


def test_what_it_has_marked_itself_needs_no_second_look():
    drive, ground, route = driven()
    drive.marks.add((6.0, 1.0), 0.4, 0.0)
    ground.costs = costs_of(WALL)
    later(drive, 1.2, 0.1)
    assert drive.route is not route


def test_home_is_reached_on_the_own_trail_when_the_map_has_closed_behind_it():
    ground, trail, journal = Ground(costs_of(OPEN)), Trail(), Journal(None)
    drive = Drive(FOOTPRINT, Follower(FOOTPRINT), Planner(), ground, trail, journal)
    for x in np.arange(1.0, 7.0, 0.05):
        trail.note(estimate(np.array([x, 1.0, 0.0]), 0.0))
    closed = OPEN.copy()
    closed[:, 40:42] = True
    ground.costs = costs_of(closed)
    drive.go(Goal((1.0, 1.0)))
    drive.step(estimate(np.array([7.0, 1.0, 0.0]), 0.0))
    assert drive.route is not None
    assert np.abs(drive.route.points[:, 1] - 1.0).max() < 0.3
    drive.go(Goal((1.0, 6.0)))  # never been there, but the trail leads through the wall
    drive.step(estimate(np.array([7.0, 1.0, 0.0]), 1.0))
    assert drive.route is not None
    drive = Drive(FOOTPRINT, Follower(FOOTPRINT), Planner(), ground, Trail(), journal)
    drive.go(Goal((1.0, 1.0)))
    drive.step(estimate(np.array([7.0, 1.0, 0.0]), 0.0))
    assert drive.route is None


def test_on_the_own_trail_a_longer_way_is_walked_rather_than_strange_ground_that_looks_as_good():
    ground, trail = Ground(costs_of(OPEN)), Trail()
    for x, y in ((3.0, 1.0), (3.0, 7.0), (6.0, 7.0), (6.0, 1.0)):
        trail.note(estimate(np.array([x, y, 0.0]), 0.0))
    high = []
    for trodden in (False, True):
        drive = Drive(FOOTPRINT, Follower(FOOTPRINT), Planner(), ground, trail, Journal(None))
        drive.go(Goal((3.0, 1.0)), trodden=trodden)
        drive.step(estimate(np.array([6.0, 1.0, 0.0]), 0.0))
        assert drive.route is not None
        high.append(drive.route.points[:, 1].max())
    assert high[0] < 1.5
    assert 6.5 < high[1] < 7.5
    drive.go(Goal((6.0, 1.0)))  # the next goal is any goal again
    drive.step(estimate(np.array([3.0, 1.0, 0.0]), 1.0))
    assert drive.route is not None
    assert drive.route.points[:, 1].max() < 1.5
    drive.marks.add((4.5, 7.0), 0.4, 2.0)  # where the trail has been found blocked, any way will do
    drive.go(Goal((3.0, 1.0)), trodden=True)
    drive.step(estimate(np.array([6.0, 1.0, 0.0]), 2.0))
    assert drive.route is not None
    assert drive.route.points[:, 1].max() < 1.5


def veiled(opens_m: float) -> tuple[Drive, Ground, np.ndarray, Journal]:
    """From (1, 1) to (7, 1) by a survey, along a wall or round it; the way along looks closed from afar."""
    survey, closed = OPEN.copy(), OPEN.copy()
    closed[:, 60:62] = True
    ground, journal = Ground(costs_of(closed)), Journal(None)
    ground.before = survey
    drive = Drive(FOOTPRINT, Follower(FOOTPRINT), Planner(), ground, Trail(), journal)
    drive.go(Goal((7.0, 1.0), checked=True))
    pose = np.array([1.0, 1.0, 0.0])
    for k in range(1500):
        if 6.0 - pose[0] < opens_m:
            ground.costs = costs_of(OPEN)
        twist, outcome = drive.step(estimate(pose, 0.04 * k))
        pose = go(pose, twist, 0.04)
        if outcome is not None:
            break
    return drive, ground, pose, journal


def test_a_way_of_the_survey_that_looks_closed_from_afar_is_gone_to_and_looked_at():
    _, _, pose, journal = veiled(opens_m=2.0)
    assert np.allclose(pose[:2], (7.0, 1.0), atol=0.06)
    assert [event.kind for event in journal.events].count("hope") == 1


def test_a_way_that_stays_closed_is_not_hoped_for_for_ever():
    _, _, pose, journal = veiled(opens_m=-1.0)
    assert pose[0] < 6.0 - FOOTPRINT.inscribed_m
    assert 1 <= [event.kind for event in journal.events].count("hope") <= HOPES
    assert journal.events[-1].kind != "hope"


def test_without_a_survey_there_is_nothing_to_hope_for():
    ground, journal = Ground(costs_of(np.where(np.arange(80) // 2 == 30, True, OPEN))), Journal(None)
    drive = Drive(FOOTPRINT, Follower(FOOTPRINT), Planner(), ground, Trail(), journal)
    drive.go(Goal((7.0, 1.0)))
    later(drive, 1.0, 0.0)
    assert drive.route is None
    assert not [event for event in journal.events if event.kind == "hope"]
