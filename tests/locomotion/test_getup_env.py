"""Laws of robots that start lying: where they start, what touches the ground, mirror, determinism."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from rudel import robots
from rudel.core.errors import BadInput
from rudel.core.frames import projected_gravity
from rudel.locomotion import footing
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.fallen import FallenConfig
from rudel.locomotion.getup_env import ON_SIDE, GetupEnv, make_env, options_for
from rudel.locomotion.ground import Ground
from rudel.locomotion.training.trainer import mirrors
from rudel.robots.mirror import AXIAL, POLAR
from rudel.sim.options import SimOptions, training_options
from tests.locomotion import envs, getups

EVERYTHING_EXACT = SimOptions(substep_s=0.005, tolerance=1e-12, bare=True)


def run(env: GetupEnv, seed: int, steps: int = 12) -> list[Any]:
    rng = np.random.default_rng(7)
    said: list[Any] = [env.reset(seed=seed)]
    for _ in range(steps):
        said.append(env.step(rng.normal(size=(env.num_envs, 12)).astype(np.float32)))
    return said


def test_the_same_seed_gives_the_same_bytes() -> None:
    config = getups.lite3(episode_s=0.2)
    env = getups.make(config)
    first = run(env, 3)
    assert any("final_obs" in step[4] for step in first[1:])  # new starts are part of it
    assert data_equivalence(first, run(env, 3), exact=True)
    assert data_equivalence(first, run(getups.make(config, seed=11), 3), exact=True)
    assert not data_equivalence(first, run(env, 4))


def test_every_episode_starts_lying() -> None:
    config = getups.lite3(6, episode_s=0.1)
    env = getups.make(config, n=6)
    env.reset(seed=1)
    assert env.lying is not None
    starts = {row.tobytes() for row in env.lying[0]}
    assert {row.tobytes() for row in env.sim.qpos} == starts  # each once, as many robots as there are states
    for _ in range(20):
        *_, truncated, _ = env.step(np.zeros((6, 12), np.float32))
        assert all(row.tobytes() in starts for row in env.sim.qpos[truncated])


def test_as_many_as_asked_for_start_on_a_side() -> None:
    states = FallenConfig(states=32)
    for share, least, most in ((1.0, 1.0, 1.0), (0.0, 0.0, 0.6)):
        env = getups.make(getups.lite3(fallen=dataclasses.replace(states, side_share=share)), n=32)
        env.reset(seed=1)
        lie = np.abs(projected_gravity(env.sim.qpos[:, 3:7])[:, 2])
        assert least <= (lie < ON_SIDE).mean() <= most


def test_joints_hold_what_they_had_until_the_first_action_arrives() -> None:
    env = getups.make()
    env.reset(seed=1)
    np.testing.assert_allclose(env.targets, env.sim.q, atol=1e-6)


def test_whoever_walks_starts_standing_as_ever() -> None:
    walk, getup = envs.lite3_walk(), getups.lite3()
    spec, options = robots.load("lite3"), training_options()
    assert options_for(walk, options, Ground()) == options
    assert options_for(getup, options, Ground()).body_contacts
    assert type(make_env(spec, walk, Ground(), 2, options, 0, 1)) is LocomotionEnv
    assert type(make_env(spec, getup, Ground(), 2, options_for(getup, options, Ground()), 0, 1)) is GetupEnv


def test_impossible_drops_are_refused_with_the_skill() -> None:
    with pytest.raises(BadInput, match="states"):
        dataclasses.replace(getups.lite3(), fallen=FallenConfig(states=0)).validate()


@pytest.mark.parametrize("part", ["base", "thigh", "shank", "hip", "foot"])
def test_every_part_of_the_body_meets_the_ground(part: str) -> None:
    """A robot put with one part lowest must be stopped by it, not fall through."""
    env = getups.make(getups.calm(), n=1)
    touching = {
        env.sim.model.body(env.sim.model.geom_bodyid[i]).name
        for i in range(env.sim.model.ngeom)
        if env.sim.model.geom_conaffinity[i] and env.sim.model.geom_bodyid[i]
    }
    if part == "foot":
        assert all(env.sim.model.geom_conaffinity[env.sim.model.geom(foot).id] for foot in env.robot.feet)
    else:
        assert sum(part in name for name in touching) == (1 if part == "base" else 4)


def test_a_lying_robot_lies_on_its_trunk() -> None:
    env = getups.make(getups.calm(), n=2)
    getups.lay(env, getups.ON_BACK, 0.15, env.robot.rest_pose)
    getups.drive(env, 1.0)
    assert (env.sim.qpos[:, 2] > 0.04).all()


def test_who_stands_is_on_its_feet_and_who_lies_is_not() -> None:
    env = getups.make(getups.calm(), n=2)
    getups.lay(env, np.array([1.0, 0, 0, 0]), env.robot.nominal_height_m, env.robot.default_pose)
    getups.drive(env, 0.1)
    assert footing.up(env.snapshot).all()
    assert footing.height(env.snapshot) == pytest.approx(1, abs=0.1)
    getups.lay(env, getups.ON_BACK, 0.12, env.robot.default_pose)
    getups.drive(env, 0.1)
    assert not footing.up(env.snapshot).any()
    assert (projected_gravity(env.sim.qpos[:, 3:7])[:, 2] > 0.9).all()


def test_sending_the_joints_to_the_stance_does_not_turn_a_robot_over() -> None:
    env = getups.make(getups.calm(episode_s=10.0), n=4)
    getups.lay(env, getups.ON_BACK, 0.12, env.robot.rest_pose)
    for _ in range(150):
        env.step(np.zeros((4, 12), np.float32))
        assert not footing.up(env.snapshot).any()


def test_a_jolt_is_a_change_of_the_base_s_velocity() -> None:
    env = getups.make(getups.calm(), n=2)
    env.reset(seed=0)
    before = env.sim.qvel[:, :3].copy()
    env.step(np.ones((2, 12), np.float32))
    np.testing.assert_allclose(env.snapshot.jolt, env.sim.qvel[:, :3] - before, atol=1e-6)
    assert np.abs(env.snapshot.jolt).max() > 1e-3


@pytest.mark.parametrize("robot", robots.names())
def test_a_mirrored_robot_gets_up_mirrored(robot: str, rng: np.random.Generator) -> None:
    config = getups.calm(4)
    env, twin = (getups.make(config, spec=envs.symmetric(robot), options=EVERYTHING_EXACT) for _ in range(2))
    mirror_obs, _, mirror_action = mirrors(env.robot, config)
    env.reset(seed=2)
    twin.reset(seed=2)
    a, b = env.sim, twin.sim
    qpos, qvel = a.qpos.copy(), a.qvel.copy()
    qpos[:, :3] *= POLAR
    qpos[:, 3:7] *= [1, -1, 1, -1]
    qpos[:, a.qpos_joints] = mirror_action(a.q)
    qvel[:, :3] *= POLAR
    qvel[:, 3:6] *= AXIAL
    qvel[:, a.qvel_joints] = mirror_action(a.dq)
    env.start_at(a.qpos.copy(), a.qvel.copy())
    twin.start_at(qpos, qvel)
    for _ in range(4):
        action = rng.normal(size=(4, 12)).astype(np.float32) * 0.3
        obs, reward, *_ = env.step(action)
        obs_twin, reward_twin, *_ = twin.step(mirror_action(action))
        np.testing.assert_allclose(b.q, mirror_action(a.q), atol=1e-4)
        np.testing.assert_allclose(obs_twin, mirror_obs(obs), atol=1e-3)
        np.testing.assert_allclose(reward_twin, reward, atol=1e-3)
        np.testing.assert_array_equal(footing.up(twin.snapshot), footing.up(env.snapshot))
