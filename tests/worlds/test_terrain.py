"""Terrain and HeightField: what they refuse, and how they reach MuJoCo."""

import mujoco
import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.worlds import HeightField, Terrain, build, names
from tests.worlds.casting import cast_down, compiled

BOX = np.array([[0.0, 0.0, 0.1, 0.5, 0.5, 0.1]])


@pytest.mark.parametrize("name", names())
def test_feet_decide_the_friction(name: str):
    """Against a geom that sets friction, contact takes that geom's values, with and without priority."""
    for priority in (0, 1):
        spec = mujoco.MjSpec()
        foot = spec.worldbody.add_body(pos=[0, 0, 0.029])
        foot.add_freejoint()
        geom = foot.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.03, 0, 0], contype=0, conaffinity=1)
        geom.friction, geom.priority = [0.37, 0.013, 0.0007], priority
        terrain = build(name, 0.5, np.random.default_rng(0))
        foot.pos[2] += terrain.height(np.zeros((1, 2)))[0]
        _, data = compiled(terrain, spec)
        assert data.ncon >= 1
        np.testing.assert_allclose(data.contact[0].friction, [0.37, 0.37, 0.013, 0.0007, 0.0007])


def test_stated_friction_and_contact_bits_reach_every_geom():
    spec = mujoco.MjSpec()
    terrain = Terrain("x", (4.0, 4.0), boxes=BOX, floor_m=-0.3, friction=0.8)
    terrain.add_to(spec, contype=5, conaffinity=2)
    geoms = spec.worldbody.geoms
    assert len(geoms) == 6  # floor, four slabs around it, the box
    assert all(g.friction[0] == 0.8 and g.contype == 5 and g.conaffinity == 2 and g.priority == 0 for g in geoms)
    assert all(g.name.startswith("terrain/") for g in geoms)


def test_without_ground_there_is_nothing_beside_the_boxes():
    terrain = Terrain("x", (4.0, 4.0), boxes=BOX, ground=False)
    xy = np.random.default_rng(0).uniform(-3, 3, size=(200, 2))
    np.testing.assert_array_equal(terrain.height(xy) > -np.inf, np.isfinite(cast_down(terrain, xy)))


def test_height_keeps_the_shape_of_its_query_and_does_not_touch_it():
    terrain = build("stairs", 0.5, np.random.default_rng(0))
    xy = np.random.default_rng(1).uniform(-6, 6, size=(5, 7, 2))
    before = xy.copy()
    z = terrain.height(xy)
    assert z.shape == (5, 7)
    np.testing.assert_array_equal(z.ravel(), terrain.height(xy.reshape(-1, 2)))
    np.testing.assert_array_equal(xy, before)


def test_no_crack_between_boxes_that_touch_up_to_rounding():
    boxes = np.array([[0.15, 0, 0.1, 0.15, 1, 0.1], [0.5, 0, 0.1, 0.5 - (0.1 + 0.2), 1, 0.1]])
    ends, begins = boxes[0, 0] + boxes[0, 3], boxes[1, 0] - boxes[1, 3]
    assert 0 < begins - ends < 1e-15
    assert Terrain("x", (6.0, 4.0), boxes=boxes).height(np.array([ends, 0.0])) == pytest.approx(0.2)


def test_rectangular_height_field_and_a_level_one():
    rng = np.random.default_rng(2)
    for heights in (rng.uniform(-0.4, 0.3, size=(11, 31)), np.full((11, 31), -0.2)):
        terrain = Terrain("x", (6.0, 2.0), heightfield=HeightField(heights, 0.2, (-3.0, -1.0)))
        xy = rng.uniform(-1, 1, size=(400, 2)) * [3.5, 1.5]
        np.testing.assert_allclose(terrain.height(xy), cast_down(terrain, xy), atol=2e-6)


def test_height_field_samples_are_its_heights():
    heights = np.random.default_rng(3).normal(size=(6, 9)).astype(np.float32)
    field = HeightField(heights, 0.5, (-2.0, -1.25))
    x, y = np.meshgrid(-2.0 + 0.5 * np.arange(9), -1.25 + 0.5 * np.arange(6))
    np.testing.assert_allclose(field.at(np.stack((x, y), axis=-1)), heights, atol=1e-6)


@pytest.mark.parametrize(
    ("what", "make"),
    [
        ("beyond", lambda: Terrain("x", (0.9, 4.0), boxes=BOX)),
        ("shape", lambda: Terrain("x", (4.0, 4.0), boxes=np.zeros((2, 5)))),
        ("positive half sizes", lambda: Terrain("x", (4.0, 4.0), boxes=BOX * [1, 1, 1, 1, 1, -1])),
        ("floor_m", lambda: Terrain("x", (4.0, 4.0), floor_m=0.1)),
        ("covers", lambda: Terrain("x", (4.0, 4.0), heightfield=HeightField(np.zeros((3, 3)), 1.0, (-1.0, -1.0)))),
        ("2 x 2", lambda: HeightField(np.zeros((1, 3)), 1.0, (0.0, 0.0))),
        ("finite", lambda: HeightField(np.full((3, 3), np.nan), 1.0, (0.0, 0.0))),
        ("resolution_m", lambda: HeightField(np.zeros((3, 3)), 0.0, (0.0, 0.0))),
    ],
)
def test_nonsense_is_refused(what: str, make):
    with pytest.raises(BadInput, match=what):
        make()
