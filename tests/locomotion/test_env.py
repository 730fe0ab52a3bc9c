"""Laws of the vectorised environment: Gymnasium's interface, determinism, mirror, broken physics, worlds."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import vector as wrappers

from rudel import robots
from rudel.core.errors import BadInput
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.training.trainer import mirrors
from rudel.robots.mirror import AXIAL, LEG_PERMUTATION, POLAR
from rudel.sim.options import SimOptions
from tests.locomotion import envs

N = 4
EVERYTHING_EXACT = SimOptions(substep_s=0.005, tolerance=1e-12, bare=True)


def run(env: LocomotionEnv, seed: int, steps: int = 12) -> list[Any]:
    """All that an environment says when it is reset and driven with actions of its own seed."""
    rng = np.random.default_rng(7)
    said: list[Any] = [env.reset(seed=seed)]
    for _ in range(steps):
        said.append(env.step(rng.normal(size=(env.num_envs, 12)).astype(np.float32)))
    return said


def test_the_same_seed_gives_the_same_bytes() -> None:
    config = envs.calm(envs.lite3_walk(), randomisation=envs.lite3_walk().randomisation, reset_speed=3.0, episode_s=0.2)
    env = envs.make(config)
    first = run(env, 3)
    assert any("final_obs" in step[4] for step in first[1:])  # resets are part of it
    assert data_equivalence(first, run(env, 3), exact=True)
    assert data_equivalence(first, run(envs.make(config, seed=11), 3), exact=True)
    assert data_equivalence(first, run(envs.make(config, seed=3), 3), exact=True)
    assert not data_equivalence(first, run(env, 4))


def test_a_seed_at_construction_is_a_seed_at_reset() -> None:
    one, other = envs.make(seed=5), envs.make(seed=0)
    assert data_equivalence(one.reset()[0], other.reset(seed=5)[0], exact=True)


def test_spaces_hold_what_goes_in_and_out() -> None:
    env = envs.make()
    assert env.observation_space.shape == (N, 47)
    assert env.action_space.shape == (N, 12)
    env.action_space.seed(0)
    obs, info = env.reset(seed=0)
    assert obs in env.observation_space
    assert info == {}
    for _ in range(5):
        actions = env.action_space.sample()
        obs, reward, terminated, truncated, info = env.step(actions)
        assert obs in env.observation_space
        assert (obs.dtype, reward.dtype, terminated.dtype, truncated.dtype) == (np.float32, np.float32, bool, bool)
        assert reward.shape == terminated.shape == truncated.shape == (N,)
        assert not (terminated & truncated).any()
        assert set(info["rewards"]) == {name for name, weight in env.config.rewards.items() if weight}


def test_returned_arrays_are_not_written_again() -> None:
    env = envs.make()
    before, _ = env.reset(seed=0)
    kept = before.copy()
    actions = np.ones((N, 12), np.float32)
    first = env.step(actions)
    copies = [np.copy(x) for x in first[:4]]
    actions[:] = 9.0
    env.step(actions)
    np.testing.assert_array_equal(before, kept)
    for array, copy in zip(first[:4], copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(env.last_action, 1.0)


@pytest.mark.parametrize("shape", [(12,), (N - 1, 12), (N, 11)])
def test_actions_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    env = envs.make()
    env.reset()
    with pytest.raises(BadInput, match="shape"):
        env.step(np.zeros(shape, np.float32))


class Single(gym.Env[Any, Any]):
    """A batch of one as Gymnasium's checker wants it: no autoreset, no time already gone."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  # Gymnasium's name

    def __init__(self) -> None:
        self.env = envs.make(n=1)
        self.env.autoreset = False
        self.observation_space, self.action_space = self.env.single_observation_space, self.env.single_action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        obs, info = self.env.reset(seed=seed, options=options)
        return obs[0], info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        obs, reward, terminated, truncated, info = self.env.step(action[None])
        return obs[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), info


@pytest.mark.filterwarnings("ignore:.*Box (observation|action) space (minimum|maximum) value is:UserWarning")
@pytest.mark.filterwarnings("ignore:.*symmetric and normalized:UserWarning")
def test_gymnasiums_own_checker_passes() -> None:
    check_env(Single(), skip_render_check=True)


