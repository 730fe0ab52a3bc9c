"""What an environment is told: commands, worlds, and configurations that are refused."""

from __future__ import annotations

import numpy as np
import pytest

from rudel import robots, worlds
from rudel.core.errors import BadInput, UnknownName
from rudel.core.frames import quat_from_yaw
from rudel.locomotion.commands import draw
from rudel.locomotion.config import CommandConfig, apply_overrides, apply_tuning
from rudel.locomotion.ground import make_ground
from rudel.locomotion.training.ppo import PpoConfig
from rudel.sim.options import evaluation_options
from tests.locomotion import envs

N = 4


def test_commands_are_drawn_as_stated() -> None:
    commands = CommandConfig((1.0, 0.5, 2.0), 5.0, standing_share=0.2, straight_share=0.3)
    env = envs.make(envs.calm(commands=commands))
    drawn = draw(env.config.commands, np.zeros((20_000, 3), np.float32), env.rng)
    assert (np.abs(drawn) <= commands.max_twist).all()
    standing = ~drawn.any(axis=1)
    straight = (drawn[:, 0] != 0) & ~drawn[:, 1:].any(axis=1)
    assert standing.mean() == pytest.approx(0.2, abs=0.015)
    assert straight.mean() == pytest.approx(0.3, abs=0.015)
    free = drawn[~standing & ~straight]
    # a uniform draw within +- a has the standard deviation a / sqrt 3
    np.testing.assert_allclose(free.std(axis=0), np.array(commands.max_twist) / np.sqrt(3), rtol=0.03)


def test_a_share_of_the_commands_turns_the_last_one_around() -> None:
    commands = CommandConfig((1.0, 0.5, 2.0), 5.0, standing_share=0.1, straight_share=0.1, reversal_share=0.3)
    env = envs.make(envs.calm(commands=commands))
    last = env.rng.uniform(-1, 1, (20_000, 3)).astype(np.float32) * np.float32([1.0, 0.5, 2.0])
    share = draw(env.config.commands, last, env.rng) / np.float32(commands.max_twist)
    assert (np.abs(share) <= 1).all()
    turned = ((np.abs(share) >= 0.7 - 1e-6) & (share * last < 0)).all(axis=1)
    by_chance = 0.5 * 0.15**3
    assert turned.mean() == pytest.approx(0.3 + by_chance, abs=0.015)


def test_commands_change_when_they_are_due() -> None:
    env = envs.make(envs.calm(commands=CommandConfig(resample_s=0.2)), n=8)
    env.reset(seed=0)
    action, changes = np.zeros((8, 12), np.float32), np.zeros(8, int)
    for _ in range(50):
        before = env.command.copy()
        env.step(action)
        changes += (env.command != before).any(axis=1)
    assert (changes >= 3).all()  # 1 s in periods of 0.2 s; a draw may repeat standing still
    assert (changes <= 6).all()


@pytest.mark.parametrize("world", worlds.names())
def test_every_world_can_be_walked_on(world: str) -> None:
    ground = make_ground(world, 0.5, 0)
    env = envs.make(envs.calm(reset_speed=0.3), n=8, ground=ground, options=evaluation_options())
    obs, _ = env.reset(seed=0)
    for _ in range(20):
        obs, reward, *_ = env.step(np.zeros((8, 12), np.float32))
        assert np.isfinite(obs).all()
        assert np.isfinite(reward).all()
        assert env.snapshot.foot_clearance.min() >= -0.01
        assert np.isfinite(env.critic_observation()).all()
    assert (env.snapshot.foot_force.sum(axis=1) > 0).any()


def test_leaving_the_terrain_ends_an_episode_without_blame() -> None:
    env = envs.make(envs.calm(), ground=make_ground("slope", 0.0, 0))
    env.reset(seed=0)
    env.sim.qpos[3, :2] += 100.0
    env.sim.qpos[3, 2] += 1.0
    env.sim.qpos[3, 3:7] = quat_from_yaw(np.asarray(0.0))
    _, _, terminated, truncated, info = env.step(np.zeros((N, 12), np.float32))
    assert truncated.tolist() == [False, False, False, True]
    assert not terminated.any()
    assert info["_final_obs"].tolist() == truncated.tolist()
    assert not env.ground.outside(env.sim.qpos[:, :2]).any()


# --- configuration --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("rewards.alvie", "alive"),
        ("gait.frequenzy_hz", "frequency_hz"),
        ("ppo.epoch", "epochs"),
        ("comands.resample_s", "commands"),
        ("ppo.", "epochs"),
    ],
)
def test_unknown_keys_are_refused_with_the_nearest(key: str, nearest: str) -> None:
    with pytest.raises(UnknownName, match=nearest):
        apply_overrides(envs.lite3_walk(), PpoConfig(), {key: 1})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rewards.alive", "much"),
        ("rewards.alive", True),
        ("rewards.alive", [1]),
        ("rewards.alive.more", 1),
        ("rewards", 3),
        ("rewards", {"alive": "much"}),
        ("ppo.epochs", 2.5),
        ("ppo.epochs", True),
        ("ppo.epochs", "3"),
        ("ppo.hidden", ["wide"]),
        ("ppo.rate", float("nan")),
        ("name", 3),
        ("kp", "stiff"),
        ("action_scale", 0.1),
        ("action_scale", [0.1]),
        ("gait", 2),
        ("gait.duty", 1.5),
        ("gait.frequency_hz.more", 2),
        ("commands.max_twist", [1, 2]),
        ("period_s", 0),
    ],
)
def test_values_of_another_kind_are_refused(key: str, value: object) -> None:
    with pytest.raises(
        BadInput, match=key.split(".")[-1] if key not in ("rewards.alive.more", "gait.frequency_hz.more") else "below"
    ):
        apply_overrides(envs.lite3_walk(), PpoConfig(), {key: value})


def test_overrides_reach_their_place_and_no_other() -> None:
    config, ppo = envs.lite3_walk(), PpoConfig()
    keys = {"rewards.alive": 3, "gait.duty": 0.55, "kp": 31, "action_scale": [1, 2, 3], "ppo.hidden": [64, 32, 16]}
    new, new_ppo = apply_overrides(config, ppo, keys)
    assert new.rewards == {**config.rewards, "alive": 3.0}
    assert new.gait is not None
    assert (new.gait.duty, new.kp, new.action_scale, new_ppo.hidden) == (0.55, 31.0, (1.0, 2.0, 3.0), (64, 32, 16))
    assert all(type(x) is int for x in new_ppo.hidden)
    assert (config, ppo) == (envs.lite3_walk(), PpoConfig())
    back = {"rewards.alive": config.rewards["alive"], "gait.duty": envs.lite3_walk().gait.duty, "kp": config.kp}  # pyright: ignore[reportOptionalMemberAccess]  # the walk has a gait
    new, _ = apply_overrides(apply_overrides(config, ppo, {"gait.duty": 0.55})[0], ppo, back)
    assert new == config


def test_tuning_of_an_unknown_key_is_refused() -> None:
    assert apply_tuning(envs.lite3_walk(), {"kp": 20.0}).kp == 20.0
    with pytest.raises(UnknownName, match="kp"):
        apply_tuning(envs.lite3_walk(), {"kpp": 20.0})


@pytest.mark.parametrize("robot", robots.names())
def test_the_tuning_of_every_registered_robot_fits(robot: str) -> None:
    apply_tuning(envs.lite3_walk(), robots.tuning(robot, "walk")).validate()
