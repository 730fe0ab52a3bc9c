"""Floor plans: the floor has the right area, the walls close it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.worlds.places._region import OVERLAP_M, Rect, Region
from rudel.worlds.places._tunnel_plan import plan

edge = st.integers(0, 12)
rects = st.tuples(edge, edge, edge, edge).filter(lambda r: r[0] != r[1] and r[2] != r[3])


def upright(r: tuple[int, int, int, int]) -> Rect:
    return float(min(r[:2])), float(max(r[:2])), float(min(r[2:])), float(max(r[2:]))


def covered(rooms: list[Rect], x: float, y: float) -> bool:
    return any(a < x < b and c < y < d for a, b, c, d in rooms)


@settings(max_examples=60)
@given(rooms=st.lists(rects, min_size=1, max_size=5), holes=st.lists(rects, max_size=3))
def test_floor_is_rooms_without_holes(rooms: list, holes: list):
    r, h = [upright(one) for one in rooms], [upright(one) for one in holes]
    region = Region(r, h)
    floors = region.floors()
    cells = [(i + 0.5, j + 0.5) for i in range(12) for j in range(12)]
    for x, y in cells:
        on = [f for f in floors if f[0] < x < f[1] and f[2] < y < f[3]]
        assert len(on) == (covered(r, x, y) and not covered(h, x, y)), "each point on just one floor, or none"
        assert region.inside((x, y)) == covered(r, x, y)
    area = sum((b - a - 2 * OVERLAP_M) * (d - c - 2 * OVERLAP_M) for a, b, c, d in floors)
    assert np.isclose(area, sum(covered(r, *p) and not covered(h, *p) for p in cells))


@settings(max_examples=60)
@given(rooms=st.lists(rects, min_size=1, max_size=5))
def test_walls_close_the_rooms(rooms: list):
    """Gauss: over a closed outline the wall normals cancel, and the outline gives the area."""
    r = [upright(one) for one in rooms]
    region = Region(r)
    normals = np.array([np.multiply(w.normal, w.length_m) for w in region.walls])
    np.testing.assert_allclose(normals.sum(axis=0), 0.0, atol=1e-9)
    middles = np.array([w.at(w.length_m / 2) for w in region.walls])
    area = -(normals * middles).sum() / 2  # normals point inwards
    assert np.isclose(area, sum(covered(r, i + 0.5, j + 0.5) for i in range(12) for j in range(12)))
    for wall in region.walls:
        assert region.inside(wall.at(wall.length_m / 2, 0.01))
        assert not region.inside(wall.at(wall.length_m / 2, -0.01))


@given(length_m=st.floats(20, 800), seed=st.integers(0, 2**32 - 1))
def test_a_plan_is_as_long_as_asked_for_and_connected(length_m: float, seed: int):
    corridors = plan(length_m, np.random.default_rng(seed))
    total = sum(c.length_m for c in corridors)
    assert total == pytest.approx(length_m)
    reached = {corridors[0].a}
    for c in corridors:
        assert c.a in reached, "each corridor begins where one has been"
        reached.add(c.b)
    orders = [c.order_m for c in corridors]
    assert orders == sorted(orders)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_corridors_do_not_run_into_each_other(seed: int):
    """Only where they meet: the free area is that of the corridors less their overlaps at corners and junctions."""
    corridors = plan(300.0, np.random.default_rng(seed))
    half = 1.4
    for i, a in enumerate(corridors):
        for b in corridors[i + 1 :]:
            if {a.a, a.b} & {b.a, b.b}:
                continue
            (ax0, ax1, ay0, ay1), (bx0, bx1, by0, by1) = a.rect(half), b.rect(half)
            apart = max(bx0 - ax1, ax0 - bx1, by0 - ay1, ay0 - by1)
            assert apart > 0.3 or _in_line(a.rect(half), b.rect(half)), "a wall fits between"


def _in_line(a: Rect, b: Rect) -> bool:
    """The main line on both sides of a dead end or loop: the two stretches almost touch, on one line."""
    return a[:2] == b[:2] or a[2:] == b[2:]