def test_gymnasiums_vector_wrappers_run_over_it() -> None:
    env = wrappers.RecordEpisodeStatistics(envs.make(envs.calm(episode_s=0.2)))
    wrapped = wrappers.NormalizeReward(wrappers.ClipReward(env, -10, 10), gamma=0.97)
    wrapped = wrappers.ClipAction(wrapped)  # observation wrappers refuse every environment with same-step autoreset
    obs, _ = wrapped.reset(seed=0)
    ended, lengths = 0, np.zeros(N, int)
    for _ in range(20):
        obs, reward, terminated, truncated, info = wrapped.step(np.zeros((N, 12), np.float32))
        lengths += 1
        done = terminated | truncated
        if done.any():
            np.testing.assert_array_equal(info["_episode"], done)
            np.testing.assert_array_equal(info["episode"]["l"][done], lengths[done])
            lengths[done] = 0
            ended += int(done.sum())
        assert np.isfinite(reward).all()
        assert obs in wrapped.observation_space
    assert ended >= N
    wrapped.close()


def test_same_step_autoreset() -> None:
    """final_obs is what an environment that is not reset says; obs is the first of a new episode."""
    config = envs.calm(episode_s=0.4)
    env, going_on = envs.make(config), envs.make(config)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    going_on.autoreset = False
    for e in (env, going_on):
        e.reset(seed=1)
        e.steps[:] = [19, 0, 0, 18]
        e.until_command[:] = 1000
    actions = np.full((N, 12), 0.1, np.float32)
    obs, _, terminated, truncated, info = env.step(actions)
    expected = going_on.step(actions)[0]
    np.testing.assert_array_equal(truncated, [True, False, False, False])
    assert not terminated.any()
    np.testing.assert_array_equal(info["_final_obs"], truncated)
    np.testing.assert_array_equal(info["final_obs"][0], expected[0])
    np.testing.assert_array_equal(obs[1:], expected[1:])
    assert np.abs(obs[0] - expected[0]).max() > 0.01
    np.testing.assert_allclose(env.sim.q[0], env.robot.default_pose)
    assert env.steps.tolist() == [0, 1, 1, 19]
    assert not env.action[0].any()
    np.testing.assert_array_equal(env.action[1:], actions[1:])
    assert info["final_critic"].shape == env.critic_observation().shape


def test_a_fall_ends_the_episode_and_costs_the_penalty() -> None:
    penalised, free = (envs.make(envs.calm(fall_penalty=p)) for p in (1.0, 0.0))
    rewards = []
    for env in (penalised, free):
        env.reset(seed=0)
        env.sim.qpos[2, 3:7] = [np.cos(1.0), np.sin(1.0), 0, 0]  # rolled by 2 rad
        env.sim.qpos[2, 2] += 1.0
        _, reward, terminated, truncated, _ = env.step(np.zeros((N, 12), np.float32))
        np.testing.assert_array_equal(terminated, [False, False, True, False])
        assert not truncated.any()
        assert env.snapshot.gravity[2, 2] == pytest.approx(-1)
        rewards.append(reward)
    np.testing.assert_allclose(rewards[1] - rewards[0], [0, 0, 1, 0], atol=1e-6)


# --- mirror ---------------------------------------------------------------------------------------------------------


def mirror_state(env: LocomotionEnv, twin: LocomotionEnv, joints: Any, phase: np.ndarray) -> None:
    """Put ``twin`` into the mirror image of the state of ``env``."""
    a, b = env.sim, twin.sim
    b.qpos[:, :3] = a.qpos[:, :3] * POLAR
    b.qpos[:, 3:7] = a.qpos[:, 3:7] * [1, -1, 1, -1]
    b.qpos[:, b.qpos_joints] = joints(a.q)
    b.qvel[:, :3] = a.qvel[:, :3] * POLAR
    b.qvel[:, 3:6] = a.qvel[:, 3:6] * AXIAL
    b.qvel[:, b.qvel_joints] = joints(a.dq)
    turn = np.array([1, -1, -1], np.float32)
    for name in ("command", "followed", "steered"):
        getattr(twin, name)[:] = getattr(env, name) * turn
    for name in ("action", "last_action", "older_action", "targets"):
        getattr(twin, name)[:] = joints(getattr(env, name))
    twin.tracking_error[:] = env.tracking_error * turn
    twin.yaw, twin.heading_error = -env.yaw, -env.heading_error
    twin.stepping[:], twin.apex[:] = env.stepping, env.apex
    twin.shift[:] = env.shift * np.array([1, -1], np.float32)
    twin.steps[:], twin.until_command[:] = env.steps, env.until_command
    twin.phase[:] = phase


