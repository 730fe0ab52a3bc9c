"""Small environments that tests make: few robots, one thread."""

from __future__ import annotations

import dataclasses
from typing import Any

import mujoco

from rudel import robots
from rudel.locomotion.config import SkillConfig, apply_tuning
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.terms.randomisation import nominal
from rudel.robots.mirror import symmetrise
from rudel.robots.spec import RobotSpec
from rudel.sim.options import SimOptions, training_options


def lite3_walk() -> SkillConfig:
    """The walk skill as the Lite3 is trained with it."""
    return apply_tuning(walk.config(), robots.tuning("lite3", "walk"))


def calm(config: SkillConfig | None = None, **changes: Any) -> SkillConfig:
    """The walk without randomness in bodies, noise and start states."""
    config = lite3_walk() if config is None else config
    changes = {"randomisation": nominal(), "reset_noise_rad": 0.0, "reset_speed": 0.0} | changes
    return dataclasses.replace(config, **changes)


def make(
    config: SkillConfig | None = None,
    n: int = 4,
    spec: RobotSpec | None = None,
    ground: Ground | None = None,
    options: SimOptions | None = None,
    seed: int = 0,
) -> LocomotionEnv:
    """An environment on one thread; by default the Lite3's walk on flat ground as it is trained."""
    return LocomotionEnv(
        spec or robots.load("lite3"),
        lite3_walk() if config is None else config,
        ground or Ground(),
        n,
        options or training_options(),
        seed,
        threads=1,
    )


def symmetric(name: str) -> RobotSpec:
    """A registered robot whose left and right bodies weigh alike."""
    spec = robots.load(name)

    def make_spec() -> mujoco.MjSpec:
        mj = spec.make()
        symmetrise(spec, mj)
        return mj

    return dataclasses.replace(spec, make=make_spec)
