"""Where a robot can walk."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.worlds.place import KEEP_OUT, SLOW, Box, Layers, layers_from, layers_of, traversability
from tests.worlds.place.places import ROBOT, level


def ground(seed: int, size: int = 40) -> Layers:
    rng = np.random.default_rng(seed)
    z = np.cumsum(rng.normal(size=(size, size)) * 0.02, axis=0)
    z += (rng.uniform(size=z.shape) < 0.02) * 0.5
    z[rng.uniform(size=z.shape) < 0.02] = np.nan
    return layers_from(z, z + rng.uniform(0.3, 9.0, z.shape), 0.1, (0, 0))


def test_level_ground_is_free_everywhere() -> None:
    walk = traversability(layers_of(level()), ROBOT)
    assert (walk.cost == 0).all()
    assert walk.walkable_share == walk.known_share == 1.0
    assert walk.areas_m2 == pytest.approx((36.0,))


def test_a_wall_cuts_a_place_in_two_and_keeps_its_distance() -> None:
    walk = traversability(layers_of(level(Box((1.0, 0, 0.5), (0.05, 4.0, 0.5)))), ROBOT)
    assert len(walk.areas_m2) == 2
    row = walk.walkable[30]
    blocked = np.flatnonzero(~row) * 0.1 - 3 + 0.05
    assert 1.0 - blocked.min() == pytest.approx(0.05 + ROBOT.inscribed_m, abs=0.11)
    assert walk.areas_m2[0] > walk.areas_m2[1]


@pytest.mark.parametrize(("height", "passes"), [(0.10, True), (0.14, True), (0.16, False), (0.5, False)])
def test_a_kerb_is_crossed_up_to_the_highest_step(height: float, passes: bool) -> None:
    walk = traversability(layers_of(level(Box((1.0, 0, height / 2), (0.5, 4.0, height / 2)))), ROBOT)
    assert (len(walk.areas_m2) == 1) is passes


@pytest.mark.parametrize(("room", "passes"), [(0.44, False), (0.46, True)])
def test_under_a_beam_one_needs_ones_height(room: float, passes: bool) -> None:
    walk = traversability(layers_of(level(Box((0, 1.0, room + 0.5), (4.0, 0.3, 0.5)))), ROBOT)
    assert (len(walk.areas_m2) == 1) is passes


@pytest.mark.parametrize(("gap", "passes"), [(0.3, False), (0.7, True)])
def test_a_door_must_be_wider_than_the_robot(gap: float, passes: bool) -> None:
    walls = [Box((1.0, s * (gap / 2 + 2), 0.5), (0.05, 2.0, 0.5)) for s in (-1, 1)]
    walk = traversability(layers_of(level(*walls), 0.05), ROBOT)
    assert (len(walk.areas_m2) == 1) is passes


def test_zones_keep_out_and_slow_down() -> None:
    zones = np.zeros((60, 60), np.uint8)
    zones[20:40, 20:40], zones[:5] = KEEP_OUT, SLOW
    walk = traversability(layers_of(level(), zones=zones), ROBOT)
    assert (walk.cost[20:40, 20:40] == 1).all()
    assert (walk.cost[:5] == 0.5).all()


def test_nobody_slips_between_two_corners() -> None:
    zones = (np.eye(60) * KEEP_OUT).astype(np.uint8)
    thin = dataclasses.replace(ROBOT, length_m=0.01, width_m=0.01)
    assert len(traversability(layers_of(level(), zones=zones), thin).areas_m2) == 2


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_more_able_robot_goes_wherever_a_less_able_one_does(seed: int) -> None:
    layers = ground(seed)
    base = traversability(layers, ROBOT).walkable
    for change in ({"max_step_m": 0.3}, {"max_slope_rad": 1.0}, {"height_m": 0.3}, {"width_m": 0.2}):
        assert not (base & ~traversability(layers, dataclasses.replace(ROBOT, **change)).walkable).any(), change
    assert not (base & ~traversability(layers, ROBOT, unknown_blocks=False).walkable).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_cost_area_and_shares_agree(seed: int) -> None:
    layers = ground(seed)
    walk = traversability(layers, ROBOT)
    np.testing.assert_array_equal(np.isnan(walk.cost), ~layers.known())
    cost = walk.cost[layers.known()]
    assert ((cost >= 0) & (cost <= 1)).all()
    np.testing.assert_array_equal(walk.walkable, walk.cost < 1)
    assert sum(walk.areas_m2) == pytest.approx(walk.walkable.sum() * 0.01)
    assert list(walk.areas_m2) == sorted(walk.areas_m2, reverse=True)
    assert walk.walkable_share == pytest.approx(walk.walkable.sum() / max(layers.known().sum(), 1))
    for a, b in ((walk.component[1:], walk.component[:-1]), (walk.component[:, 1:], walk.component[:, :-1])):
        assert ((a == b) | (a == 0) | (b == 0)).all()  # neighbours are connected


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_turning_the_place_turns_the_answer(seed: int, quarters: int) -> None:
    layers = ground(seed)
    grids = {
        f.name: getattr(layers, f.name) for f in dataclasses.fields(layers) if f.name not in ("resolution_m", "origin")
    }
    other = Layers(0.1, (3, 4), **{k: np.rot90(g, quarters) for k, g in grids.items()})
    one, two = traversability(layers, ROBOT), traversability(other, ROBOT)
    np.testing.assert_allclose(np.rot90(one.cost, quarters), two.cost, atol=1e-6)
    assert one.areas_m2 == pytest.approx(two.areas_m2)
