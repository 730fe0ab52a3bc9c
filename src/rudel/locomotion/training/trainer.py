"""The training loop's state: environment, networks, learner, and all that an exact resume needs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.locomotion import observation
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.control import Control
from rudel.locomotion.getup_env import make_env, options_for
from rudel.locomotion.ground import Ground
from rudel.locomotion.rollover import Guide
from rudel.locomotion.terms import critic
from rudel.locomotion.training.nets import SignedPermutation
from rudel.locomotion.training.ppo import ActorCritic, Batch, Learner, PpoConfig
from rudel.locomotion.training.rollout import Broken, Collector, Rollout
from rudel.locomotion.training.shard import Shard, statistics
from rudel.robots.mirror import mirror_signs
from rudel.robots.spec import RobotSpec
from rudel.sim.batch import available_cores
from rudel.sim.model import compile_model
from rudel.sim.options import training_options

Array = NDArray[np.float32]

# Groups of robots that walk at the same time, each in a process of its own: fixed, because the bytes depend on it.
SHARDS = 2


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
        broken: robots whose physics broke.
        levels: mean terrain level (from 0) by course, of a training on courses.
    """

    iteration: int
    env_steps: int
    reward: float
    rewards: Mapping[str, float]
    vel_error_mps: float
    yaw_error_radps: float
    falls: int
    learner: Mapping[str, float]
    broken: tuple[Broken, ...] = ()
    levels: Mapping[str, float] = field(default_factory=dict[str, float])


