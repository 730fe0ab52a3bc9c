"""A 12-joint quadruped as plain numbers, and the MjSpec built from them. Shared by the robots that come with rudel.

Conventions of the built model (the simulation relies on them):

* body ``base`` with the free joint ``root``; bodies ``<leg>_hip``, ``<leg>_thigh``, ``<leg>_shank``; joints
  ``<leg>_HipX``, ``<leg>_HipY``, ``<leg>_Knee``; the rigid foot is merged into the shank (four bodies fewer to step).
* geom and site ``<leg>_foot`` at the foot's centre (the site 1.3 times as large, for touch sensing), site ``imu`` on
  the base.
* feet: contype 0, conaffinity 1; other collision shapes: contype 0, conaffinity 2, group 3. Nothing touches itself; the
  world picks with the contype bits of its ground whether it meets only feet (1) or the whole robot (3).
* visual shapes: contype = conaffinity = 0, group 2 (feet are visible too). Masses are explicit, geoms add none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import mujoco
import numpy as np

from rudel.robots.spec import LEG_ORDER, Array, Leg

Vec3 = tuple[float, float, float]
Range = tuple[float, float]
_TYPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
}
VISUAL_GROUP, COLLISION_GROUP, SITE_GROUP = 2, 3, 4
FOOT_BIT, BODY_BIT = 1, 2  # conaffinity of the feet and of all other collision shapes
TOUCH_SITE_SCALE = 1.3  # the touch site must enclose the foot's contact points
RUBBER = (0.07, 0.07, 0.08, 1.0)


@dataclass(frozen=True)
class Inertial:
    """Mass [kg], centre of mass [m] and, about it, inertia (xx, yy, zz, xy, xz, yz) [kg m^2], all in body axes."""

    mass_kg: float
    com: Vec3
    inertia: tuple[float, float, float, float, float, float]

    def matrix(self) -> Array:
        """(3, 3) inertia about the centre of mass."""
        xx, yy, zz, xy, xz, yz = self.inertia
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])

    def plus(self, other: Inertial, at: Vec3) -> Inertial:
        """Both as one rigid body; ``other``'s frame sits at ``at`` with the same axes."""
        mass = self.mass_kg + other.mass_kg
        coms = (np.array(self.com), np.array(other.com) + at)
        com = (self.mass_kg * coms[0] + other.mass_kg * coms[1]) / mass
        total = np.zeros((3, 3))
        for part, part_com in zip((self, other), coms, strict=True):
            d = part_com - com
            total += part.matrix() + part.mass_kg * (d @ d * np.eye(3) - np.outer(d, d))  # parallel axes
        x, y, z = com.tolist()
        xx, yy, zz, xy, xz, yz = (float(total[i, j]) for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)))
        return Inertial(mass, (x, y, z), (xx, yy, zz, xy, xz, yz))


@dataclass(frozen=True)
class Shape:
    """A primitive in its body's frame: MuJoCo half sizes and position [m], fixed-axis roll, pitch, yaw [rad]."""

    kind: str
    size: tuple[float, ...]
    pos: Vec3 = (0.0, 0.0, 0.0)
    rpy: Vec3 = (0.0, 0.0, 0.0)
    rgba: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 1.0)

    def mirrored(self, *, x: bool = False, y: bool = False) -> Shape:
        """Reflected in the body's yz plane (``x``) and/or xz plane (``y``)."""
        fx, fy = (-1.0 if x else 1.0), (-1.0 if y else 1.0)
        pos = (self.pos[0] * fx, self.pos[1] * fy, self.pos[2])
        return replace(self, pos=pos, rpy=(self.rpy[0] * fy, self.rpy[1] * fx, self.rpy[2] * fx * fy))


@dataclass(frozen=True)
class Link:
    """One rigid body: where its frame sits in its parent [m], its mass, and its shapes."""

    offset: Vec3
    inertial: Inertial
    collision: tuple[Shape, ...]
    visual: tuple[Shape, ...]


@dataclass(frozen=True)
class LegModel:
    """Hip, thigh and shank; the foot (rigid in the shank at ``foot_offset``); ranges of the three joints [rad]."""

    name: str
    hip: Link
    thigh: Link
    shank: Link
    foot: Inertial
    foot_offset: Vec3
    ranges: tuple[Range, Range, Range]


