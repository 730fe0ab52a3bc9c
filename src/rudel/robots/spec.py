"""RobotSpec: a robot described by roles (base, legs, feet, joint groups), never by the names that its file uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEG_ORDER = ("FL", "FR", "HL", "HR")  # front/hind, left/right: the order of every per-leg array


@dataclass(frozen=True)
class Leg:
    """One leg by roles.

    Attributes:
        name: one of LEG_ORDER.
        joints: the three joints from the base outwards: abduction (hip x), hip flexion (hip y), knee.
        foot: name of the sphere geom that touches the ground.
    """

    name: str
    joints: tuple[str, str, str]
    foot: str


@dataclass(frozen=True, eq=False)
class RobotSpec:
    """Everything that the rest of the stack needs to know of a robot. Joint arrays (12,) follow LEG_ORDER, then joints.

    Attributes:
        name: the robot's name (its folder).
        base: body that carries the free joint and the IMU.
        legs: four Legs in LEG_ORDER.
        effort_nm: stall torque of each joint [N m], (12,).
        speed_radps: no-load speed of each joint [rad/s], (12,); the torque limit falls linearly to zero there.
        joint_range_rad: lower and upper limit [rad], (12, 2).
        armature: rotor inertia seen at each joint [kg m^2], (12,).
        default_pose: stance that policies are written about [rad], (12,).
        rest_pose: folded on the ground [rad], (12,).
        nominal_height_m: base height at default_pose on flat ground [m].
        foot_radius_m: radius of the foot spheres [m].
        mass_kg: total mass [kg].
        kp, kd: joint gains that policies use [N m/rad], [N m s/rad].
        stand_kp, stand_kd: stiffer gains for holding a pose.
        action_scale: radians per unit of a policy's action, (12,).
        max_twist: largest command (vx [m/s], vy [m/s], wz [rad/s]).
        source: where the numbers come from.
        make: returns a fresh MjSpec with the robot's bodies, joints and geoms and nothing else (no actuators,
            sensors or world); angles in radians.
    """

    name: str
    base: str
    legs: tuple[Leg, Leg, Leg, Leg]
    effort_nm: Array
    speed_radps: Array
    joint_range_rad: Array
    armature: Array
    default_pose: Array
    rest_pose: Array
    nominal_height_m: float
    foot_radius_m: float
    mass_kg: float
    kp: float
    kd: float
    stand_kp: float
    stand_kd: float
    action_scale: Array
    max_twist: tuple[float, float, float]
    source: str
    make: Callable[[], mujoco.MjSpec]

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the 12 joints in the order of every joint array."""
        return tuple(j for leg in self.legs for j in leg.joints)

    @property
    def feet(self) -> tuple[str, ...]:
        """Names of the four foot geoms in LEG_ORDER."""
        return tuple(leg.foot for leg in self.legs)
