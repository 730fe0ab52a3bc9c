"""What can be reached, the way home, whether a way is still free, and rounds."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput, UnknownName
from rudel.navigation.map import GridMap
from rudel.navigation.plan import (
    Home,
    Planner,
    PlanSpec,
    RouteGraph,
    blocked_ahead_m,
    distance_field,
    reachable,
    still_free,
)
from rudel.navigation.types import Costs, Route
from tests.navigation.plan.grids import flat, random_places, some_free, walled


@settings(max_examples=30, deadline=None)
@given(random_places(), st.integers(0, 2**32 - 1))
def test_reachable_is_where_routes_lead(place: tuple[GridMap, Costs], seed: int) -> None:
    _, costs = place
    ends = some_free(costs, np.random.default_rng(seed), 4)
    if not ends:
        return
    mask = reachable(costs, ends[0])
    assert (costs.free[mask]).all()
    for goal in ends[1:]:
        ji, _ = costs.cell_of(np.array(goal))
        assert isinstance(Planner().plan(costs, ends[0], goal), Route) == bool(mask[ji[0], ji[1]])


def test_nothing_is_reachable_from_nowhere() -> None:
    assert not reachable(flat(), (99.0, 99.0)).any()
    assert np.isinf(distance_field(flat(), (99.0, 99.0))).all()


def test_the_way_home_is_about_as_long_as_its_route() -> None:
    costs = walled(door=slice(25, 36))
    home = Home(costs, (1.0, 1.0))
    for xy in ((7.0, 1.0), (7.0, 5.0), (2.0, 5.0)):
        route = home.way_from(xy)
        assert isinstance(route, Route)
        assert home.length_from(xy) == pytest.approx(route.length_m, rel=0.12, abs=0.7)
        assert home.cost_from(xy) == pytest.approx(route.total_cost, rel=0.3, abs=1.0)
    assert home.length_from((1.0, 1.0)) == 0
    assert math.isinf(Home(walled(), (1.0, 1.0)).length_from((7.0, 1.0)))
    assert math.isinf(home.cost_from((99.0, 0.0)))
    with pytest.raises(BadInput):
        Home(costs, (99.0, 0.0))


def test_a_free_way_stays_free_and_a_blocked_one_says_where() -> None:
    before, after = walled(door=slice(20, 40)), walled(door=slice(0, 0))
    route = Planner().plan(before, (1.0, 3.0), (7.0, 3.0))
    assert isinstance(route, Route)
    assert still_free(route, before, (1.0, 3.0))
    assert blocked_ahead_m(route, after, (1.0, 3.0)) == pytest.approx(3.9 - 0.185 - 1.0, abs=0.25)
    assert blocked_ahead_m(route, after, (3.0, 3.0)) == pytest.approx(3.9 - 0.185 - 3.0, abs=0.25)
    assert still_free(route, after, (1.0, 3.0), ahead_m=1.5)
    assert still_free(route, after, (5.0, 3.0))  # what is behind does not matter
    window = dataclasses.replace(
        after,
        origin=(0.0, 2.0),
        cost=after.cost[20:40, :20],
        obstacle=after.obstacle[20:40, :20],
        clearance_m=after.clearance_m[20:40, :20],
    )
    assert still_free(route, window, (1.0, 3.0))  # nor what the window does not show


def test_a_robot_that_stands_too_near_to_something_may_walk_off() -> None:
    costs = walled()
    route = Planner().plan(costs, (3.75, 3.0), (1.0, 3.0))
    assert isinstance(route, Route)
    ji, _ = costs.cell_of(np.array([3.75, 3.0]))
    assert costs.cost[tuple(ji)] == 1
    assert still_free(route, costs, (3.75, 3.0))


def test_the_unknown_does_not_block_a_way() -> None:
    route = Planner().plan(flat(), (1.0, 3.0), (7.0, 3.0))
    assert isinstance(route, Route)
    assert still_free(route, walled(unknown=True), (1.0, 3.0))


def graph(seed: int, count: int, share: float = 1.0) -> RouteGraph:
    rng = np.random.default_rng(seed)
    places = {f"p{k:02}": (float(x), float(y)) for k, (x, y) in enumerate(rng.uniform(0, 30, (count, 2)))}
    ways = {
        (a, b): math.dist(places[a], places[b]) for a, b in itertools.combinations(places, 2) if rng.uniform() < share
    }
    return RouteGraph(places, ways)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_short_rounds_are_the_shortest_there_are(seed: int, count: int) -> None:
    round_over = graph(seed, count)
    order, cost = round_over.round(round_over.places, "p00")
    best = min(
        sum(math.dist(round_over.places[a], round_over.places[b]) for a, b in itertools.pairwise(("p00", *p, "p00")))
        for p in itertools.permutations([n for n in round_over.places if n != "p00"])
    )
    assert order[0] == order[-1] == "p00"
    assert sorted(order[:-1]) == sorted(round_over.places)
    assert cost == pytest.approx(best)


def test_long_rounds_are_no_longer_than_going_round_by_halves() -> None:
    round_over = graph(0, 25)
    order, cost = round_over.round(round_over.places, "p00")
    assert sorted(order[:-1]) == sorted(round_over.places)
    assert cost < 0.75 * 30 * math.sqrt(25) * 1.25  # random points in a square: about 0.7124 sqrt(n A)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_shortest_ways_over_the_graph_obey_the_triangle_inequality(seed: int) -> None:
    some = graph(seed, 9, share=0.3)
    price = {(a, b): some.shortest(a, b)[1] for a in some.places for b in some.places}
    for a, b, c in itertools.product(some.places, repeat=3):
        assert price[a, c] <= price[a, b] + price[b, c] + 1e-9
        assert price[a, b] == pytest.approx(price[b, a])


def test_a_graph_between_places_knows_where_no_way_leads() -> None:
    planner = Planner(PlanSpec())
    whole = RouteGraph.between(planner, walled(door=slice(25, 36)), {"a": (1.0, 1.0), "b": (7.0, 1.0), "c": (1.0, 5.0)})
    assert set(whole.ways) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert whole.routes["a", "b"].points[0].tolist() == [1.0, 1.0]
    split = RouteGraph.between(planner, walled(), {"a": (1.0, 1.0), "b": (7.0, 1.0), "c": (1.0, 5.0)})
    assert set(split.ways) == {("a", "c")}
    assert split.shortest("a", "b") == ([], math.inf)
    with pytest.raises(BadInput, match="no way"):
        split.round(["b"], "a")
    with pytest.raises(UnknownName):
        split.shortest("a", "z")
    with pytest.raises(UnknownName):
        split.round(["z"], "a")
    with pytest.raises(BadInput):
        RouteGraph({"a": (0, 0), "b": (1, 0)}, {("b", "a"): 1.0})
    with pytest.raises(BadInput):
        RouteGraph({"a": (0, 0), "b": (1, 0)}, {("a", "b"): math.nan})
