"""The search: as good as a plain Dijkstra, and never between two closed cells that touch at a corner."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.navigation.plan import PlanSpec, distance_field, lines
from rudel.navigation.plan.ground import Ground
from rudel.navigation.plan.search import Tree, length_of, shortest, slips
from rudel.navigation.types import Costs
from tests.navigation.plan.grids import dijkstra, random_costs, raw


@settings(max_examples=60, deadline=None)
@given(random_costs(), st.integers(0, 2**32 - 1))
def test_ways_are_as_short_as_dijkstras(costs: Costs, seed: int) -> None:
    weights = Ground(costs, PlanSpec()).weights
    free = np.argwhere(np.isfinite(weights))
    if not len(free):
        return
    rng = np.random.default_rng(seed)
    start, goal = ((int(j), int(i)) for j, i in free[rng.integers(len(free), size=2)])
    best = dijkstra(weights, start)[goal]
    way = shortest(weights, start, goal)
    if np.isinf(best):
        assert way is None
        return
    assert way is not None
    assert tuple(way[0]) == start
    assert tuple(way[-1]) == goal
    assert (np.abs(np.diff(way, axis=0)).max(axis=1) == 1).all() if len(way) > 1 else start == goal
    assert np.isfinite(weights[way[:, 0], way[:, 1]]).all()
    assert not slips(way, weights)
    bare = Tree(weights, start).to(goal)
    assert bare is not None
    assert length_of(way, weights) == pytest.approx(best, rel=0.1 if slips(bare, weights) else 1e-4)
    assert length_of(way, weights) >= best * (1 - 1e-4)


def test_a_gap_at_a_corner_is_no_gap() -> None:
    cost = np.zeros((6, 6))
    cost[[0, 1, 2], 3] = 1.0
    cost[[3, 4, 5], 2] = 1.0
    weights = Ground(raw(cost), PlanSpec()).weights
    assert Tree(weights, (2, 1)).to((3, 4)) is not None  # the bare search slips through
    assert shortest(weights, (2, 1), (3, 4)) is None
    cost[0, 3] = 0.0
    around = shortest(Ground(raw(cost), PlanSpec()).weights, (2, 1), (3, 4))
    assert around is not None
    assert [0, 3] in around.tolist()


def test_a_tree_knows_many_ways() -> None:
    weights = np.ones((30, 40), np.float32)
    tree = Tree(weights, (5, 5))
    for target in ((5, 5), (0, 0), (29, 39)):
        way = tree.to(target)
        assert way is not None
        assert tuple(way[-1]) == target
    weights[:, 20] = np.inf
    assert Tree(weights, (5, 5)).to((5, 30)) is None
    assert Tree(weights, (5, 20)).to((5, 30)) is not None  # begins where it may not go back to


@settings(max_examples=30, deadline=None)
@given(random_costs(), st.integers(0, 2**32 - 1))
def test_distance_fields_are_symmetric_and_bound_the_way(costs: Costs, seed: int) -> None:
    spec = PlanSpec(slack_m=0.0)
    weights = Ground(costs, spec).weights
    free = np.argwhere(np.isfinite(weights))
    if not len(free):
        return
    a, b = ((int(j), int(i)) for j, i in free[np.random.default_rng(seed).integers(len(free), size=2)])
    xy = [((c[1] + 0.5) * 0.1, (c[0] + 0.5) * 0.1) for c in (a, b)]
    there, back = (distance_field(costs, p, spec, coarse=False) for p in xy)
    assert there[b] == pytest.approx(back[a], rel=1e-5)
    assert there[a] == 0
    known = np.isfinite(there)
    j, i = np.nonzero(known[1:, :] & known[:-1, :])
    step = (weights[j, i] + weights[j + 1, i]) * 0.05
    assert (np.abs(there[j, i] - there[j + 1, i]) <= step * (1 + 1e-4) + 1e-6).all()  # no shorter way was missed


def test_coarse_distances_are_near_the_fine_ones() -> None:
    costs = raw(np.random.default_rng(0).uniform(0, 0.2, (100, 100)))
    fine, coarse = (distance_field(costs, (0.3, 0.3), coarse=c) for c in (False, True))
    assert coarse.shape == (20, 20)
    assert coarse[-3:, -3:].mean() == pytest.approx(fine[-15:, -15:].mean(), rel=0.1)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_lines_pass_the_cells_that_points_on_them_are_in(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 9, (2, 6, 2))
    b[0], b[1, 0], a[2] = a[0], a[1, 0], np.floor(a[2])  # no length, along an axis, from a corner
    number, cells = lines.passed(a, b)
    t = (np.arange(4000) + 0.5) / 4000
    for k in range(len(a)):
        points = np.floor(a[k] + t[:, None] * (b[k] - a[k])).astype(int)
        seen, counts = np.unique(points, axis=0, return_counts=True)
        got = {tuple(c) for c in cells[number == k].tolist()}
        assert {tuple(c) for c in seen[counts > 2].tolist()} <= got
        assert len(got - {tuple(c) for c in seen.tolist()}) <= 2  # what points so close together still miss


def test_lines_know_when_they_leave_the_grid() -> None:
    free = np.ones((5, 5), np.bool_)
    a, b = np.array([[2.5, 2.5], [2.5, 2.5]]), np.array([[4.5, 4.5], [5.5, 2.5]])
    assert lines.clear(a, b, free).tolist() == [True, False]
