"""A robot of one's own: an MJCF or URDF (12 hinges, four feet) and one YAML spec file.

::

    name: scout
    file: scout.urdf                # MJCF or URDF, relative to this file
    base: trunk                     # topmost body
    legs:                           # front/hind, left/right; joints from the base outwards; foot: geom or body
      FL: {joints: [fl_abad, fl_hip, fl_knee], foot: fl_foot}
      FR: {joints: [fr_abad, fr_hip, fr_knee], foot: fr_foot}
      HL: {joints: [hl_abad, hl_hip, hl_knee], foot: hl_foot}
      HR: {joints: [hr_abad, hr_hip, hr_knee], foot: hr_foot}
    effort_nm: [24, 24, 36]         # per-joint values: one number, 3 (for each leg) or 12
    speed_radps: [26, 26, 17]
    default_pose: [0, -0.65, 1.3]
    gains: {kp: 30, kd: 1}
    action_scale: [0.125, 0.25, 0.25]
    rest_pose: [0, -1.35, 2.5]      # from here on optional; default: default_pose
    stand_gains: {kp: 100, kd: 2.5} # default: gains
    armature: 0.01                  # default: as in the model
    max_twist: [1, 0.5, 1]          # default: this
    foot_radius_m: 0.02             # default: radius of the foot spheres; needed when a foot is no sphere

Joint limits, mass, foot radius and standing height come from the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from rudel.core.errors import BadInput, UnknownName
from rudel.robots import _custom_model
from rudel.robots._arrays import frozen, per_joint
from rudel.robots._custom_model import Description
from rudel.robots.kinematics import Kinematics
from rudel.robots.spec import LEG_ORDER, Array, Leg, RobotSpec

_REQUIRED = ("name", "file", "base", "legs", "effort_nm", "speed_radps", "default_pose", "gains", "action_scale")
_OPTIONAL = ("rest_pose", "stand_gains", "armature", "max_twist", "foot_radius_m")
_FOOT_RADIUS_TOLERANCE_M = 1e-6


def load(path: Path) -> RobotSpec:
    """The robot that the spec file describes. Raises BadInput or UnknownName, naming file, key and value."""
    data = _read(path)
    _check_keys(data, _REQUIRED, _OPTIONAL, f"{path}")
    legs, feet = _legs(data["legs"], f"{path}: legs")
    armature = _positive(data["armature"], f"{path}: armature", zero=True) if "armature" in data else None
    radius = _number(data["foot_radius_m"], f"{path}: foot_radius_m") if "foot_radius_m" in data else None
    description = Description(
        file=path.parent / str(data["file"]),
        base=str(data["base"]),
        joints=tuple(leg.joints for leg in legs),
        feet=feet,
        armature=None if armature is None else tuple(armature.tolist()),
        foot_radius_m=radius,
    )
    model = _custom_model.compiled(description)
    kp, kd = _gains(data["gains"], f"{path}: gains")
    stand_kp, stand_kd = _gains(data.get("stand_gains", data["gains"]), f"{path}: stand_gains")
    default_pose = per_joint(data["default_pose"], f"{path}: default_pose")
    spec = RobotSpec(
        name=str(data["name"]),
        base=description.base,
        legs=legs,
        effort_nm=_positive(data["effort_nm"], f"{path}: effort_nm"),
        speed_radps=_positive(data["speed_radps"], f"{path}: speed_radps"),
        joint_range_rad=frozen(np.array([model.joint(name).range for leg in legs for name in leg.joints])),
        armature=frozen(np.array([model.dof_armature[model.joint(n).dofadr[0]] for leg in legs for n in leg.joints])),
        default_pose=default_pose,
        rest_pose=per_joint(data["rest_pose"], f"{path}: rest_pose") if "rest_pose" in data else default_pose,
        nominal_height_m=0.0,  # known below
        foot_radius_m=_foot_radius(model, legs, str(path)),
        mass_kg=float(model.body_mass.sum()),
        kp=kp,
        kd=kd,
        stand_kp=stand_kp,
        stand_kd=stand_kd,
        action_scale=_positive(data["action_scale"], f"{path}: action_scale"),
        max_twist=_twist(data.get("max_twist", (1.0, 0.5, 1.0)), f"{path}: max_twist"),
        source=str(path),
        make=partial(_custom_model.build, description),
    )
    for key in ("default_pose", "rest_pose"):
        _check_pose(spec, getattr(spec, key), f"{path}: {key}")
    height = Kinematics(spec).base_height(spec.default_pose)
    if height <= 0:
        raise BadInput(f"{path}: default_pose puts the feet {-height:.3f} m above the base")
    return replace(spec, nominal_height_m=height)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot read the robot's spec file: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not a YAML file: {error}") from error
    return _mapping(data, f"{path}")


def _mapping(data: object, where: str) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise BadInput(f"{where} must be a mapping of keys to values, is {data!r}")
    return data


def _check_keys(data: Mapping[str, Any], required: Collection[str], optional: Collection[str], where: str) -> None:
    for key in data:
        if key not in {*required, *optional}:
            raise UnknownName(f"key in {where}:", key, [*required, *optional])
    missing = [key for key in required if key not in data]
    if missing:
        raise BadInput(f"{where}: missing {', '.join(missing)}")


def _legs(data: object, where: str) -> tuple[tuple[Leg, Leg, Leg, Leg], tuple[str, ...]]:
    """Legs by roles, and the names that their feet have in the user's file."""
    entries = _mapping(data, where)
    _check_keys(entries, LEG_ORDER, (), where)
    legs: list[Leg] = []
    feet: list[str] = []
    for name in LEG_ORDER:
        entry = _mapping(entries[name], f"{where}.{name}")
        _check_keys(entry, ("joints", "foot"), (), f"{where}.{name}")
        joints = entry["joints"]
        if not isinstance(joints, list) or len(joints) != 3:
            raise BadInput(f"{where}.{name}.joints = {joints!r}, needs 3 names: hip x, hip y, knee")
        hip_x, hip_y, knee = map(str, joints)
        legs.append(Leg(name, (hip_x, hip_y, knee), f"{name}_foot"))
        feet.append(str(entry["foot"]))
    fl, fr, hl, hr = legs
    return (fl, fr, hl, hr), tuple(feet)


