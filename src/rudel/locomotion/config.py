"""Configuration of a skill: plain frozen dataclasses; a variant copies one with dataclasses.replace."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion import observation
from rudel.locomotion.fallen import FallenConfig
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.terms import rewards, terminations
from rudel.locomotion.terms.randomisation import Randomisation


@dataclass(frozen=True)
class CommandConfig:
    """How velocity commands are drawn.

    Attributes:
        max_twist: bounds of vx, vy [m/s], wz [rad/s]; drawn uniformly within.
        resample_s: time between draws; in training the first one comes earlier, at random.
        standing_share: share of draws that are zero.
        straight_share: share of draws that keep vx only.
        reversal_share: share of draws that turn the last command around, at 70 to 100 % of the bounds.
        course_share: share of draws that, on the tiles of a course, lead straight ahead or back, faster than
            course_mps, and keep the direction for the episode; the other draws are as everywhere.
        course_mps: least and largest speed of those.
    """

    max_twist: tuple[float, float, float] = (1.0, 0.5, 1.0)
    resample_s: float = 5.0
    standing_share: float = 0.1
    straight_share: float = 0.1
    reversal_share: float = 0.0
    course_share: float = 0.8
    course_mps: tuple[float, float] = (0.3, 1.0)


@dataclass(frozen=True)
class SkillConfig:
    """Everything that defines a skill's environment, apart from robot and world.

    Attributes:
        name: the skill.
        period_s: control period.
        episode_s: time-out.
        observation: (term, scale) of the policy's input.
        gait: reference trot that actions are a residual on; None: actions are offsets from the default pose.
        kp, kd: joint gains; None takes the robot's own.
        action_scale: radians per action unit for hip x, hip y, knee; None takes the robot's own.
        rewards: weight by term name.
        course_rewards: weights that are others on courses; the rest holds there, too. What is calm on level ground
            must not be what does not climb.
        terminations: names.
        fall_penalty: taken off the reward when a termination ends the episode.
        commands, randomisation: see there.
        fallen: robots start lying on the ground, and all of their bodies touch it; None: they start standing.
        guide_poses: joint targets (12 each) by how far a robot lies turned over, see locomotion.rollover. The policy
            learns them for ``ppo.imitate`` iterations before it learns by itself; none: it begins with nothing.
        guide_lean: see there [1/s].
        history: how many earlier observations the policy gets besides the present one.
        critic_terrain: True tells the critic about the ground around (and terms about its incline).
        shank_contacts: True lets shanks and torso touch the steps of courses in training, not only the feet.
        heading_gain: yaw rate per radian of heading error that is added to the command [1/s]; 0 leaves the heading
            free.
        command_slew: how fast the command that the gait and the policy follow may change, vx, vy [m/s^2], wz [rad/s^2];
            0: at once. A step from full speed backwards to full speed forwards is what most falls come from.
        action_clip: raw actions are clipped to +- this.
        velocity_filter_s: time constant of Snapshot.tracking_error.
        reset_noise_rad: uniform joint noise at reset.
        reset_speed: uniform base velocity at reset [m/s, rad/s].
    """

    name: str
    rewards: Mapping[str, float]
    period_s: float = 0.02
    episode_s: float = 20.0
    observation: tuple[tuple[str, float], ...] = (
        ("base_ang_vel", 0.25),
        ("projected_gravity", 1.0),
        ("velocity_command", 1.0),
        ("joint_pos", 1.0),
        ("joint_vel", 0.05),
        ("last_action", 1.0),
    )
    gait: GaitParams | None = None
    kp: float | None = None
    kd: float | None = None
    action_scale: tuple[float, float, float] | None = None
    terminations: tuple[str, ...] = ("tilted", "collapsed")
    course_rewards: Mapping[str, float] = field(default_factory=dict[str, float])
    fall_penalty: float = 0.0
    commands: CommandConfig = field(default_factory=CommandConfig)
    randomisation: Randomisation = field(default_factory=Randomisation)
    fallen: FallenConfig | None = None
    guide_poses: tuple[tuple[float, ...], ...] = ()
    guide_lean: float = 0.0
    history: int = 0
    critic_terrain: bool = False
    shank_contacts: bool = False
    heading_gain: float = 0.0
    command_slew: tuple[float, float, float] = (0.0, 0.0, 0.0)
    action_clip: float = math.inf
    velocity_filter_s: float = 0.2
    reset_noise_rad: float = 0.1
    reset_speed: float = 0.3

    def validate(self) -> None:
        """Unknown names and impossible numbers fail here, before anything is built."""
        rewards.select(self.rewards)
        rewards.select(self.course_rewards)
        terminations.select(self.terminations)
        observation.validate(self.observation, self.gait is not None)
        if self.period_s <= 0 or self.episode_s <= self.period_s:
            raise BadInput(f"skill {self.name!r}: period_s {self.period_s} and episode_s {self.episode_s} do not fit")
        if self.history < 0:
            raise BadInput(f"skill {self.name!r}: history is {self.history}, needs 0 or more earlier observations")
        for part in (self.gait, self.fallen):
            if part is not None:
                part.validate()


def apply_tuning(config: SkillConfig, tuning: Mapping[str, object]) -> SkillConfig:
    """A copy with a robot's exceptions, dotted where they lie deeper ("gait.frequency_hz").

    Unknown keys fail with the nearest ones.
    """
    known = {f.name for f in dataclasses.fields(config)}
    for key, value in tuning.items():
        if key.partition(".")[0] not in known:
            raise UnknownName(f"tuning key of skill {config.name!r}", key, known)
        config = _replace(config, key.split("."), value, key)
    return config


def apply_overrides(config: SkillConfig, ppo: Any, overrides: Mapping[str, object]) -> tuple[SkillConfig, Any]:
    """Copies of the skill's and the learner's configuration with dotted keys replaced.

    Args:
        config: the skill.
        ppo: the learner's dataclass; its keys begin with "ppo.".
        overrides: for example {"rewards.alive": 1.0, "gait.frequency_hz": 2.0, "ppo.epochs": 3}.
    """
    for key, value in overrides.items():
        if key.startswith("ppo."):
            ppo = _replace(ppo, key.removeprefix("ppo.").split("."), value, key)
        else:
            config = _replace(config, key.split("."), value, key)
    config.validate()
    return config, ppo


def _replace(target: Any, path: list[str], value: object, key: str) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(target, Mapping):
        known = set(rewards.REWARDS)
    elif dataclasses.is_dataclass(target) and not isinstance(target, type):
        known = {f.name for f in dataclasses.fields(target)}
    else:
        raise BadInput(f"configuration key {key!r}: nothing lies below {target!r}")
    if name not in known:
        raise UnknownName(f"configuration key {key!r}: part", name, known)
    if isinstance(target, Mapping):
        old, kind = target.get(name, 0.0), "float"
    else:
        old, kind = getattr(target, name), {f.name: str(f.type) for f in dataclasses.fields(target)}[name]
    if rest:
        new = _replace(old, rest, value, key)
    else:
        try:
            new = _converted(_UNSET.get(kind) if old is None else old, value, free_length="..." in kind)
        except TypeError as error:
            raise BadInput(f"configuration key {key!r}: {value!r} does not replace {old!r}") from error
    if isinstance(target, Mapping):
        return {**target, name: new}
    return dataclasses.replace(target, **{name: new})


# what None would be if it were set
_UNSET = {"float | None": 0.0, "tuple[float, float, float] | None": (0.0, 0.0, 0.0)}


def _converted(old: Any, value: Any, free_length: bool = False) -> Any:
    """``value`` in the type of ``old``; TypeError when it is of another kind, or would lose something on the way."""
    if isinstance(old, tuple) and isinstance(value, list | tuple):
        if not free_length and len(old) != len(value):
            raise TypeError
        return tuple(_converted(old[min(i, len(old) - 1)] if old else x, x) for i, x in enumerate(value))
    if isinstance(old, Mapping) and isinstance(value, Mapping):
        return {name: _converted(0.0, x) for name, x in value.items()}
    if isinstance(old, bool | str) and type(value) is type(old):
        return value
    if isinstance(old, int | float) and not isinstance(old, bool) and type(value) in (int, float):
        if value != value or (isinstance(old, int) and value != int(value)):
            raise TypeError
        return type(old)(value)
    raise TypeError
