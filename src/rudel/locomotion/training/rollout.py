"""Collect one horizon of experience and turn it into a PPO batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.training.ppo import ActorCritic, Batch, PpoConfig, log_density

Array = NDArray[np.float32]


@dataclass
class Rollout:
    """A batch with what happened on the way.

    Attributes:
        batch: for the learner.
        rewards: mean of each weighted reward term per second.
        falls: episodes that ended in failure.
        tracking: mean of the averaged velocity error [m/s] and yaw-rate error [rad/s] over the horizon.
    """

    batch: Batch
    reward: float
    rewards: dict[str, float]
    falls: int
    tracking: tuple[float, float]


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
    """Steps the environment with the exploring policy; keeps the current observations between horizons."""

    def __init__(self, env: LocomotionEnv, config: PpoConfig, rng: np.random.Generator) -> None:
        self.env, self.config, self.rng = env, config, rng
        self.obs, _ = env.reset()
        self.critic_obs = env.critic_observation()
        t, n = config.horizon, env.num_envs
        k, c = self.obs.shape[1], self.critic_obs.shape[1]
        self.raw_obs, self.raw_critic = np.empty((t, n, k), np.float32), np.empty((t, n, c), np.float32)
        self.actions, self.means = np.empty((t, n, 12), np.float32), np.empty((t, n, 12), np.float32)
        self.log_prob, self.reward, self.alive = (np.empty((t, n), np.float32) for _ in range(3))

    def collect(self, net: ActorCritic) -> Rollout:
        """One horizon with the current policy."""
        c, env = self.config, self.env
        n = env.num_envs
        std = np.exp(net.log_std)
        sums: dict[str, float] = {}
        falls = 0
        error = np.zeros(2)
        for t in range(c.horizon):
            mean = net.actor.forward(net.obs_normaliser(self.obs))
            noise = self.rng.standard_normal((n, 12), dtype=np.float32)
            action = mean + std * noise
            self.raw_obs[t], self.raw_critic[t] = self.obs, self.critic_obs
            self.actions[t], self.means[t] = action, mean
            self.log_prob[t] = log_density(noise, net.log_std)
            self.obs, reward, terminated, truncated, info = env.step(action)
            self.critic_obs = env.critic_observation()
            if truncated.any():
                final = net.critic_normaliser(info["final_critic"][truncated])
                reward[truncated] += np.float32(c.gamma) * net.critic.forward(final)[:, 0]
            self.reward[t], self.alive[t] = reward, ~(terminated | truncated)
            falls += int(terminated.sum())
            error += self._tracking()
            for name, value in info["rewards"].items():
                sums[name] = sums.get(name, 0.0) + value / c.horizon
        return self._finish(net, sums, falls, error / c.horizon)

    def _tracking(self) -> NDArray[np.float64]:
        s = self.env.snapshot
        e = s.tracking_error
        return np.array([np.sqrt(e[:, 0] ** 2 + e[:, 1] ** 2).mean(), np.abs(e[:, 2]).mean()])

    def _finish(self, net: ActorCritic, sums: dict[str, float], falls: int, error: NDArray[np.float64]) -> Rollout:
        c = self.config
        t, n = self.reward.shape
        obs = net.obs_normaliser(self.raw_obs.reshape(t * n, -1))
        critic_obs = net.critic_normaliser(self.raw_critic.reshape(t * n, -1))
        value = net.critic.forward(critic_obs).reshape(t, n)
        last = net.critic.forward(net.critic_normaliser(self.critic_obs))[:, 0]
        advantage, target = advantages(self.reward, value, last, self.alive, c.gamma, c.lam)
        batch = Batch(
            obs=obs,
            critic_obs=critic_obs,
            action=self.actions.reshape(t * n, 12),
            mean=self.means.reshape(t * n, 12),
            log_prob=self.log_prob.reshape(-1),
            advantage=advantage.reshape(-1),
            target=target.reshape(-1),
        )
        rollout = Rollout(batch, float(self.reward.mean()), sums, falls, (float(error[0]), float(error[1])))
        return rollout

    def absorb(self, net: ActorCritic) -> None:
        """Update the input statistics with the last horizon, after learning from it under the old ones."""
        t, n = self.reward.shape
        net.obs_normaliser.update(self.raw_obs.reshape(t * n, -1))
        net.critic_normaliser.update(self.raw_critic.reshape(t * n, -1))