class Trainer:
    """Proximal policy optimisation of one skill for one robot.

    Robots are divided into shards. Each collects its whole horizon in its own process, from its own random numbers,
    without waiting for the others.

    Args:
        spec, config, ppo: robot, skill and learner.
        grounds: one for each shard; a single one is shared by SHARDS shards.
        envs: robots in all.
        seed: of everything.
    """

    def __init__(
        self, spec: RobotSpec, config: SkillConfig, ppo: PpoConfig, grounds: Sequence[Ground], envs: int, seed: int
    ) -> None:
        self.spec, self.config, self.ppo, self.seed = spec, config, ppo, seed
        self.rng = np.random.default_rng([seed, 1])
        grounds = list(grounds) * SHARDS if len(grounds) == 1 else list(grounds)
        count, cores = len(grounds), available_cores()
        if envs < count:
            raise BadInput(f"envs is {envs}, needs at least {count}: one robot for each of {count} groups")
        if not 0 <= ppo.noise_s < math.inf:
            raise BadInput(f"ppo.noise_s must be a time of at least 0 s, is {ppo.noise_s}")
        config.validate()
        maps = mirrors(spec, config)
        self.control = Control.from_config(spec, config, compile_model(spec, training_options(), config.period_s))
        self.net = ActorCritic(ppo, *maps, self.rng)
        self.batch = Batch.zeros(ppo.horizon * envs, *(len(m.order) for m in maps))
        self.shards: list[Shard] = []
        self.firsts: list[int] = []  # the first robot of each shard
        for i, (ground, robots) in enumerate(zip(grounds, np.array_split(np.arange(envs), count), strict=True)):
            first, n = int(robots[0]), len(robots)
            part = self.batch.part(slice(ppo.horizon * first, ppo.horizon * (first + n)))
            self.shards.append(Shard(self._collector(ground, n, i, max(1, cores // count), part), self.net))
            self.firsts.append(first)
        self.learner = Learner(self.net, ppo, min(2, cores), ppo.horizon * envs)
        self.guide = Guide(spec, config.guide_poses, config.guide_lean) if config.guide_poses else None
        self.iteration = self.env_steps = 0
        self.critic_alone = 0  # iterations in which the policy stays: it came without a critic

    def _collector(self, ground: Ground, n: int, shard: int, threads: int, batch: Batch) -> Callable[[], Collector]:
        spec, config, ppo, seed = self.spec, self.config, self.ppo, self.seed
        options = options_for(config, training_options(), ground)

        def make() -> Collector:
            env = make_env(spec, config, ground, n, options, shard_seed(seed, shard), threads)
            return Collector(env, ppo, np.random.default_rng([seed, 2, shard]), batch)

        return make

    def iterate(self) -> Progress:
        """Collect a horizon, improve the networks on it, take its statistics in."""
        rollouts: list[Rollout] = self._all("collect", [(statistics(self.net),)] * len(self.shards))
        learnt = {"rate": self.learner.rate}
        if self.iteration:  # nothing is known about the inputs at first: that horizon only measures them
            alone = self.iteration <= self.critic_alone
            learnt = self.learner.update(self.batch, self.rng, self._guided(), alone)
        self.learner.limit_std(self.iteration)
        for rollout in rollouts:
            self.net.obs_normaliser.update(rollout.obs)
            self.net.critic_normaliser.update(rollout.critic_obs)
        self.net.average(self.ppo.averaging, self.iteration)
        self.iteration += 1
        self.env_steps += len(self.batch.obs)
        learnt["std"] = float(np.exp(self.net.log_std).mean())
        return self._progress(rollouts, learnt)

    def _guided(self) -> Array | None:
        """What the guide would do at every sample of the batch (m, 12), while the policy learns from it."""
        if self.guide is None or self.iteration > self.ppo.imitate:
            return None
        targets = self.guide.targets(self._seen("projected_gravity"), self._seen("base_ang_vel"))
        return (targets - self.control.default_pose) / self.control.action_scale

    def _seen(self, name: str) -> Array:
        """An observation term of every sample of the batch, before scale and normalisation."""
        terms, norm = self.config.observation, self.net.obs_normaliser
        at = observation.place(terms, name)
        return (self.batch.obs[:, at] * norm.std[at] + norm.mean[at]) / np.float32(dict(terms)[name])

    def _all(self, what: str, args: Sequence[tuple[Any, ...]]) -> list[Any]:
        """One call of every shard, all at once."""
        for shard, arguments in zip(self.shards, args, strict=True):
            shard.begin(what, *arguments)
        return [shard.end() for shard in self.shards]

    def _progress(self, rollouts: Sequence[Rollout], learnt: Mapping[str, float]) -> Progress:
        share = np.array([r.samples for r in rollouts]) / len(self.batch.obs)
        names = dict.fromkeys(name for r in rollouts for name in r.rewards)  # courses may have terms of their own
        broken = (
            dataclasses.replace(b, robot=first + b.robot)
            for first, r in zip(self.firsts, rollouts, strict=True)
            for b in r.broken
        )
        return Progress(
            self.iteration,
            self.env_steps,
            float(share @ [r.reward for r in rollouts]),
            {name: float(share @ [r.rewards.get(name, 0.0) for r in rollouts]) for name in names},
            float(share @ [r.tracking[0] for r in rollouts]),
            float(share @ [r.tracking[1] for r in rollouts]),
            sum(r.falls for r in rollouts),
            learnt,
            tuple(broken),
            {name: level for r in rollouts for name, level in r.level.items()},
        )

    def close(self) -> None:
        """End the processes of the shards."""
        for shard in self.shards:
            shard.close()

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
        arrays: dict[str, Any] = {}
        for i, part in enumerate(self._all("state", [()] * len(self.shards))):
            arrays |= {f"{i}.{name}": value for name, value in part.items()}
        arrays |= {f"obs_norm.{k}": v for k, v in self.net.obs_normaliser.state().items()}
        arrays |= {f"critic_norm.{k}": v for k, v in self.net.critic_normaliser.state().items()}
        arrays |= {
            "params": self.net.flat.copy(),
            "mean_params": self.net.mean_flat.copy(),
            "adam.m": self.learner.adam.m.copy(),
            "adam.v": self.learner.adam.v.copy(),
            "counters": np.array([self.iteration, self.env_steps, self.learner.adam.steps], np.int64),
            "rate": np.array(self.learner.rate),
            "critic_alone": np.array(self.critic_alone),
            "rng": self.rng.bit_generator.state,
        }
        return arrays

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        of_shards = [
            {k.removeprefix(f"{i}."): v for k, v in state.items() if k.startswith(f"{i}.")}
            for i in range(len(self.shards))
        ]
        self._all("restore", [(part,) for part in of_shards])
        self.learnt(state)

    def take_over(self, state: Mapping[str, Any]) -> bool:
        """Begin with what another training had learnt, and where its robots were if they fit; says whether they did.

        A training has the same robots if it has as many of each course, with the same observation. What an earlier
        version did not know of a robot is as it is at the beginning of an episode.

        Raises:
            KeyError, ValueError: it had other networks.
        """
        mine = self.state()
        robots = [name for name in mine if name.split(".")[0].isdigit()]
        fits = {name: np.shape(state[name]) == np.shape(mine[name]) for name in robots if name in state}
        same = bool(fits) and all(fits.values())
        if same:
            self.restore({**mine, **state})
        else:
            self.learnt(state)
        return same

    def learnt(self, state: Mapping[str, Any]) -> None:
        """Continue the learning, not the robots, from what :meth:`state` returned."""
        self.net.obs_normaliser.restore({k: state[f"obs_norm.{k}"] for k in ("count", "mean", "m2")})
        self.net.critic_normaliser.restore({k: state[f"critic_norm.{k}"] for k in ("count", "mean", "m2")})
        self.net.flat[:] = state["params"]
        self.net.mean_flat[:] = state["mean_params"]
        self.learner.adam.m[:], self.learner.adam.v[:] = state["adam.m"], state["adam.v"]
        self.iteration, self.env_steps, self.learner.adam.steps = (int(x) for x in state["counters"])
        self.learner.rate = float(state["rate"])
        self.critic_alone = int(state.get("critic_alone", 0))  # older checkpoints have none
        self.rng.bit_generator.state = state["rng"]


def shard_seed(seed: int, shard: int) -> int:
    """Seed of a shard's environment; that of the first shard is the training's own."""
    return seed if shard == 0 else int(np.random.SeedSequence([seed, shard]).generate_state(1)[0])


def mirrors(spec: RobotSpec, config: SkillConfig) -> tuple[SignedPermutation, SignedPermutation, SignedPermutation]:
    """Mirror maps of the observation, of the critic's input and of the action."""
    joint_signs, joint_order = mirror_signs(spec)
    joints = joint_order.tolist(), joint_signs.tolist()
    order, signs = observation.mirror_map(config.observation, *joints)
    extra = 0 if config.gait is None else config.gait.extra_actions  # they look the same in the mirror
    extra_order, extra_signs = critic.mirror_map(config.critic_terrain)
    return (
        SignedPermutation(*observation.mirror_map(config.observation, *joints, config.history)),
        SignedPermutation(np.concatenate((order, len(order) + extra_order)), np.concatenate((signs, extra_signs))),
        SignedPermutation(
            np.concatenate((joint_order, len(joint_order) + np.arange(extra))),
            np.concatenate((joint_signs, np.ones(extra))).astype(np.float32),
        ),
    )
