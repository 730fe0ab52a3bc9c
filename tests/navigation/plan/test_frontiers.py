"""Frontiers: where the known ends and one can get to, gone once everything is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rudel.navigation.map import costs_of
from rudel.navigation.plan import frontiers, reachable
from rudel.navigation.plan.frontiers import visible_m2
from rudel.navigation.types import Costs
from tests.navigation.plan.grids import ROBOT, grid_of


def room(unknown: slice | None = None, door: bool = False) -> Costs:
    """8 x 6 m between walls of 0.2 m in the middle of the unknown; ``unknown``: columns that nobody has seen."""
    height = np.full((100, 120), np.nan)
    height[20:80, 20:100] = 1.0
    height[22:78, 22:98] = 0.0
    if door:
        height[44:56, 98:100] = 0.0
    if unknown is not None:
        height[:, unknown] = np.nan
    return costs_of(grid_of(height), ROBOT)


def test_a_closed_known_room_has_none() -> None:
    assert frontiers(room(), (4.0, 4.0)) == []


def test_half_a_room_has_one_at_the_edge_of_what_is_known() -> None:
    costs = room(slice(60, 120))
    (only,) = frontiers(costs, (3.0, 5.0))
    assert only.centroid[0] == pytest.approx(5.95, abs=0.1)
    assert only.centroid[1] == pytest.approx(5.0, abs=0.3)
    assert math.dist(only.approach, only.centroid) < 1.5
    assert only.size_m == pytest.approx(5.6, abs=0.3)
    assert 10 < only.gain_m2 < math.pi * 4**2
    assert only.way_m == pytest.approx(math.dist((3.0, 5.0), only.approach), rel=0.15, abs=0.5)
    ji, _ = costs.cell_of(np.array(only.approach))
    assert reachable(costs, (3.0, 5.0))[ji[0], ji[1]]


def test_an_open_door_is_a_frontier() -> None:
    (only,) = frontiers(room(door=True), (4.0, 4.0))
    assert only.centroid == pytest.approx((9.95, 5.0), abs=0.1)


def test_what_cannot_be_reached_is_none() -> None:
    costs = room(slice(60, 120))
    assert frontiers(costs, (8.0, 5.0)) == []  # from the unknown
    blocked = costs.cost.copy()
    blocked[:, 45] = 1.0
    walled_off = Costs(costs.resolution_m, costs.origin, blocked, blocked >= 1, costs.clearance_m)
    assert frontiers(walled_off, (3.0, 5.0)) == []


def test_small_gaps_are_none_and_many_are_sorted_by_worth() -> None:
    height = np.full((100, 120), np.nan)
    height[20:80, 20:100] = 1.0
    height[22:78, 22:98] = 0.0
    height[50:52, 50:52] = np.nan  # two cells that nobody saw
    height[22:78, 70:] = np.nan
    height[18:22, 30:40] = 0.0  # a second opening
    found = frontiers(costs_of(grid_of(height), ROBOT), (3.0, 5.0))
    assert len(found) == 2
    assert [f.worth for f in found] == sorted((f.worth for f in found), reverse=True)


def test_gain_is_the_area_that_comes_into_view() -> None:
    cost = np.full((121, 121), np.nan, np.float32)
    cost[60, 60] = 0.0
    clear = np.full(cost.shape, np.inf, np.float32)
    nothing = Costs(0.1, (0.0, 0.0), cost, np.zeros(cost.shape, np.bool_), clear)
    assert visible_m2(nothing, (60, 60), nothing.unknown, 4.0) == pytest.approx(math.pi * 16, rel=0.05)
    wall = np.zeros(cost.shape, np.bool_)
    wall[:, 61] = True
    half = Costs(0.1, (0.0, 0.0), cost, wall, clear)
    assert visible_m2(half, (60, 60), half.unknown, 4.0) == pytest.approx(math.pi * 8, rel=0.1)
    known = Costs(0.1, (0.0, 0.0), np.zeros(cost.shape, np.float32), wall, clear)
    assert visible_m2(known, (60, 60), known.unknown, 4.0) == 0


def test_same_input_same_frontiers() -> None:
    costs = room(slice(60, 120), door=True)
    assert frontiers(costs, (3.0, 5.0)) == frontiers(costs, (3.0, 5.0))
