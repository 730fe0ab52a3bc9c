"""Small environments in which robots start lying."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from rudel import robots
from rudel.locomotion.config import SkillConfig, apply_tuning
from rudel.locomotion.fallen import FallenConfig
from rudel.locomotion.getup_env import GetupEnv, options_for
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import getup
from rudel.locomotion.terms.randomisation import nominal
from rudel.robots.spec import RobotSpec
from rudel.sim.options import SimOptions, training_options

ON_BACK = np.array([0.0, 1.0, 0.0, 0.0])  # half a turn about x


def lite3(states: int = 8, **changes: Any) -> SkillConfig:
    """The skill as the Lite3 is trained with it, with few states to start from."""
    config = apply_tuning(getup.config(), robots.tuning("lite3", "getup"))
    return dataclasses.replace(config, **{"fallen": FallenConfig(states=states)} | changes)


def calm(states: int = 8, **changes: Any) -> SkillConfig:
    """Without randomness in bodies and noise."""
    return lite3(states, **{"randomisation": nominal()} | changes)


def make(
    config: SkillConfig | None = None,
    n: int = 4,
    spec: RobotSpec | None = None,
    ground: Ground | None = None,
    options: SimOptions | None = None,
    seed: int = 0,
) -> GetupEnv:
    """An environment on one thread."""
    config, ground = config or lite3(), ground or Ground()
    options = options_for(config, options or training_options(), ground)
    return GetupEnv(spec or robots.load("lite3"), config, ground, n, options, seed, threads=1)


def lay(env: GetupEnv, quat: np.ndarray, height_m: float, joints: np.ndarray) -> None:
    """Start all robots of ``env`` in this pose: orientation (w, x, y, z), base height and joints (12,)."""
    env.reset()
    n, sim = env.num_envs, env.sim
    qpos = np.zeros((n, sim.model.nq))
    qpos[:, 2], qpos[:, 3:7], qpos[:, sim.qpos_joints] = height_m, quat, joints
    env.start_at(qpos, np.zeros((n, sim.model.nv)))


def drive(env: GetupEnv, seconds: float, action: np.ndarray | None = None) -> None:
    """Go on with one action, by default the stance."""
    still = np.zeros((env.num_envs, 12), np.float32) if action is None else action
    for _ in range(round(seconds / env.config.period_s)):
        env.step(still)
