"""The training loop's state: environment, networks, learner, and all that an exact resume needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion import observation
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import Ground
from rudel.locomotion.terms import critic
from rudel.locomotion.training.nets import SignedPermutation
from rudel.locomotion.training.ppo import ActorCritic, Learner, PpoConfig
from rudel.locomotion.training.rollout import Collector
from rudel.robots.mirror import mirror_signs
from rudel.robots.spec import RobotSpec
from rudel.sim.batch import available_cores
from rudel.sim.options import training_options

Array = NDArray[np.float32]

# arrays of the environment that change from step to step, apart from the physics
ENV_ARRAYS = (
    "steps", "until_command", "command", "stepping", "phase", "action", "last_action", "older_action", "targets",
    "tracking_error", "heading_error", "followed", "steered", "yaw",
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """One iteration's figures.

    Attributes:
        iteration, env_steps: so far.
        reward: mean per step.
        rewards: mean of each weighted term.
        vel_error_mps, yaw_error_radps: of the averaged velocity, exploration on.
        falls: episodes that ended in a fall in this iteration.
        learner: losses, KL divergence, learning rate, exploration.
    """

    iteration: int
    env_steps: int
    reward: float
    rewards: Mapping[str, float]
    vel_error_mps: float
    yaw_error_radps: float
    falls: int
    learner: Mapping[str, float]


class Trainer:
    """Proximal policy optimisation of one skill for one robot."""

    def __init__(
        self, spec: RobotSpec, config: SkillConfig, ppo: PpoConfig, ground: Ground, envs: int, seed: int
    ) -> None:
        self.spec, self.config, self.ppo, self.seed = spec, config, ppo, seed
        self.rng = np.random.default_rng([seed, 1])
        self.env = LocomotionEnv(spec, config, ground, envs, training_options(), seed)
        self.net = ActorCritic(ppo, *mirrors(spec, config), self.rng)
        self.learner = Learner(self.net, ppo, min(2, available_cores()), ppo.horizon * envs)
        self.collector = Collector(self.env, ppo, self.rng)
        self.iteration = self.env_steps = 0

    def iterate(self) -> Progress:
        """Collect a horizon, improve the networks on it, take its statistics in."""
        rollout = self.collector.collect(self.net)
        learnt = {"rate": self.learner.rate}
        if self.iteration:  # nothing is known about the inputs at first: that horizon only measures them
            learnt = self.learner.update(rollout.batch, self.rng)
        self.learner.limit_std(self.iteration)
        self.collector.absorb(self.net)
        self.net.average(self.ppo.averaging, self.iteration)
        self.iteration += 1
        self.env_steps += self.ppo.horizon * self.env.num_envs
        learnt["std"] = float(np.exp(self.net.log_std).mean())
        return Progress(
            self.iteration, self.env_steps, rollout.reward, rollout.rewards, *rollout.tracking, rollout.falls, learnt
        )

    def act(self, obs: Array) -> Array:
        """The averaged policy without exploration, as it is exported: (n, k) -> (n, 12)."""
        return self.net.mean_actor.forward(self.net.obs_normaliser(obs))

    def layers(self) -> list[tuple[Array, Array]]:
        """Weights (out, in) and biases (out,) of the averaged actor."""
        return [
            (w.T.copy(), b.copy()) for w, b in zip(self.net.mean_actor.weights, self.net.mean_actor.biases, strict=True)
        ]

    def state(self) -> dict[str, Any]:
        """Everything that changes: restoring it continues as if nothing had happened."""
        arrays: dict[str, Any] = {f"env.{name}": getattr(self.env, name).copy() for name in ENV_ARRAYS}
        arrays |= {f"obs_norm.{k}": v for k, v in self.net.obs_normaliser.state().items()}
        arrays |= {f"critic_norm.{k}": v for k, v in self.net.critic_normaliser.state().items()}
        arrays |= {
            "physics": self.env.sim.batch.state.copy(),
            "params": self.net.flat.copy(),
            "mean_params": self.net.mean_flat.copy(),
            "adam.m": self.learner.adam.m.copy(),
            "adam.v": self.learner.adam.v.copy(),
            "counters": np.array([self.iteration, self.env_steps, self.learner.adam.steps], np.int64),
            "rate": np.array(self.learner.rate),
            "obs": self.collector.obs.copy(),
            "critic_obs": self.collector.critic_obs.copy(),
            "rng": self.rng.bit_generator.state,
            "env_rng": self.env.rng.bit_generator.state,
        }
        return arrays

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        for name in ENV_ARRAYS:
            getattr(self.env, name)[...] = state[f"env.{name}"]
        self.net.obs_normaliser.restore({k: state[f"obs_norm.{k}"] for k in ("count", "mean", "m2")})
        self.net.critic_normaliser.restore({k: state[f"critic_norm.{k}"] for k in ("count", "mean", "m2")})
        self.env.sim.batch.state[...] = state["physics"]
        self.net.flat[:] = state["params"]
        self.net.mean_flat[:] = state["mean_params"]
        self.learner.adam.m[:], self.learner.adam.v[:] = state["adam.m"], state["adam.v"]
        self.iteration, self.env_steps, self.learner.adam.steps = (int(x) for x in state["counters"])
        self.learner.rate = float(state["rate"])
        self.collector.obs, self.collector.critic_obs = np.array(state["obs"]), np.array(state["critic_obs"])
        self.rng.bit_generator.state = state["rng"]
        self.env.rng.bit_generator.state = state["env_rng"]


def mirrors(spec: RobotSpec, config: SkillConfig) -> tuple[SignedPermutation, SignedPermutation, SignedPermutation]:
    """Mirror maps of the observation, of the critic's input and of the action."""
    joint_signs, joint_order = mirror_signs(spec)
    order, signs = observation.mirror_map(config.observation, joint_order.tolist(), joint_signs.tolist())
    extra_order, extra_signs = critic.mirror_map()
    return (
        SignedPermutation(order, signs),
        SignedPermutation(np.concatenate((order, len(order) + extra_order)), np.concatenate((signs, extra_signs))),
        SignedPermutation(joint_order, joint_signs.astype(np.float32)),
    )
