"""A robot in a World: it compiles, it stands, and the training side sees the same ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rudel import robots
from rudel.core.types import JointTargets
from rudel.locomotion.ground import TerrainGround, make_ground
from rudel.sim.live import LiveSim
from rudel.sim.robot_size import robot_size
from rudel.worlds.place import Box, Waypoint, World, save
from tests.worlds.place.places import level, rich

SPEC = robots.load("lite3")


def standing(world: World) -> LiveSim:
    live = LiveSim(SPEC, world, realtime_factor=None)
    live.source = lambda: JointTargets.hold(SPEC.default_pose, SPEC.stand_kp, SPEC.stand_kd)
    live.reset(SPEC.default_pose)
    live.step(1.0)
    return live


@pytest.mark.parametrize(
    "world",
    [
        level(start=Waypoint("start", (1.0, -0.5), 0.8)),
        level(Box((0, 0, 0.25), (2, 2, 0.25)), start=Waypoint("start", (0.5, 0.5), -2.0)),
        level(Box((0, 0, 2.0), (2, 2, 0.1)), start=Waypoint("start", (0, 0), 3.0)),
        rich(),
    ],
    ids=["floor", "slab", "roof", "everything"],
)
def test_a_lite3_stands_where_the_world_says(world: World) -> None:
    state = standing(world).true_state()
    ground = float(world.height(state.pose.position[:2]))
    assert state.pose.position[2] == pytest.approx(ground + SPEC.nominal_height_m, abs=0.12)
    assert np.linalg.norm(state.pose.position[:2] - world.spawn) < 0.15
    assert abs(np.angle(np.exp(1j * (state.yaw - world.spawn_yaw_rad)))) < 0.2
    assert np.linalg.norm(state.velocity) < 0.3


def test_training_starts_on_the_ground_of_a_folder(tmp_path: Path) -> None:
    shapes = (Box((5, 1, 0.2), (1, 1, 0.2)),)
    world = World("off", Waypoint("s", (5.0, 1.0)), (2.0, 8.0, -1.0, 3.0), floor_m=0.0, shapes=shapes)
    save(world, tmp_path / "off")
    ground = make_ground(str(tmp_path / "off"), 0.5, 0)
    assert isinstance(ground, TerrainGround)
    starts = ground.spawn(50, np.random.default_rng(0))
    np.testing.assert_allclose(starts[:, 2], 0.4)
    inside = np.array([[5.0, 1.0], [2.6, -0.4], [7.4, 2.4], [2.4, 1.0], [5.0, 2.6], [0.0, 0.0]])
    assert ground.outside(inside).tolist() == [False, False, False, True, True, True]


@pytest.mark.parametrize("name", robots.names())
def test_sizes_are_those_of_the_model(name: str) -> None:
    spec = robots.load(name)
    size = robot_size(spec)
    assert size.height_m > spec.nominal_height_m
    assert 1.2 < size.length_m / size.width_m < 2.5
    assert robot_size(spec, 0.2, 0.3).max_step_m == 0.2
