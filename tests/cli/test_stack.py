"""What the verbs of navigation are made of: sites, crates, rides from seeds, and the judge."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rudel import robots
from rudel.cli import _stack_limits, _stack_map, _stack_scenario, _stack_show, _stack_world
from rudel.cli._stack_judge import Judge
from rudel.cli._stack_world import Site
from rudel.core.errors import BadInput
from rudel.core.types import Event, JointTargets
from rudel.navigation.map import costs_of
from rudel.navigation.plan import Planner
from rudel.navigation.types import Estimate, NoRoute, Route
from rudel.sim.live import LiveSim
from rudel.worlds import HeightField
from rudel.worlds.place import Box, Waypoint, World, layers_of
from tests.scenarios.rooms import GOAL, room

POLICY = "lite3/walk"


@pytest.fixture(scope="module")
def site() -> Site:
    return _stack_world.make_site(room(), POLICY, np.random.default_rng(0))


def hill(slope: float) -> World:
    """Level ground, with a plateau behind a ramp."""
    x, y = np.meshgrid(np.arange(0, 12.01, 0.1), np.arange(0, 4.01, 0.1))
    heights = (np.clip(x - 4.0, 0.0, 2.0) * slope + 0 * y).astype(np.float32)
    return World("hill", Waypoint("start", (1.5, 2.0)), (0, 12, 0, 4), ground=HeightField(heights, 0.1, (0, 0)))


def test_no_way_leads_along_the_edge_of_the_world() -> None:
    site = _stack_world.make_site(hill(0.0), "lite3/walk", np.random.default_rng(0), mapped=False)
    inside = Planner().plan(site.costs, (1.5, 2.0), (11.0, 2.0))
    assert isinstance(inside, Route)
    refused = Planner().plan(site.costs, (1.5, 2.0), (11.95, 2.0))
    assert isinstance(refused, NoRoute)
    assert refused.nearest is not None
    assert refused.nearest[0] < 12.0 - site.footprint.inscribed_m


@pytest.mark.parametrize(("slope", "name"), [(0.0, "lite3/walk"), (0.2, "lite3/rough"), (0.6, "lite3/walk")])
def test_the_policy_is_the_one_that_gets_to_more_of_the_world(slope: float, name: str) -> None:
    site = _stack_world.make_site(hill(slope), "auto", np.random.default_rng(0), mapped=False)
    assert site.policy_name == name
    assert site.limits == _stack_limits.limits_of(name)
    asked = _stack_world.make_site(hill(slope), "lite3/walk", np.random.default_rng(0), mapped=False)
    assert asked.policy_name == "lite3/walk"


def test_the_map_shows_the_room_and_the_points_lie_on_it(site):
    assert site.points is not None
    points = site.points.points
    assert len(points) > 10_000
    low, high = points.min(axis=0), points.max(axis=0)
    assert low == pytest.approx([0.0, 0.0, 0.0], abs=0.1)  # inner faces of the walls, and the floor
    assert high == pytest.approx([7.0, 5.0, 2.0], abs=0.1)
    assert isinstance(site.way(GOAL), Route)


def test_coarse_layers_become_fine_ones_and_keep_zones_and_the_unknown():
    """A survey of a river bank has cells of a metre: the robot would plan, and look out for crates, in those."""
    coarse, fine = layers_of(room(), 0.5), layers_of(room(), 0.1)
    grids = {name: np.array(getattr(coarse, name)) for name in ("elevation", "clearance", "slope_rad", "step_m")}
    for grid in grids.values():
        grid[4, 6] = np.nan
    rough, zones = np.array(coarse.roughness_m), np.array(coarse.zones)
    rough[4, 6], zones[8, 2] = np.nan, 1
    world = room().with_layers(dataclasses.replace(coarse, **grids, roughness_m=rough, zones=zones))
    grid, layers = _stack_map.grid_of(world)
    assert grid.resolution_m == layers.resolution_m == pytest.approx(0.1)
    unknown, zoned = np.zeros(grid.shape, np.bool_), np.zeros(grid.shape, np.bool_)
    unknown[20:25, 30:35] = zoned[40:45, 10:15] = True
    np.testing.assert_array_equal(np.isnan(grid.elevation), unknown)
    np.testing.assert_array_equal(grid.zones > 0, zoned)
    inside = (slice(1, -1), slice(1, -1))  # where the world ends is a drop
    np.testing.assert_array_equal(grid.step_m[inside][~unknown[inside]], fine.step_m[inside][~unknown[inside]])


def test_a_way_is_planned_for_a_little_more_than_the_robot_is_wide(site):
    assert site.room.width_m - site.footprint.width_m == pytest.approx(0.1)
    assert site.footprint.max_step_m == 0.025


@pytest.mark.parametrize("seed", range(4))
def test_crates_leave_a_way_that_the_robot_itself_finds(site, seed):
    world = _stack_world.with_crates(site, 3, [GOAL], np.random.default_rng(seed))
    crates = world.shapes[len(site.world.shapes) :]
    assert 0 < len(crates) <= 3
    layers = layers_of(world, 0.1)
    names = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m", "zones")
    grid = type(site.grid)(0.1, layers.origin, *(getattr(layers, name) for name in names))
    assert isinstance(Planner().plan(costs_of(grid, site.footprint), site.start, GOAL), Route)


def test_no_crates_are_the_same_world(site):
    assert _stack_world.with_crates(site, 0, [GOAL], np.random.default_rng(0)) is site.world


def test_a_goal_in_the_wall_is_refused(site):
    with pytest.raises(BadInput, match="nearest"):
        site.way((3.2, 4.0))


def test_a_seed_is_a_ride(site):
    first, again, other = (_stack_scenario.draw(seed, ("room",), site) for seed in (5, 5, 6))
    assert (first.start, first.goal, first.ride) == (again.start, again.goal, again.ride)
    assert first.world.shapes[-1] == again.world.shapes[-1]
    assert (first.start, first.goal) != (other.start, other.goal)
    assert _stack_scenario.WAY_M[0] <= first.shortest_m <= _stack_scenario.WAY_M[1]
    faults = [_stack_scenario.draw(seed, ("room",), site).ride.faults for seed in range(20)]
    assert 2 <= sum(bool(some) for some in faults) <= 13


def test_places_take_turns_and_have_variants():
    places = _stack_scenario.PLACES
    assert [_stack_scenario.place_of(seed, places)[0] for seed in range(len(places))] == list(places)
    found = {_stack_scenario.place_of(seed, places) for seed in range(2 * len(places))}
    assert found == {(place, k) for place in places for k in (0, 1)}


@pytest.mark.parametrize("walled", [False, True])
def test_the_judge_counts_what_touches_but_feet(walled):
    """A robot that slides forwards, onto a wall or not."""
    spec = robots.load("lite3")
    wall = Box((0.95, 0.0, 0.5), (0.3, 1.0, 0.5))  # from x = 0.65 on
    shapes = (wall,) if walled else ()
    world = World("yard", Waypoint("start", (0.2, 0.0)), (-3, 7, -3, 5), floor_m=0.0, shapes=shapes)
    live = LiveSim(spec, world, realtime_factor=None)
    live.source = lambda: JointTargets.hold(spec.default_pose, spec.stand_kp, spec.stand_kd)
    live.reset(spec.default_pose)
    live.data.qvel[0] = 1.5
    judge = Judge(live)
    for _ in range(15):
        live.step(0.02)
        judge.watch(None, live.now_s())
    assert (judge.contacts > 0) == walled
    count, way = judge.contacts, judge.path_m
    assert way > 0.05
    judge.close()
    live.step(0.3)
    judge.watch(None, live.now_s())
    assert (judge.contacts, judge.path_m) == (count, way)


@pytest.mark.parametrize("late", [0, 1, 7])
def test_the_judge_compares_an_estimate_with_where_the_robot_was_then(late):
    """A robot that slides at 1 m/s and knows where it was so many periods ago; one that thinks it stands is off."""
    spec = robots.load("lite3")
    live = LiveSim(spec, None, realtime_factor=None)
    live.data.qvel[0] = 1.0
    judge, wrong = Judge(live), Judge(live)
    known: list[Estimate] = []
    first = live.true_state().pose
    for _ in range(20):
        live.step(0.005)
        pose, now_s = live.true_state().pose, live.now_s()
        known.append(Estimate(now_s, pose, np.zeros(6), np.eye(6), "tracking"))
        told = known[-1 - late] if len(known) > late else None
        judge.watch(told, now_s)
        wrong.watch(None if told is None else dataclasses.replace(told, pose=first), now_s)
    assert judge.errors()[0] == 0.0
    assert wrong.errors()[0] > 0.01


def test_events_are_told_without_markup():
    told = _stack_show.told(Event("no_route", 1.0, {"message": "[red]", "nearest": (1.0, 2.0), "reason": ""}))
    assert told == "no route: message (red), nearest (1.00, 2.00)"
