"""Robots that start lying on the ground, and the choice of the environment that a skill asks for."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.locomotion import fallen
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import Ground
from rudel.robots.spec import RobotSpec
from rudel.sim.options import SimOptions

Array = NDArray[np.float32]


ON_SIDE = 0.7  # size of the z of gravity in the base: within 45 degrees of lying on a side


class GetupEnv(LocomotionEnv):
    """n robots that start from states in which fallen robots came to rest; otherwise as LocomotionEnv.

    The states are found when the first episode starts, by the seed. All of a robot's body must touch the ground, see
    :func:`options_for`.
    """

    lying: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    before: NDArray[np.float64]

    def step(self, actions: Array) -> tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        self.before = self.sim.qvel[:, :3].copy()
        return super().step(actions)

    def start_at(self, qpos: NDArray[np.float64], qvel: NDArray[np.float64]) -> Array:
        """Put all robots into states (n, nq), (n, nv) of one's own; returns the observation (n, k)."""
        self.sim.reset(np.arange(self.num_envs), qpos, qvel)
        self.targets[:] = self.sim.q.astype(np.float32)
        self.sim.batch.forward()
        self._measure()
        return self.observe()

    def _seed(self, seed: int) -> None:
        super()._seed(seed)
        self.lying = None
        self._fall_rng = np.random.default_rng([seed, 4])

    def _reset_robots(self, ids: NDArray[np.intp]) -> None:
        super()._reset_robots(ids)
        config = self.config.fallen
        assert config is not None
        if self.lying is None:
            self.lying = fallen.settle(self.sim, self.ground, config, self._fall_rng)
        qpos, qvel = self.lying
        chosen = self.rng.permutation(len(qpos))[: ids.size]
        if chosen.size < ids.size:
            chosen = self.rng.integers(0, len(qpos), ids.size)
        if config.side_share:
            sides = np.flatnonzero(np.abs(frames.projected_gravity(qpos[:, 3:7])[:, 2]) < ON_SIDE)
            on_side = self.rng.random(ids.size) < (config.side_share if sides.size else 0.0)
            chosen[on_side] = sides[self.rng.integers(0, max(sides.size, 1), int(on_side.sum()))]
        self.sim.reset(ids, qpos[chosen], qvel[chosen])
        # what the joints held while the robot lay, as exact as targets are
        self.targets[ids] = self.sim.q[ids].astype(np.float32)

    def _measure(self, average: bool = False) -> None:
        super()._measure(average)
        if average:
            self.snapshot.jolt = (self.sim.qvel[:, :3] - self.before).astype(np.float32)


def options_for(config: SkillConfig, options: SimOptions, ground: Ground) -> SimOptions:
    """Physics settings with the contacts that a skill needs on this ground."""
    if config.fallen is not None:
        # a lying robot has many contacts, which few sweeps of an iterative solver leave creeping
        return dataclasses.replace(options, body_contacts=True, self_contacts=True, solver="newton")
    if config.shank_contacts and ground.hits_shanks:
        return dataclasses.replace(options, shank_contacts=True)
    return options


def make_env(
    spec: RobotSpec, config: SkillConfig, ground: Ground, n: int, options: SimOptions, seed: int = 0, threads: int = 0
) -> LocomotionEnv:
    """The environment of a skill: from standing, or from lying on the ground."""
    kind = LocomotionEnv if config.fallen is None else GetupEnv
    return kind(spec, config, ground, n, options, seed, threads)
