"""Laws that every built-in place obeys, whichever there are."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from rudel import worlds
from rudel.core.errors import BadInput
from rudel.worlds.place import Mesh, RobotSize, World, layers_of, load, save, traversability
from rudel.worlds.place.check import NOTE, problems
from rudel.worlds.things.cover import DEPTH_M

NAMES = worlds.place_names()
SMALL: dict[str, dict[str, Any]] = {
    "tunnel": {"length_m": 60.0, "things": 11},
    "plant": {"bays": 3, "things": 12},
    "rubble": {"size_m": 13.0, "things": 8},
    "outdoors": {"size_m": 24.0, "things": 8},
}
# a Lite3 in its stance; 0.14 m is 0.4 of its height
LITE3 = RobotSize("lite3", length_m=0.61, width_m=0.37, height_m=0.45, max_step_m=0.139, max_slope_rad=0.52)


@lru_cache(maxsize=64)
def built(name: str, difficulty: float = 0.5, seed: int = 0) -> World:
    return worlds.build_place(name, difficulty, np.random.default_rng(seed), **SMALL.get(name, {}))


def digest(world: World) -> str:
    """Of everything in a world, bit by bit."""
    sha = hashlib.sha256()

    def add(value: Any) -> None:
        if isinstance(value, np.ndarray):
            sha.update(value.tobytes())
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            for field in dataclasses.fields(value):
                add(getattr(value, field.name))
        elif isinstance(value, tuple | list):
            for one in value:
                add(one)
        elif isinstance(value, Mapping):
            for key, one in value.items():
                add((key, one))
        else:
            sha.update(repr(value).encode())

    add(world)
    return sha.hexdigest()


def test_the_promised_places_exist():
    assert set(NAMES) >= {"tunnel", "plant", "rubble", "outdoors"}


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_bytes_and_another_seed_other_ones(name: str):
    again = worlds.build_place(name, 0.5, np.random.default_rng(0), **SMALL.get(name, {}))
    assert digest(again) == digest(built(name))
    assert digest(built(name, 0.5, 1)) != digest(built(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_place_comes_back_as_it_was(name: str, tmp_path: Path):
    save(built(name), tmp_path / name)
    assert digest(load(tmp_path / name)) == digest(built(name))


@pytest.mark.parametrize("name", NAMES)
def test_all_things_find_a_place_and_their_share_is_faulty(name: str):
    for difficulty in (0.0, 1.0):
        for seed in range(2):
            world = built(name, difficulty, seed)
            assert len(world.things) == SMALL[name]["things"]
            able = [t for t in world.things if t.kind not in ("qr", "apriltag", "dummy")]
            faults = sum(t.fault is not None for t in world.things)
            assert faults == round(0.25 * len(able))
            assert all(t.viewpoint is not None for t in world.things)
            assert {s.thing for s in world.gas} == {t.id for t in world.things if t.truth.get("leaking")}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("rate", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_fault_rate(name: str, rate: float, share: float):
    world = worlds.build_place(name, 0.5, np.random.default_rng(3), **{**SMALL[name], "fault_rate": rate})
    able = [t for t in world.things if t.kind not in ("qr", "apriltag", "dummy")]
    assert [t.fault is not None for t in able] == [bool(share)] * len(able)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [{"things": -1}, {"fault_rate": 1.5}, {"fault_rate": math.nan}])
def test_parameters_out_of_range_are_refused(name: str, bad: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(bad))):
        worlds.build_place(name, 0.5, np.random.default_rng(0), **bad)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("tunnel", {"length_m": 5.0}),
        ("tunnel", {"length_m": math.nan}),
        ("plant", {"bays": 1}),
        ("rubble", {"size_m": 1e3}),
        ("outdoors", {"size_m": 1.0}),
    ],
)
def test_sizes_out_of_range_are_refused(name: str, bad: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(bad))):
        worlds.build_place(name, 0.5, np.random.default_rng(0), **bad)


def test_a_full_place_says_what_it_left_out():
    world = worlds.build_place("tunnel", 0.5, np.random.default_rng(0), length_m=30.0, things=100)
    assert 0 < len(world.things) < 100
    assert world.notes["left_out"] == 100 - len(world.things)


@pytest.mark.parametrize("name", NAMES)
def test_route_visits_every_thing(name: str):
    world = built(name)
    assert set(world.routes["inspection"]) >= {t.id for t in world.things}


@pytest.mark.parametrize("name", NAMES)
def test_viewpoints_look_at_their_things(name: str):
    for thing in built(name).things:
        assert thing.viewpoint is not None
        away = np.subtract(thing.viewpoint.look_at[:2], thing.viewpoint.xy)
        assert 0.5 < np.linalg.norm(away) < 2.0
        heading = np.array((math.cos(thing.viewpoint.yaw_rad), math.sin(thing.viewpoint.yaw_rad)))
        assert away @ heading == pytest.approx(np.linalg.norm(away))


@pytest.mark.slow
@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", NAMES)
def test_a_lite3_reaches_and_sees_everything(name: str, difficulty: float):
    """Walkable from the start to every viewpoint and corner, and nothing between a viewpoint and what it looks at."""
    for seed in range(2):
        world = built(name, difficulty, seed)
        layers = layers_of(world)
        walk = traversability(layers, LITE3)
        serious = [p for p in problems(world, layers, walk, LITE3) if p.severity != NOTE]
        assert serious == []
        j, i = np.moveaxis(layers.cell_of(np.array([t.viewpoint.xy for t in world.things if t.viewpoint]))[0], 1, 0)
        assert (layers.step_m[j, i] < LITE3.max_step_m).all()


@pytest.mark.parametrize("name", ["tunnel", "plant", "rubble"])
def test_viewpoints_keep_their_distance(name: str):
    """Half a metre from walls, 0.42 m from machines and the like: here, from all that is 1.5 m high."""
    world = built(name, 1.0)
    spec = mujoco.MjSpec()
    world.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    solid = np.zeros(mujoco.mjNGROUP, np.uint8)
    solid[3] = 1
    for thing in world.things:
        assert thing.viewpoint is not None
        eye = np.array((*thing.viewpoint.xy, float(world.height(np.array([thing.viewpoint.xy]))[0]) + 1.5))
        for turn in np.linspace(0, 2 * np.pi, 16, endpoint=False):
            geom, ray = np.zeros(1, np.int32), np.array((np.cos(turn), np.sin(turn), 0.0))
            hit = mujoco.mj_ray(model, data, eye, ray, solid, 1, -1, geom)
            assert hit < 0 or hit >= 0.42


def test_geoms_of_a_long_tunnel_are_few():
    """Each costs time in every step of the physics, and those that can be touched cost more."""
    for difficulty in (0.0, 1.0):
        world = worlds.build_place("tunnel", difficulty, np.random.default_rng(0), length_m=300.0)
        spec = mujoco.MjSpec()
        world.add_to(spec)
        model = spec.compile()
        assert model.ngeom <= 400
        assert (model.geom_contype > 0).sum() <= 200
        assert len(world.things) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_looks_are_few_meshes(name: str):
    """What is only seen is merged by skin."""
    meshes = [s for s in built(name).shapes if isinstance(s, Mesh)]
    assert len(meshes) == len({m.material for m in meshes})


def test_covers_that_are_missing_leave_a_hole():
    found = set()
    for seed in range(4):
        world = worlds.build_place("tunnel", 0.5, np.random.default_rng(seed), length_m=60.0, things=10, fault_rate=0.5)
        for thing in world.things:
            if thing.kind == "cover":
                depth = float(world.height(np.array([thing.position[:2]]))[0])
                assert depth == pytest.approx(0.0 if thing.truth["present"] else -DEPTH_M)
                found.add(thing.truth["present"])
    assert found == {True, False}


def test_relief_is_as_steep_as_asked_for():
    from rudel.worlds.places._elevation import relief, steepness

    for degrees in (5.0, 20.0):
        heights = relief(40.0, 0.25, math.radians(degrees), np.random.default_rng(1))
        rise = np.percentile(steepness(heights, 0.25), 99)
        assert math.degrees(math.atan(rise)) == pytest.approx(degrees, abs=0.01)
        assert heights.min() == 0.0
