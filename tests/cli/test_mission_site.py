"""Where a robot stands to look: with room to turn, near to the viewpoint, and with the thing at the same side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.cli import _mission_site
from rudel.cli._mission_site import ASIDE_M, roomy, turned
from rudel.navigation.types import Costs

EDGE_M = 0.1
FREE_M = 0.45
places = st.tuples(st.floats(-3.5, 3.5), st.floats(-3.5, 3.5))
angles = st.floats(-math.pi, math.pi)


def corridor(wall_y: float = 1.0) -> Costs:
    """8 x 8 m around the origin, free below a wall at ``wall_y``."""
    ys = -4 + EDGE_M * (np.arange(80) + 0.5)
    clearance = np.broadcast_to(np.maximum(wall_y - ys, 0.0)[:, None], (80, 80)).astype(np.float32)
    obstacle = clearance <= 0
    return Costs(EDGE_M, (-4.0, -4.0), np.where(clearance < 0.2, 1.0, 0.1).astype(np.float32), obstacle, clearance)


@given(places)
def test_a_stand_has_room_or_is_where_it_was(xy):
    costs = corridor()
    found = roomy(costs, FREE_M, xy)
    (j, i), _ = costs.cell_of(np.array(found))
    away = math.dist(found, xy)
    assert away <= ASIDE_M
    if found != xy:
        assert costs.clearance_m[j, i] >= FREE_M
        assert costs.cost[j, i] < 1
    else:  # it has room already, or there is none in reach
        assert costs.clearance_m[j, i] >= FREE_M or xy[1] > 1.0 - FREE_M + ASIDE_M - 2 * EDGE_M


@given(st.floats(-3.5, 3.5), st.floats(0.6, 0.95))
def test_it_steps_straight_back_from_a_wall_and_no_further_than_needed(x, y):
    moved_x, moved_y = roomy(corridor(), FREE_M, (x, y))
    assert abs(moved_x - x) <= EDGE_M
    assert 1.0 - moved_y == pytest.approx(FREE_M, abs=EDGE_M + 1e-6)


def test_outside_of_the_map_and_in_a_niche_nothing_moves():
    assert roomy(corridor(), FREE_M, (20.0, 0.0)) == (20.0, 0.0)
    assert roomy(corridor(-3.9), FREE_M, (0.0, -3.95)) == (0.0, -3.95)


@given(angles, places, places, places)
def test_a_thing_stays_at_the_same_side(yaw, before, now, at):
    look_at = (*at, 1.0)

    def side(xy, heading) -> complex:
        return np.exp(1j * (math.atan2(at[1] - xy[1], at[0] - xy[0]) - heading))

    assert abs(side(before, yaw) - side(now, turned(yaw, before, now, look_at))) < 1e-9
    assert abs(turned(yaw, before, now, look_at)) <= math.pi


@given(angles, places, places)
def test_who_does_not_move_does_not_turn(yaw, xy, at):
    assert abs(np.exp(1j * turned(yaw, xy, xy, (*at, 0.5))) - np.exp(1j * yaw)) < 1e-9


def test_names_of_shipped_missions_are_paths_that_exist():
    assert "tunnel" in _mission_site.shipped()
    assert all(_mission_site.path_of(name).is_file() for name in _mission_site.shipped())