@pytest.mark.parametrize("robot", robots.names())
def test_a_mirrored_robot_does_the_mirrored_thing(robot: str, rng: np.random.Generator) -> None:
    config = envs.calm(reset_noise_rad=0.1, reset_speed=0.5, heading_gain=1.5)
    env, twin = (envs.make(config, spec=envs.symmetric(robot), options=EVERYTHING_EXACT) for _ in range(2))
    mirror_obs, mirror_critic, mirror_action = mirrors(env.robot, config)
    env.reset(seed=2)
    twin.reset(seed=2)
    env.until_command[:] = 1000
    for _ in range(8):  # until the feet carry load and the averages are away from 0
        env.step(rng.normal(size=(N, 12)).astype(np.float32) * 0.3)
    assert (env.snapshot.foot_force > 1).any()
    mirror_state(env, twin, mirror_action, (env.phase + np.float32(0.5)) % 1)
    for _ in range(3):
        action = rng.normal(size=(N, 12)).astype(np.float32) * 0.3
        obs, reward, *_ = env.step(action)
        obs_twin, reward_twin, *_ = twin.step(mirror_action(action))
        np.testing.assert_allclose(twin.sim.q, mirror_action(env.sim.q.astype(np.float32)), atol=1e-5)
        np.testing.assert_allclose(twin.sim.qpos[:, :3], env.sim.qpos[:, :3] * POLAR, atol=1e-5)
        np.testing.assert_allclose(twin.sim.dq, mirror_action(env.sim.dq.astype(np.float32)), atol=1e-3)
        np.testing.assert_allclose(obs_twin, mirror_obs(obs), atol=1e-4)
        np.testing.assert_allclose(twin.critic_observation(), mirror_critic(env.critic_observation()), atol=2e-3)
        np.testing.assert_allclose(twin.snapshot.foot_force, env.snapshot.foot_force[:, LEG_PERMUTATION], atol=0.2)
        np.testing.assert_allclose(reward_twin, reward, atol=1e-4)


# --- broken physics -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before the step", "within the step"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_broken_physics_stays_with_its_robot(when: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its log where it stands
    env, sound = envs.make(), envs.make()
    action = np.zeros((N, 12), np.float32)
    for e in (env, sound):
        e.reset(seed=0)
        e.step(action)
    before = env.sim.batch.state[1].copy()
    if when == "before the step":
        env.sim.qvel[1] = np.nan
    else:
        step = env.sim.step

        def breaking(*args: Any) -> None:
            env.sim.push[1] = 1e300
            step(*args)

        monkeypatch.setattr(env.sim, "step", breaking)
    obs, reward, terminated, _, info = env.step(action)
    expected = sound.step(action)
    np.testing.assert_array_equal(terminated, [False, True, False, False])
    assert np.isfinite(obs).all()
    assert np.isfinite(env.critic_observation()).all()
    assert np.isfinite(reward).all()
    assert reward[1] == -env.config.fall_penalty
    assert all(np.isfinite(value) for value in info["rewards"].values())
    others = [0, 2, 3]
    np.testing.assert_array_equal(reward[others], expected[1][others])
    ((robot, state, targets),) = env.broken
    assert robot == 1
    assert np.isfinite(targets).all()
    if when == "within the step":
        np.testing.assert_array_equal(state, before)
    monkeypatch.undo()
    for _ in range(5):
        obs, reward, *_ = env.step(action)
        assert np.isfinite(obs).all()
        assert np.isfinite(reward).all()
