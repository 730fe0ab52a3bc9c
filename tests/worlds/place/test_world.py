"""World: what it refuses, and how it reaches MuJoCo."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from rudel.core.errors import BadInput, UnknownName
from rudel.worlds.place import Box, Cylinder, Material, Mesh, Quad, World
from rudel.worlds.place.transform import reach
from tests.worlds.place.places import level, rich, some_shapes


def compiled(world: World) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    world.add_to(spec)
    return spec.compile()


def test_everything_reaches_mujoco_under_its_name() -> None:
    world = rich()
    model = compiled(world)
    names = {model.geom(k).name for k in range(model.ngeom)}
    assert {"world/floor", "world/ground", "world/scan", "world/lid", "thing/gauge-1/0", "thing/gauge-1/1"} <= names
    assert model.ngeom == 2 + len(world.shapes) + 2
    assert model.nlight == 2
    assert model.nhfield == 1


def test_what_is_not_solid_touches_nothing_and_what_is_not_seen_is_in_the_hidden_group() -> None:
    world = rich()
    model = compiled(world)
    for k, shape in enumerate(world.shapes):
        geom = model.geom(f"world/{shape.name or f'#{k}'}")
        assert bool(geom.contype[0]) is shape.solid
        assert geom.conaffinity[0] == 0
        assert geom.group[0] == (0 if shape.seen else 3)
    assert model.geom("world/ground").group[0] == 3
    assert model.geom("world/floor").group[0] == 0


def test_friction_is_the_materials() -> None:
    model = compiled(level(Box((0, 0, 0), (1, 1, 1), material="ice"), materials={"ice": Material(friction=0.05)}))
    assert model.geom("world/#0").friction.tolist() == [0.05, 0, 0]
    assert model.geom("world/floor").friction.tolist() == [0, 0, 0]


def test_a_thousand_shapes_cost_no_time_to_pose() -> None:
    """All geoms sit on the world body, so that kinematics does not touch them."""
    model = compiled(level(*some_shapes(np.random.default_rng(0), 200)))
    assert (model.geom_bodyid == 0).all()
    assert model.nbody == 1


@pytest.mark.parametrize("seed", range(3))
def test_reach_encloses_a_shape_as_mujoco_does(seed: int) -> None:
    world = level(*some_shapes(np.random.default_rng(seed), 60))
    model = compiled(world)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    for k, shape in enumerate(world.shapes):
        low, high = reach(shape)
        geom = model.geom(f"world/#{k}").id
        turn = data.geom_xmat[geom].reshape(3, 3)
        centre = data.geom_xpos[geom] + turn @ model.geom_aabb[geom, :3]
        half = np.abs(turn) @ model.geom_aabb[geom, 3:]
        assert (low >= centre - half - 1e-6).all()
        assert (high <= centre + half + 1e-6).all()


def test_the_default_material_is_always_there_and_may_be_replaced() -> None:
    assert level().materials["default"] == Material()
    assert level(materials={"default": Material(friction=0.3)}).materials["default"].friction == 0.3


def test_arrays_and_mappings_cannot_be_changed() -> None:
    world = rich()
    for array in (world.textures["dial"], world.ground.heights, world.layers.elevation):  # pyright: ignore[reportOptionalMemberAccess]
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(TypeError):
        world.things[0].truth["value"] = 0  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Box((0, 0, 0), (1, 0, 1)), "greater than 0"),
        (lambda: Box((0, 0), (1, 1, 1)), "needs 3 numbers"),  # pyright: ignore[reportArgumentType]
        (lambda: Box((0, 0, float("nan")), (1, 1, 1)), "finite"),
        (lambda: Box((0, 0, 0), (1, 1, 1), (2, 0, 0, 0)), "length 1"),
        (lambda: Box((0, 0, 0), (1, 1, 1), rgba=(0, 0, 2, 1)), "rgba"),
        (lambda: Box((0, 0, 0), (1, 1, 1), name="a b"), "is no name"),
        (lambda: Cylinder((0, 0, 0), (0, 0, 0), 0.1), "two different ends"),
        (lambda: Mesh(np.eye(4, 3), [[0, 1, 4]]), "name vertices"),
        (lambda: Mesh(np.eye(3), [[0, 1, 2]]), "at least 4"),
        (lambda: Quad((0, 0, 0), (1, 0)), "greater than 0"),
        (lambda: level(Box((0, 0, 0), (1, 1, 1), name="floor")), "'floor'"),
        (lambda: level(half_m=-1), "x_min < x_max"),
        (lambda: level(textures={"t": np.zeros((2, 2, 4), np.uint8)}), "shape"),
    ],
)
def test_nonsense_is_refused(make, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        make()


def test_things_are_found_by_id() -> None:
    assert rich().thing("valve-1").kind == "valve"
    with pytest.raises(UnknownName, match="gauge-1"):
        rich().thing("gauge-2")
