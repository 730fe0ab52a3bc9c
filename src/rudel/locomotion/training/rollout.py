"""Collect one horizon of experience and turn it into a PPO batch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.locomotion import env_state
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.training.normaliser import Moments, moments
from rudel.locomotion.training.ppo import ActorCritic, Batch, PpoConfig, log_density

Array = NDArray[np.float32]

MAX_BROKEN = 5  # of one horizon; a broken model shows in the first of them


@dataclass(frozen=True)
class Broken:
    """Physics that broke: which robot, its last good state and targets, and its model as MuJoCo writes it (.mjb)."""

    robot: int
    state: NDArray[np.float64]
    targets: NDArray[np.float64]
    model: bytes


@dataclass(frozen=True)
class Rollout:
    """What happened in one horizon.

    Attributes:
        samples: number of them.
        reward: mean per sample.
        rewards: mean of each weighted reward term per second.
        falls: episodes that ended in failure.
        tracking: mean of the averaged velocity error [m/s] and yaw-rate error [rad/s] over the horizon.
        obs, critic_obs: moments of the inputs before normalisation.
        broken: robots whose physics broke, the first MAX_BROKEN.
        level: mean terrain level by course, where there is one.
    """

    samples: int
    reward: float
    rewards: dict[str, float]
    falls: int
    tracking: tuple[float, float]
    obs: Moments
    critic_obs: Moments
    broken: tuple[Broken, ...] = ()
    level: Mapping[str, float] = field(default_factory=dict[str, float])


def advantages(reward: Array, value: Array, last: Array, alive: Array, gamma: float, lam: float) -> tuple[Array, Array]:
    """Generalised advantage estimates and value targets.

    Args:
        reward, value: (t, n); last: value after the last step (n,); alive: 0 where an episode ended, (t, n).

    Returns:
        advantage and value target, each (t, n).
    """
    advantage = np.empty_like(reward)
    carry = np.zeros_like(last)
    following = last
    for t in reversed(range(len(reward))):
        delta = reward[t] + gamma * alive[t] * following - value[t]
        carry = delta + gamma * lam * alive[t] * carry
        advantage[t] = carry
        following = value[t]
    return advantage, advantage + value


class Collector:
    """Steps an environment with the exploring policy; keeps the current observations between horizons.

    Args:
        env: where.
        config: the learner's.
        rng: of the exploration.
        batch: where samples go, horizon * env.num_envs rows.
    """

    def __init__(self, env: LocomotionEnv, config: PpoConfig, rng: np.random.Generator, batch: Batch) -> None:
        self.env, self.config, self.rng, self.batch = env, config, rng, batch
        self.obs, _ = env.reset()
        self.critic_obs = env.critic_observation()
        t, n = config.horizon, env.num_envs
        k, c = self.obs.shape[1], self.critic_obs.shape[1]
        self.raw_obs, self.raw_critic = np.empty((t, n, k), np.float32), np.empty((t, n, c), np.float32)
        self.reward, self.alive = np.empty((t, n), np.float32), np.empty((t, n), np.float32)
        self.actions, self.means = batch.action.reshape(t, n, -1), batch.mean.reshape(t, n, -1)
        self.log_prob = batch.log_prob.reshape(t, n)
        self.lingering = np.zeros(self.actions.shape[1:], np.float32)  # of the noise of earlier steps
        self.keep = np.float32(math.exp(-env.config.period_s / config.noise_s) if config.noise_s else 0.0)

    def collect(self, net: ActorCritic) -> Rollout:
        """One horizon with the current policy; its samples are in ``batch`` afterwards."""
        c, env = self.config, self.env
        n = env.num_envs
        std = np.exp(net.log_std)
        sums: dict[str, float] = {}
        falls = 0
        error = np.zeros(2)
        for t in range(c.horizon):
            mean = net.actor.forward(net.obs_normaliser(self.obs))
            noise = self.rng.standard_normal(self.actions.shape[1:], dtype=np.float32)
            action = mean + std * noise
            self.raw_obs[t], self.raw_critic[t] = self.obs, self.critic_obs
            self.actions[t], self.means[t] = action, mean
            self.log_prob[t] = log_density(noise, net.log_std)
            self.obs, reward, terminated, truncated, info = env.step(action + self.lingering)
            self.lingering = self.keep * (self.lingering + std * noise)
            self.lingering[terminated | truncated] = 0.0
            self.critic_obs = env.critic_observation()
            if truncated.any():
                final = net.critic_normaliser(info["final_critic"][truncated])
                reward[truncated] += np.float32(c.gamma) * net.critic.forward(final)[:, 0]
            self.reward[t], self.alive[t] = reward, ~(terminated | truncated)
            falls += int(terminated.sum())
            error += self._tracking()
            for name, value in info["rewards"].items():
                sums[name] = sums.get(name, 0.0) + value / c.horizon
        self._finish(net)
        t, n = self.reward.shape
        return Rollout(
            samples=t * n,
            reward=float(self.reward.mean()),
            rewards=sums,
            falls=falls,
            tracking=(float(error[0] / c.horizon), float(error[1] / c.horizon)),
            obs=moments(self.raw_obs.reshape(t * n, -1)),
            critic_obs=moments(self.raw_critic.reshape(t * n, -1)),
            broken=self._broken(),
            level={} if env.curriculum is None else {env.curriculum.ground.name: float(env.curriculum.level.mean())},
        )

    def _tracking(self) -> NDArray[np.float64]:
        s = self.env.snapshot
        e = s.tracking_error
        return np.array([np.sqrt(e[:, 0] ** 2 + e[:, 1] ** 2).mean(), np.abs(e[:, 2]).mean()])

    def _finish(self, net: ActorCritic) -> None:
        """Normalised inputs, advantages and value targets of the horizon."""
        c, batch = self.config, self.batch
        t, n = self.reward.shape
        batch.obs[:] = net.obs_normaliser(self.raw_obs.reshape(t * n, -1))
        batch.critic_obs[:] = net.critic_normaliser(self.raw_critic.reshape(t * n, -1))
        value = net.critic.forward(batch.critic_obs).reshape(t, n)
        last = net.critic.forward(net.critic_normaliser(self.critic_obs))[:, 0]
        advantage, target = advantages(self.reward, value, last, self.alive, c.gamma, c.lam)
        batch.advantage[:], batch.target[:] = advantage.reshape(-1), target.reshape(-1)

    def _broken(self) -> tuple[Broken, ...]:
        env = self.env
        found: list[Broken] = []
        for robot, state, targets in env.broken[:MAX_BROKEN]:
            model = env.sim.batch.get_model(robot)
            buffer = np.zeros(mujoco.mj_sizeModel(model), np.uint8)
            mujoco.mj_saveModel(model, None, buffer)
            found.append(Broken(robot, state, targets, buffer.tobytes()))
        env.broken.clear()
        return tuple(found)

    def state(self) -> dict[str, Any]:
        """Everything here that changes from step to step."""
        env = self.env
        return {f"env.{name}": value for name, value in env_state.save(env).items()} | {
            "physics": env.sim.batch.state.copy(),
            "lingering": self.lingering.copy(),
            "obs": self.obs.copy(),
            "critic_obs": self.critic_obs.copy(),
            "rng": self.rng.bit_generator.state,
            "env_rng": env.rng.bit_generator.state,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        env = self.env
        env_state.restore(env, {k.removeprefix("env."): v for k, v in state.items() if k.startswith("env.")})
        env.sim.batch.state[...] = state["physics"]
        self.rng.bit_generator.state = state["rng"]
        env.rng.bit_generator.state = state["env_rng"]
        self.lingering = np.array(state["lingering"])
        self.obs, self.critic_obs = np.array(state["obs"]), np.array(state["critic_obs"])