def _number(value: Any, where: str, *, zero: bool = False) -> float:
    """A finite number > 0 (>= 0 with ``zero``)."""
    if np.shape(value) != ():
        raise BadInput(f"{where} = {value!r} must be one number")
    return float(_positive(value, where, zero=zero)[0])


def _positive(value: Any, where: str, *, zero: bool = False) -> Array:
    array = per_joint(value, where)
    if (array < 0).any() or (not zero and (array == 0).any()):
        raise BadInput(f"{where} = {value!r} must be {'>= 0' if zero else '> 0'}")
    return array


def _gains(data: object, where: str) -> tuple[float, float]:
    gains = _mapping(data, where)
    _check_keys(gains, ("kp", "kd"), (), where)
    return _number(gains["kp"], f"{where}.kp"), _number(gains["kd"], f"{where}.kd", zero=True)


def _twist(value: Any, where: str) -> tuple[float, float, float]:
    if np.shape(value) != (3,):
        raise BadInput(f"{where} = {value!r}, needs 3 numbers: vx [m/s], vy [m/s], wz [rad/s]")
    vx, vy, wz = (_number(v, where, zero=True) for v in value)
    return vx, vy, wz


def _foot_radius(model: Any, legs: tuple[Leg, ...], where: str) -> float:
    radii = [float(model.geom(leg.foot).size[0]) for leg in legs]
    if max(radii) - min(radii) > _FOOT_RADIUS_TOLERANCE_M:
        raise BadInput(f"{where}: the feet have different radii {radii} m; give foot_radius_m")
    return radii[0]


def _check_pose(spec: RobotSpec, pose: Array, where: str) -> None:
    for joint, angle, (lower, upper) in zip(spec.joints, pose, spec.joint_range_rad, strict=True):
        if not lower <= angle <= upper:
            raise BadInput(f"{where}: {joint} = {angle} rad lies outside its limits {lower:.4g} .. {upper:.4g} rad")
