"""A robot that does what it is told stays inside of its fence, in corners and around holes, whatever is ordered."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.core.types import Twist
from rudel.runtime.fence import Fence

MARGIN_M, DT_S = 0.3, 0.02
L_SHAPE = ((0.0, 0.0), (6.0, 0.0), (6.0, 2.5), (2.5, 2.5), (2.5, 6.0), (0.0, 6.0))
WEDGE = ((0.0, 0.0), (8.0, 0.6), (8.0, 1.6), (0.0, 2.4), (-3.0, 1.2))
POST = ((3.0, 1.0), (3.4, 1.0), (3.4, 1.4), (3.0, 1.4))
FENCES = (Fence(L_SHAPE, margin_m=MARGIN_M), Fence(L_SHAPE, [POST], margin_m=MARGIN_M), Fence(WEDGE, margin_m=MARGIN_M))
SPEEDS = st.floats(-3.0, 3.0)
TWISTS = st.builds(Twist, SPEEDS, SPEEDS, SPEEDS)
GRID = [(0.1717 * i - 3.0, 0.1717 * j - 1.0) for i in range(65) for j in range(50)]
PLACES = [(fence, xy, fence.distance_m(xy)) for fence in FENCES for xy in GRID]
INSIDE = st.sampled_from([(fence, xy) for fence, xy, away_m in PLACES if away_m > MARGIN_M])
OUTSIDE = st.sampled_from([(fence, xy) for fence, xy, away_m in PLACES if away_m < 0])


def walk(xy: tuple[float, float], yaw: float, twist: Twist) -> tuple[tuple[float, float], float]:
    c, s = math.cos(yaw), math.sin(yaw)
    x, y = xy[0] + DT_S * (c * twist.vx - s * twist.vy), xy[1] + DT_S * (s * twist.vx + c * twist.vy)
    return (x, y), yaw + DT_S * twist.wz


@settings(max_examples=40)
@given(INSIDE, st.floats(-4, 4), st.lists(TWISTS, min_size=1, max_size=4))
@example((FENCES[2], (5.0, 1.1)), 0.0, [Twist(3.0, 3.0), Twist(3.0, -3.0)])
def test_whatever_is_ordered_the_margin_is_kept(place, yaw: float, orders: list[Twist]) -> None:
    fence, xy = place
    for order in orders:
        for _ in range(60):
            xy, yaw = walk(xy, yaw, fence.allow(xy, yaw, order))
            assert fence.distance_m(xy) > MARGIN_M - 1e-6


@given(OUTSIDE, st.floats(-4, 4), TWISTS)
def test_outside_only_ways_that_lead_back_or_along_are_left(place, yaw: float, order: Twist) -> None:
    fence, xy = place
    left = fence.allow(xy, yaw, order)
    there, _ = walk(xy, yaw, left)
    along = math.hypot(fence.distance_m(xy), DT_S * math.hypot(left.vx, left.vy))  # a step across leads round a corner
    assert fence.distance_m(there) >= -along - 1e-9


def test_far_from_the_edge_nothing_is_cut_and_turning_never() -> None:
    fence = FENCES[0]
    order = Twist(0.5, 0.1, 0.7)
    assert fence.allow((1.25, 1.25), 0.3, order) is order
    at_edge = fence.allow((0.3, 1.25), math.pi, Twist(0.5, 0.2, 0.7))
    assert at_edge.vx == pytest.approx(0.0, abs=1e-9)
    assert (at_edge.vy, at_edge.wz) == pytest.approx((0.2, 0.7))


def test_doubt_is_as_good_as_margin_and_without_heading_every_way_is_slow() -> None:
    fence, twist = FENCES[0], Twist(0.6, 0.0, 0.2)
    assert fence.allow((5.0, 1.25), 0.0, twist).vx > fence.allow((5.0, 1.25), 0.0, twist, doubt_m=0.6).vx
    slow = fence.slowed((1.25, 1.25), twist, 0.7)
    assert math.hypot(slow.vx, slow.vy) == pytest.approx((1.25 - MARGIN_M - 0.7) / 0.8)
    assert fence.slowed((1.25, 1.25), twist, 2.0) == Twist(0.0, 0.0, 0.2)


def test_distance_has_a_sign() -> None:
    fence = FENCES[1]
    assert fence.distance_m((1.0, 3.0)) == pytest.approx(1.0)
    assert fence.distance_m((4.0, 4.0)) == pytest.approx(-1.5)
    assert fence.distance_m((3.2, 1.2)) == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        ([(0, 0), (1, 0)], "three corners"),
        ([(0, 0), (1, 0), (2, 0)], "no inside"),
        ([(0, 0), (1, 1), (1, 0), (0, 1)], "crosses itself|no inside"),
        ([(0, 0), (3, 1), (3, 0), (0, 2)], "crosses itself"),
        ([(0, 0), (1, math.nan), (1, 1)], "finite"),
    ],
)
def test_polygons_without_an_inside_are_refused(outline, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Fence(outline)
    with pytest.raises(BadInput, match="margin"):
        Fence(L_SHAPE, margin_m=-1.0)
