"""Routes: never over what is closed, as cheap as they can be, the same there and back, and refusals that help."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.navigation.map import KEEP_OUT, SLOW, GridMap, costs_of
from rudel.navigation.plan import Planner, PlanSpec, reachable
from rudel.navigation.plan.ground import Ground
from rudel.navigation.types import Costs, NoRoute, Refusal, Route
from tests.navigation.plan.grids import (
    ROBOT,
    cells_under,
    dijkstra,
    flat,
    grid_of,
    random_costs,
    random_places,
    raw,
    some_free,
    walled,
)

FINE, COARSE = PlanSpec(whole_cells=10**9), PlanSpec(whole_cells=1, coarse=4)
specs = pytest.mark.parametrize("spec", [FINE, COARSE], ids=["fine", "coarse first"])


@specs
@settings(max_examples=60, deadline=None)
@given(place=random_places(), seed=st.integers(0, 2**32 - 1))
def test_no_route_crosses_a_keep_out_or_a_step_above_the_limit(
    spec: PlanSpec, place: tuple[GridMap, Costs], seed: int
) -> None:
    grid, costs = place
    ends = some_free(costs, np.random.default_rng(seed))
    if not ends:
        return
    route = Planner(spec).plan(costs, *ends)
    if isinstance(route, NoRoute):
        assert route.reason == "unreachable"
        return
    j, i = cells_under(route, costs).T
    assert not (grid.zones[j, i] & KEEP_OUT).any()
    assert (grid.step_m[j, i] <= ROBOT.max_step_m).all()
    assert (costs.cost[j, i] < 1).all()
    assert (costs.clearance_m[j, i] >= ROBOT.inscribed_m).all()


@specs
@settings(max_examples=40, deadline=None)
@given(costs=random_costs(), seed=st.integers(0, 2**32 - 1))
def test_there_is_a_route_exactly_where_dijkstra_finds_one(spec: PlanSpec, costs: Costs, seed: int) -> None:
    ends = some_free(costs, np.random.default_rng(seed))
    if not ends:
        return
    ground = Ground(costs, spec)
    (start, _), (goal, _) = (ground.cell(xy) for xy in ends)
    best = dijkstra(ground.weights, start)[goal]
    route = Planner(spec).plan(costs, *ends)
    assert isinstance(route, NoRoute) == np.isinf(best)
    if isinstance(route, Route):
        assert (costs.cost[tuple(cells_under(route, costs).T)] < 1).all()
        assert route.points[0].tolist() == list(ends[0])
        assert route.points[-1].tolist() == list(ends[1])


@specs
@pytest.mark.parametrize("seed", range(6))
def test_routes_cost_at_most_what_dijkstra_asks(spec: PlanSpec, seed: int) -> None:
    """Straight lines may be cheaper than steps in eight directions; the coarse search may cost 15 % more."""
    rng = np.random.default_rng(seed)
    rough = np.asarray(rng.uniform(0, 0.8, (15, 20))).repeat(6, axis=0).repeat(6, axis=1)
    costs = raw(np.where(rng.uniform(size=(15, 20)).repeat(6, 0).repeat(6, 1) < 0.2, 1.0, rough))
    start, goal = some_free(costs, rng)
    ground = Ground(costs, spec)
    best = dijkstra(ground.weights, ground.cell(start)[0])[ground.cell(goal)[0]] * costs.resolution_m
    route = Planner(spec).plan(costs, start, goal)
    if isinstance(route, NoRoute):
        assert np.isinf(best)
        return
    factor = 1.03 if spec is FINE else 1.15
    assert 0.9 * best - 0.2 <= route.total_cost <= factor * best + 0.2


@settings(max_examples=40, deadline=None)
@given(place=random_places(), seed=st.integers(0, 2**32 - 1))
def test_there_and_back_cost_the_same(place: tuple[GridMap, Costs], seed: int) -> None:
    _, costs = place
    ends = some_free(costs, np.random.default_rng(seed))
    if not ends:
        return
    there, back = Planner().plan(costs, *ends), Planner().plan(costs, *ends[::-1])
    assert isinstance(there, Route) == isinstance(back, Route)
    if isinstance(there, Route) and isinstance(back, Route):
        assert there.total_cost == pytest.approx(back.total_cost, rel=0.03, abs=0.3)


def test_over_open_ground_a_route_is_straight() -> None:
    route = Planner().plan(flat(), (1.0, 1.0), (6.7, 4.1))
    assert isinstance(route, Route)
    assert route.length_m == pytest.approx(math.dist((1.0, 1.0), (6.7, 4.1)), rel=1e-3)
    np.testing.assert_allclose(route.yaw, math.atan2(3.1, 5.7), atol=0.02)
    assert np.diff(route.points, axis=0).max() < 0.25
    assert route.speed_share is not None
    assert (route.speed_share > 0.9).all()


def test_a_route_takes_the_door_in_its_middle_and_slows_down_there() -> None:
    costs = walled(door=slice(25, 36))
    route = Planner().plan(costs, (1.0, 1.0), (7.0, 1.0))
    assert isinstance(route, Route)
    at_door = np.argmin(np.abs(route.points[:, 0] - 4.05))
    assert route.points[at_door, 1] == pytest.approx(3.05, abs=0.25)
    assert route.clearance_m[at_door] > 0.35
    assert route.speed_share is not None
    assert route.speed_share[at_door] < route.speed_share.max()


def test_flat_ground_is_preferred() -> None:
    height = np.zeros((60, 80))
    height[15:45, 30:50] = np.random.default_rng(0).uniform(0, 0.10, (30, 20))
    route = Planner().plan(costs_of(grid_of(height), ROBOT), (1.0, 3.0), (7.0, 3.0))
    assert isinstance(route, Route)
    middle = route.points[(route.points[:, 0] > 3.2) & (route.points[:, 0] < 4.8)]
    assert ((middle[:, 1] < 1.5) | (middle[:, 1] > 4.5)).all()


def test_slow_zones_slow_down_and_cost() -> None:
    zones = np.zeros((60, 80), np.uint8)
    zones[:, 30:50] = SLOW
    costs = costs_of(grid_of(np.zeros((60, 80)), zones=zones), ROBOT)
    slow, free = (Planner().plan(c, (1.0, 3.0), (7.0, 3.0)) for c in (costs, flat()))
    assert isinstance(slow, Route)
    assert isinstance(free, Route)
    assert slow.total_cost > free.total_cost
    inside = (slow.points[:, 0] > 3.0) & (slow.points[:, 0] < 5.0)
    assert slow.speed_share is not None
    assert (slow.speed_share[inside] <= 0.4).all()
    assert (slow.speed_share[~inside] > 0.9).all()


def refused(costs: Costs, goal: tuple[float, float], reason: Refusal, start: tuple[float, float] = (1.0, 3.0)) -> None:
    for spec in (FINE, COARSE):
        answer = Planner(spec).plan(costs, start, goal)
        assert isinstance(answer, NoRoute)
        assert answer.reason == reason
        assert answer.nearest is not None
        assert f"({answer.nearest[0]:.2f}, {answer.nearest[1]:.2f})" in answer.message
        way = Planner(spec).plan(costs, start, answer.nearest)
        assert isinstance(way, Route)
        free = np.argwhere(reachable(costs, start, spec))
        best = np.hypot(*(((free[:, ::-1] + 0.5) * 0.1) - np.array(goal)).T).min()
        assert math.dist(goal, answer.nearest) == pytest.approx(best, abs=1e-6)


def test_a_goal_in_a_wall_is_refused() -> None:
    refused(walled(), (4.05, 3.0), "blocked")


def test_a_goal_too_near_to_a_wall_is_refused() -> None:
    refused(walled(), (3.9, 3.0), "blocked")


def test_a_goal_in_the_unknown_is_refused() -> None:
    refused(walled(unknown=True), (4.05, 3.0), "unknown")


def test_a_goal_that_no_way_leads_to_is_refused() -> None:
    refused(walled(), (7.0, 3.0), "unreachable")
    refused(walled(unknown=True), (7.0, 3.0), "unreachable")


def test_a_goal_in_a_keep_out_zone_is_refused() -> None:
    zones = np.zeros((60, 80), np.uint8)
    zones[20:40, 50:70] = KEEP_OUT
    refused(costs_of(grid_of(np.zeros((60, 80)), zones=zones), ROBOT), (6.0, 3.0), "keep_out")


def test_a_goal_outside_of_the_map_is_refused() -> None:
    refused(flat(), (9.0, 3.0), "outside")
    answer = Planner().plan(flat(), (1.0, 3.0), (math.nan, 3.0))
    assert isinstance(answer, NoRoute)
    assert answer.reason == "outside"


def test_a_robot_where_it_may_not_be_is_told_so_and_one_beside_free_ground_walks_off() -> None:
    zones = np.zeros((60, 80), np.uint8)
    zones[20:40, 30:60] = KEEP_OUT
    costs = costs_of(grid_of(np.zeros((60, 80)), zones=zones), ROBOT)
    inside = Planner().plan(costs, (4.5, 3.0), (7.0, 3.0))
    assert isinstance(inside, NoRoute)
    assert inside.reason == "start_blocked"
    assert inside.nearest is None
    beside = Planner().plan(costs, (2.9, 3.0), (2.9, 5.5))
    assert isinstance(beside, Route)
    assert beside.points[0].tolist() == [2.9, 3.0]
    assert (costs.cost[tuple(cells_under(beside, costs)[150:].T)] < 1).all()


def test_the_unknown_is_crossed_only_when_that_is_asked_for() -> None:
    costs = walled(unknown=True)
    assert isinstance(Planner().plan(costs, (1.0, 3.0), (7.0, 3.0)), NoRoute)
    bold = Planner(PlanSpec(unknown_weight=3.0)).plan(costs, (1.0, 3.0), (7.0, 3.0))
    assert isinstance(bold, Route)


def test_a_goal_where_the_robot_stands_is_a_route_of_no_length() -> None:
    route = Planner().plan(flat(), (1.0, 3.0), (1.0, 3.0))
    assert isinstance(route, Route)
    assert route.length_m == 0
    assert len(route.points) == 1
    near = Planner().plan(flat(), (1.0, 3.0), (1.02, 3.0))
    assert isinstance(near, Route)
    assert near.length_m == pytest.approx(0.02)


def test_same_input_same_bytes() -> None:
    rng = np.random.default_rng(3)
    costs = raw(np.where(rng.uniform(size=(200, 200)) < 0.2, 1.0, rng.uniform(0, 0.8, (200, 200))))
    start, goal = some_free(costs, rng)
    first, second = (Planner().plan(costs, start, goal) for _ in range(2))
    assert isinstance(first, Route)
    assert isinstance(second, Route)
    assert first.points.tobytes() == second.points.tobytes()
    assert first.total_cost == second.total_cost


@pytest.mark.parametrize(
    "values",
    [
        {"hardness": -1.0},
        {"comfort_m": 0.0},
        {"coarse": 1},
        {"corridor": 0},
        {"unknown_weight": 0.5},
        {"spacing_m": math.nan},
    ],
)
def test_preferences_that_cannot_be_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        PlanSpec(**values)  # pyright: ignore[reportArgumentType]  # names and values of its fields


@specs
@settings(max_examples=60, deadline=None)
@given(x=st.floats(-0.3, 4.3), y=st.floats(-0.3, 3.3))
def test_a_robot_at_the_edge_of_the_map_or_beyond_finds_its_way_in(spec: PlanSpec, x: float, y: float) -> None:
    """Its estimate may be a little off, and the edge of a map is no wall."""
    route = Planner(spec).plan(flat(30, 40), (x, y), (2.0, 1.5))
    assert isinstance(route, Route)
    assert route.points[0].tolist() == pytest.approx([x, y])
    assert math.isfinite(route.total_cost)