@dataclass(frozen=True)
class Quadruped:
    """A base and four legs in LEG_ORDER; joint axes and armatures [kg m^2] of hip x, hip y and knee."""

    name: str
    base: Link
    legs: tuple[LegModel, LegModel, LegModel, LegModel]
    axes: tuple[Vec3, Vec3, Vec3]
    armature: Vec3
    foot_radius_m: float


def joint_names(leg: str) -> tuple[str, str, str]:
    """The three joints of a leg, from the base outwards."""
    return f"{leg}_HipX", f"{leg}_HipY", f"{leg}_Knee"


def legs() -> tuple[Leg, Leg, Leg, Leg]:
    """The legs of a built model, by roles."""
    fl, fr, hl, hr = (Leg(name, joint_names(name), f"{name}_foot") for name in LEG_ORDER)
    return fl, fr, hl, hr


def build(quadruped: Quadruped) -> mujoco.MjSpec:
    """A fresh MjSpec by the conventions at the head of this file."""
    spec = mujoco.MjSpec()
    spec.modelname = quadruped.name
    spec.compiler.degree = False
    spec.compiler.autolimits = True
    base = _add_body(spec.worldbody, "base", quadruped.base)
    base.add_freejoint(name="root")
    base.add_site(name="imu", size=[0.01, 0.01, 0.01], group=SITE_GROUP)
    for leg in quadruped.legs:
        shank = replace(leg.shank, inertial=leg.shank.inertial.plus(leg.foot, leg.foot_offset))
        parent = base
        links = (("hip", leg.hip), ("thigh", leg.thigh), ("shank", shank))
        for i, ((role, link), joint) in enumerate(zip(links, joint_names(leg.name), strict=True)):
            parent = _add_body(parent, f"{leg.name}_{role}", link)
            parent.add_joint(
                name=joint,
                type=mujoco.mjtJoint.mjJNT_HINGE,
                axis=quadruped.axes[i],
                range=leg.ranges[i],
                armature=quadruped.armature[i],
            )
        geom = parent.add_geom(
            type=_TYPES["sphere"], size=[quadruped.foot_radius_m, 0, 0], pos=leg.foot_offset, rgba=RUBBER
        )
        make_foot(parent, geom, f"{leg.name}_foot", quadruped.foot_radius_m)
    return spec


def make_foot(body: mujoco.MjsBody, geom: mujoco.MjsGeom, name: str, radius_m: float) -> None:
    """Name ``geom`` as a foot, set its contact bits and add its touch site."""
    geom.name, geom.contype, geom.conaffinity, geom.condim, geom.group = name, 0, FOOT_BIT, 3, VISUAL_GROUP
    size = [TOUCH_SITE_SCALE * radius_m] * 3
    body.add_site(name=name, pos=geom.pos, type=_TYPES["sphere"], size=size, group=SITE_GROUP)


def _add_body(parent: mujoco.MjsBody, name: str, link: Link) -> mujoco.MjsBody:
    inertial = link.inertial
    body = parent.add_body(
        name=name,
        pos=link.offset,
        mass=inertial.mass_kg,
        ipos=inertial.com,
        fullinertia=inertial.inertia,
        explicitinertial=True,
    )
    for shape in link.collision:
        _add_geom(body, shape, conaffinity=BODY_BIT, group=COLLISION_GROUP)
    for shape in link.visual:
        _add_geom(body, shape, conaffinity=0, group=VISUAL_GROUP)
    return body


def _add_geom(body: mujoco.MjsBody, shape: Shape, *, conaffinity: int, group: int) -> None:
    quat = np.zeros(4)
    mujoco.mju_euler2Quat(quat, np.array(shape.rpy), "XYZ")  # capitals: fixed axes, as in URDF
    size = [*shape.size, 0.0, 0.0][:3]
    body.add_geom(
        type=_TYPES[shape.kind],
        size=size,
        pos=shape.pos,
        quat=quat,
        rgba=shape.rgba,
        contype=0,
        conaffinity=conaffinity,
        group=group,
    )
