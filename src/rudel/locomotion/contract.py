"""The contract that travels inside a policy file: everything a robot must agree on before it runs the network."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion import observation
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.legs import LegGeometry

CONTRACT_VERSION = 1
METADATA_KEY = "rudel_contract"
JOINTS = 12
MOST_HISTORY = 100


@dataclass(frozen=True)
class PolicyContract:
    """What a policy expects and delivers.

    Joint target = reference + action_scale * action, clipped to joint_range_rad; the reference is default_pose, or the
    trot of :mod:`rudel.locomotion.gait` when ``gait`` is given.

    Attributes:
        robot, skill: names.
        joints: 12 joint names in the order of every joint array below.
        default_pose [rad], action_scale [rad per unit], kp [N m/rad], kd [N m s/rad]: 12 each.
        period_s: control period.
        observation: (term, scale) in order, see rudel.locomotion.observation.
        max_twist: largest command vx, vy [m/s], wz [rad/s] that was trained.
        action_clip: raw actions are clipped to +- this value (inf: not clipped).
        joint_range_rad: lower, upper per joint.
        heading_gain: yaw rate per radian of heading error that is added to the command [1/s], see locomotion.heading.
        command_slew: fastest change of the command that gait and network follow, vx, vy [m/s^2], wz [rad/s^2]; 0: at
            once.
        history: how many earlier observations the network gets after the present one, the latest first; at the start
            the present one stands for them.
        gait, legs: parameters of the reference trot and the leg geometry it needs, or None.
        provenance: command, seed, commit, versions, figures: for people, not checked.
    """

    robot: str
    skill: str
    joints: tuple[str, ...]
    default_pose: tuple[float, ...]
    action_scale: tuple[float, ...]
    kp: tuple[float, ...]
    kd: tuple[float, ...]
    period_s: float
    observation: tuple[tuple[str, float], ...]
    max_twist: tuple[float, float, float]
    joint_range_rad: tuple[tuple[float, float], ...]
    action_clip: float = math.inf
    heading_gain: float = 0.0
    command_slew: tuple[float, float, float] = (0.0, 0.0, 0.0)
    history: int = 0
    gait: GaitParams | None = None
    legs: LegGeometry | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict[str, Any])
    version: int = CONTRACT_VERSION

    @property
    def observation_size(self) -> int:
        return observation.size(self.observation, self.history)

    @property
    def actions(self) -> int:
        """Numbers that the network answers with: one for each joint, and what else the gait leaves to it."""
        return len(self.joints) + (0 if self.gait is None else self.gait.extra_actions)

    def validate(self) -> None:
        """Raise BadInput naming the field that cannot be right."""
        n = len(self.joints)
        if n != JOINTS:
            raise BadInput(f"policy contract: {n} joints, observations are defined for {JOINTS}")
        if len(set(self.joints)) != n:
            raise BadInput("policy contract: joints has a name twice")
        for name in ("default_pose", "action_scale", "kp", "kd", "joint_range_rad"):
            if len(getattr(self, name)) != n:
                raise BadInput(f"policy contract: {name} has {len(getattr(self, name))} entries for {n} joints")
        if len(self.max_twist) != 3:
            raise BadInput(f"policy contract: max_twist has {len(self.max_twist)} entries, needs vx, vy, wz")
        numbers = [*self.default_pose, *self.action_scale, *self.kp, *self.kd, self.period_s, *self.max_twist]
        numbers += [x for pair in self.joint_range_rad for x in pair] + [scale for _, scale in self.observation]
        if not all(math.isfinite(x) for x in numbers) or math.isnan(self.action_clip):
            raise BadInput("policy contract: a number is not finite")
        if self.period_s <= 0:
            raise BadInput(f"policy contract: period_s must be positive, is {self.period_s}")
        if self.action_clip <= 0:
            raise BadInput(f"policy contract: action_clip must be positive, is {self.action_clip}")
        if not 0 <= self.heading_gain < math.inf:
            raise BadInput(f"policy contract: heading_gain must be finite and not negative, is {self.heading_gain}")
        if len(self.command_slew) != 3 or not all(0 <= x < math.inf for x in self.command_slew):
            raise BadInput(f"policy contract: command_slew needs 3 finite numbers >= 0, is {self.command_slew}")
        if min(*self.kp, *self.kd, *self.max_twist) < 0:
            raise BadInput("policy contract: kp, kd and max_twist must not be negative")
        for joint, q, (lower, upper) in zip(self.joints, self.default_pose, self.joint_range_rad, strict=True):
            if not lower <= q <= upper:
                raise BadInput(f"policy contract: default_pose of {joint} is {q}, outside [{lower}, {upper}]")
        if not 0 <= self.history <= MOST_HISTORY:
            raise BadInput(f"policy contract: history must lie between 0 and {MOST_HISTORY}, is {self.history}")
        if not self.observation:
            raise BadInput("policy contract: observation is empty")
        observation.validate(self.observation, self.gait is not None)
        if self.gait is not None:
            if self.legs is None:
                raise BadInput("policy contract: a gait needs the leg geometry (legs)")
            self.gait.validate()
            self.legs.validate()

    def to_json(self) -> str:
        """JSON with full float precision; infinity is written as null. BadInput when provenance does not fit in."""
        data = dataclasses.asdict(self)
        if math.isinf(self.action_clip):
            data["action_clip"] = None
        if not self.history:
            del data["history"]  # a contract without is the same as ever
        try:
            return json.dumps(data, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise BadInput(f"policy contract cannot be written: {error}") from error

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PolicyContract:
        """Build and validate from parsed JSON or YAML; unknown and missing keys are refused by name."""
        version = data.get("version", CONTRACT_VERSION)
        if version != CONTRACT_VERSION:  # first, because another version has other keys
            raise BadInput(
                f"policy contract version {version}, this rudel reads version {CONTRACT_VERSION}: export it again"
            )
        _check_keys("policy contract", cls, data)
        values = dict(data)
        try:
            for key in ("robot", "skill"):
                if not isinstance(values[key], str):
                    raise BadInput(f"policy contract: {key} must be a name, is {values[key]!r}")
            values["joints"] = _names(values["joints"])
            for key in ("default_pose", "action_scale", "kp", "kd", "max_twist"):
                values[key] = _floats(values[key])
            values["period_s"] = float(values["period_s"])
            values["heading_gain"] = float(values.get("heading_gain", 0.0))
            values["command_slew"] = _floats(values.get("command_slew", (0.0, 0.0, 0.0)))
            values["observation"] = tuple((str(n), float(s)) for n, s in values["observation"])
            values["history"] = _whole("history", values.get("history", 0))
            values["joint_range_rad"] = tuple((float(a), float(b)) for a, b in values["joint_range_rad"])
            clip = values.get("action_clip")
            values["action_clip"] = math.inf if clip is None else float(clip)
            values["provenance"] = dict(values.get("provenance") or {})
            for key, part in (("gait", GaitParams), ("legs", LegGeometry)):
                if values.get(key) is not None:
                    _check_keys(f"policy contract {key}", part, values[key])
                    values[key] = part(**{name: _numbers(value) for name, value in values[key].items()})
            contract = cls(**values)
            contract.validate()
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise BadInput(f"policy contract cannot be read: {error}") from error
        return contract

    @classmethod
    def from_json(cls, text: str) -> PolicyContract:
        """Parse what :meth:`to_json` wrote."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise BadInput(f"policy contract is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise BadInput("policy contract is not a JSON object")
        return cls.from_dict(data)


def _check_keys(what: str, part: type, data: Mapping[str, Any]) -> None:
    """Refuse keys that the dataclass ``part`` does not have, and the lack of those that it needs."""
    fields = dataclasses.fields(part)
    known = {f.name for f in fields}
    for key in data:
        if key not in known:
            raise UnknownName(f"{what} key", key, known)
    missing = dataclasses.MISSING
    needed = {f.name for f in fields if f.default is missing and f.default_factory is missing}
    if needed - set(data):
        raise BadInput(f"{what}: missing {', '.join(sorted(needed - set(data)))}")


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"policy contract: {name} must be a whole number, is {value!r}")
    return value


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise BadInput(f"policy contract: joints must be a list of names, is {value!r}")
    return tuple(value)


def _floats(value: Any) -> tuple[float, ...]:
    return tuple(float(x) for x in value)


def _numbers(value: Any) -> Any:
    """A number, or nested sequences of numbers as tuples, all float."""
    return tuple(_numbers(x) for x in value) if isinstance(value, list | tuple) else float(value)
