"""World.height: the contact surface that MuJoCo's rays meet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.worlds.place import Box, Convex, Cylinder, HeightField, Sphere, Thing, Waypoint, World, _levels, moved
from rudel.worlds.place._columns import Columns
from tests.worlds.place.places import level, rays_down, some_shapes, turned

SEEDS = st.integers(0, 2**32 - 1)


def contact(world: World, xy: np.ndarray) -> np.ndarray:
    """The highest contact surface below which nothing is free: what a ray from just above ``height`` meets."""
    return rays_down(world, xy, world.height(xy) + 0.2)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_rays_meet_the_surface_at_its_height(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground = HeightField(rng.normal(size=(8, 9)) * 0.1, 1.3, (-5.0, -4.0))
    world = level(*some_shapes(rng, 30), half_m=6.0, ground=ground)
    xy = rng.uniform(-7, 7, (400, 2))
    np.testing.assert_allclose(world.height(xy), contact(world, xy), atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_where_no_storey_is_hidden_the_surface_is_what_is_seen_from_above(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = [
        s for s in some_shapes(rng, 40) if isinstance(s, Box | Sphere) or (isinstance(s, Cylinder) and s.round_ends)
    ]
    buried = [s for s in shapes if not isinstance(s, Box) or s.quat[0] == 1.0]  # upright: nothing is under them
    world = level(*buried, half_m=6.0)
    xy = rng.uniform(-6, 6, (300, 2))
    height, ceiling = world.surface.levels(xy)
    single = np.isnan(height[:, 1:]).all(axis=1)
    assert single.mean() > 0.9
    np.testing.assert_allclose(world.height(xy)[single], rays_down(world, xy)[single], atol=1e-6)
    assert np.isinf(ceiling[single, 0]).all()


def test_nothing_to_stand_on_is_minus_infinity() -> None:
    world = level(Box((0, 0, 0), (1, 1, 0.1)), floor_m=None)
    assert world.height(np.array([[0.0, 0.0], [2.0, 0.0], [9.0, 9.0]])).tolist() == [0.1, -np.inf, -np.inf]


def test_shape_of_the_answer_follows_the_question() -> None:
    world = level(Box((0, 0, 0), (1, 1, 0.1)))
    assert world.height(np.zeros(2)).shape == ()
    assert world.height(np.zeros((4, 5, 2))).shape == (4, 5)
    assert world.height(np.zeros((0, 2))).shape == (0,)


def test_a_tunnel_is_walked_in_and_a_roof_only_when_the_start_is_there() -> None:
    roof = Box((0, 0, 2.1), (2, 2, 0.1))
    inside = level(roof)
    above = level(roof, start=Waypoint("start", (0, 0), z=2.2))
    assert inside.height(np.zeros(2)) == 0.0
    assert above.height(np.zeros(2)) == pytest.approx(2.2)


def test_a_pipe_overhead_does_not_lift_the_ground_however_thin_it_is() -> None:
    world = level(Cylinder((-2, 0.113, 2), (2, 0.113, 2), 0.004))
    y = np.linspace(-0.3, 0.5, 801)
    assert (world.height(np.stack((np.zeros_like(y), y), axis=1)) == 0).all()


def test_a_mezzanine_is_reached_over_its_ramp() -> None:
    """The deck is the storey where the ramp leads, the floor under it is not reached: a wall closes it off."""
    deck = Box((2.5, 0, 1.0), (1.0, 1.0, 0.05))
    wall = [Box((2.5, y, 0.475), (1.05, 0.05, 0.475)) for y in (-1.0, 1.0)] + [
        Box((3.55, 0, 0.475), (0.05, 1.05, 0.475))
    ]
    top = 1.05
    ramp = Convex([[-2.5, -1, 0], [-2.5, 1, 0], [1.5, -1, top], [1.5, 1, top], [1.5, -1, 0], [1.5, 1, 0]])
    world = level(deck, ramp, *wall, half_m=4.0, start=Waypoint("start", (-3, 0)))
    assert world.height(np.array([2.5, 0.0])) == pytest.approx(top)
    assert world.height(np.array([-0.5, 0.0])) == pytest.approx(top / 2)


def test_a_pier_is_walked_on_though_the_pit_below_is_nearer_to_the_start() -> None:
    """The pier hangs over a pit and ends before this bank; one walks there over a bridge and the other bank."""
    banks = [Box((s * 2.75, 0, -1.0), (1.25, 4.0, 1.0)) for s in (-1, 1)]
    bridge, pier = Box((0, -3.0, -0.05), (1.5, 0.5, 0.05)), Box((0.25, 2.0, -0.05), (1.25, 0.5, 0.05))
    world = level(*banks, bridge, pier, half_m=4.0, floor_m=-2.0, start=Waypoint("start", (-1.7, 2.0)))
    there = np.array([[-0.9, 2.0], [1.0, 2.0], [0.0, 0.0], [3.0, 2.0], [0.0, -3.0]])
    assert world.height(there).tolist() == [0.0, 0.0, -2.0, 0.0, 0.0]


def test_closed_hollows_are_not_entered_through_walls() -> None:
    """Beside a corridor that is 1 m high there is a hollow behind a wall: the surface there is the top of it all."""
    roof, base, lid = Box((-1, 0, 2), (2, 3, 1)), Box((2, 0, 0.6), (1, 3, 0.6)), Box((2, 0, 2.3), (1, 3, 0.7))
    world = level(roof, base, lid, start=Waypoint("start", (-1, 0)))
    assert world.height(np.array([[0.0, 0.0], [2.0, 0.0]])) == pytest.approx([0.0, 3.0])


@pytest.mark.parametrize("cell_m", [0.1, 0.02])
def test_nobody_climbs_a_steep_slab_when_there_is_room_under_it(cell_m: float) -> None:
    """However fine the grid is: in a fine one even a steep slope is made of small steps."""
    tilt = np.radians(50.0)
    slab = Box((1.0, 0.0, 1.0), (1.2, 1.0, 0.05), (float(np.cos(tilt / 2)), 0.0, -float(np.sin(tilt / 2)), 0.0))
    world = level(slab, half_m=4.0, start=Waypoint("start", (-2.0, 0.0)))
    height, ceiling = world.surface.grid((-4.0, 4.0, -4.0, 4.0), cell_m)
    j, i = int(4.0 / cell_m), int(5.5 / cell_m)
    assert height[j, i] == 0.0
    assert 0.8 < ceiling[j, i] < 2.0


def test_the_way_round_a_steep_face_counts_even_when_it_is_longer() -> None:
    """In cells of 2 cm a face of 67 degrees rises by 4.7 cm a cell: small steps all the way up, and sooner there."""
    rise, wide = 0.047, 60
    height = np.full((wide, 60, 2), np.nan)
    ceiling = np.full((wide, 60, 2), np.nan)
    height[..., 0], ceiling[..., 0] = 0.0, np.inf
    top = rise * np.arange(1, 41)  # a slab from column 20 on, 5 cm thick, on all rows but the last ones
    free = top - 0.05 >= 0.25
    slab = slice(0, wide - 5)
    height[slab, 20:, 0], ceiling[slab, 20:, 0] = np.where(free, 0.0, top), np.where(free, top - 0.05, np.inf)
    height[slab, 20:, 1], ceiling[slab, 20:, 1] = np.where(free, top, np.nan), np.where(free, np.inf, np.nan)
    storey = _levels.connected(height, ceiling, (2, 2), None, 0.02)
    under = storey[slab, 20:][:, free]
    assert (under == 0).all()  # the ground under the slab, entered from its side


def test_gaps_that_nobody_fits_into_count_as_solid() -> None:
    world = level(Box((1, 0, 0.2), (0.5, 0.5, 0.05)), Box((-1, 0, 0.5), (0.5, 0.5, 0.05)))
    assert world.height(np.array([1.0, 0.0])) == pytest.approx(0.25)
    assert world.height(np.array([-1.0, 0.0])) == 0.0


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_moving_shapes_moves_their_columns(seed: int) -> None:
    """Turning by a quarter about z and shifting: z spans move along, exactly as the points do."""
    rng = np.random.default_rng(seed)
    shapes = some_shapes(rng, 12)
    shift, quarter = (1.5, -0.7, 0.3), (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5))
    xy = rng.uniform(-5, 5, (300, 2))
    there = np.stack((-xy[:, 1], xy[:, 0]), axis=1) + shift[:2]
    before = Columns(shapes).through(xy)
    after = Columns([moved(s, shift, quarter) for s in shapes]).through(there)
    a, b = (
        sorted(zip(p.tolist(), low.round(6).tolist(), high.round(6).tolist(), strict=True))
        for p, low, high in (before, (after[0], after[1] - shift[2], after[2] - shift[2]))
    )
    np.testing.assert_allclose(a, b, atol=1e-5)


def test_parts_of_things_are_part_of_the_ground() -> None:
    rng = np.random.default_rng(0)
    parts = some_shapes(rng, 6, reach_m=0.5)
    quat = turned(rng)
    thing = Thing("rock", "obstacle", (1.0, 2.0, 0.1), quat, parts=tuple(parts))
    loose = level(*(moved(part, (1.0, 2.0, 0.1), quat) for part in parts), half_m=5.0)
    xy = rng.uniform(-1, 4, (500, 2))
    np.testing.assert_allclose(level(half_m=5.0, things=(thing,)).height(xy), loose.height(xy), atol=1e-12)


def test_what_is_not_solid_carries_nobody() -> None:
    assert level(Box((0, 0, 0), (1, 1, 1), solid=False)).height(np.zeros(2)) == 0.0
