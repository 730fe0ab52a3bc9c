"""Lite3: bodies and collision shapes, from URDF_model fea2482 (Lite3.urdf, BSD-3-Clause) unless a line says otherwise.

Lengths in m, masses in kg, inertias in kg m^2. Left and right centres of mass are not mirror images of each other in
the vendor's file; the numbers are kept as published (rudel.robots.mirror can symmetrise them).
"""

from __future__ import annotations

import math

from rudel.robots import _quadruped as quad
from rudel.robots._quadruped import Inertial, LegModel, Link, Quadruped, Shape, Vec3
from rudel.robots.lite3 import looks

FOOT_RADIUS_M = 0.022
FOOT_MASS_KG = 0.020
HIP_X, HIP_Y = 0.1745, 0.062  # hip x joint in the torso
THIGH_Y = 0.09735  # hip y joint in the hip
THIGH_LENGTH = 0.200
SHANK_LENGTH = 0.21012  # knee to the centre of the foot

RANGES = ((-0.523, 0.523), (-2.67, 0.314), (0.524, 2.792))
# Same axes on all four legs: a positive hip x angle swings every leg towards -y, a positive knee angle folds the leg.
AXES: tuple[Vec3, Vec3, Vec3] = ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, -1.0, 0.0))
# The vendor gives no rotor inertia anywhere (0 in its URDF, MJCF and Isaac configuration). Two unrelated third-party
# MJCFs of this robot use 0.01 on every joint; training should vary it.
ARMATURE: Vec3 = (0.01, 0.01, 0.01)

_HIP_LEFT = (0.0003949, 0.0004028, 0.0004472, 0.0, 0.0, 0.0)
_HIP_RIGHT = (0.0004472, 0.0004028, 0.0003949, 0.0, 0.0, 0.0)  # HR: as in the URDF; the vendor's MJCF has _HIP_LEFT
_THIGH = (0.005736, 0.00496, 0.001436, 0.0, 0.0, 0.0)
_SHANK = (0.00089039, 0.00090672, 3.1266e-5, 0.0, 0.0, 0.0)

HIP = {
    "FL": Inertial(0.550, (-0.00601, -0.0066532, 0.00034295), _HIP_LEFT),
    "FR": Inertial(0.550, (-0.010579, 0.011358, 0.00048546), _HIP_RIGHT),
    "HL": Inertial(0.550, (0.010905, -0.012636, 0.001051), _HIP_LEFT),
    "HR": Inertial(0.550, (0.010354, 0.011423, 0.00049498), _HIP_RIGHT),
}
THIGH = {
    "FL": Inertial(0.860, (-0.0052817, -0.014632, -0.042672), _THIGH),
    "FR": Inertial(0.860, (-0.0039245, 0.025256, -0.025146), _THIGH),
    "HL": Inertial(0.860, (-0.0057137, -0.014631, -0.042453), _THIGH),
    "HR": Inertial(0.860, (-0.0031903, 0.02526, -0.025617), _THIGH),
}
SHANK = Inertial(0.153, (0.0064794, -1.45e-6, -0.12157), _SHANK)
# The URDF gives the foot no inertia: a solid ball of its mass and radius.
_BALL = 0.4 * FOOT_MASS_KG * FOOT_RADIUS_M**2
FOOT = Inertial(FOOT_MASS_KG, (0.0, 0.0, 0.0), (_BALL, _BALL, _BALL, 0.0, 0.0, 0.0))

_TORSO_BOXES = (
    Shape("box", (0.25, 0.05, 0.06), (0.0, 0.0, 0.01)),
    Shape("box", (0.125, 0.1, 0.06), (0.0, 0.0, 0.01)),
)
_HIP_CYLINDER = Shape("cylinder", (0.04, 0.075), (0.0, 0.05, 0.0), (math.pi / 2, 0.0, 0.0))
_THIGH_BOX = Shape("box", (0.02, 0.0225, 0.1), (-0.015, 0.0, -0.08))
_SHANK_CYLINDERS = (
    Shape("cylinder", (0.015, 0.06), (0.005, 0.0, -0.03), (0.0, -0.2, 0.0)),
    Shape("cylinder", (0.015, 0.05), (0.01, 0.0, -0.14), (0.0, 0.15, 0.0)),
)


def quadruped() -> Quadruped:
    """The Lite3 in numbers."""
    torso = Inertial(5.6056, (0.0, 0.0, 0.0), (0.02456, 0.05518, 0.07016, 0.0, 0.0, 0.0))
    base = Link((0.0, 0.0, 0.0), torso, _TORSO_BOXES, looks.torso())
    fl, fr, hl, hr = (_leg(name) for name in quad.LEG_ORDER)
    return Quadruped("lite3", base, (fl, fr, hl, hr), AXES, ARMATURE, FOOT_RADIUS_M)


def _leg(name: str) -> LegModel:
    hind, right = name[0] == "H", name[1] == "R"
    side = -1.0 if right else 1.0
    hip_offset = (-HIP_X if hind else HIP_X, side * HIP_Y, 0.0)
    hip_looks = tuple(shape.mirrored(x=hind, y=right) for shape in looks.hip())
    thigh_looks = tuple(shape.mirrored(y=right) for shape in looks.thigh())
    return LegModel(
        name=name,
        hip=Link(hip_offset, HIP[name], (_HIP_CYLINDER.mirrored(y=right),), hip_looks),
        thigh=Link((0.0, side * THIGH_Y, 0.0), THIGH[name], (_THIGH_BOX,), thigh_looks),
        shank=Link((0.0, 0.0, -THIGH_LENGTH), SHANK, _SHANK_CYLINDERS, looks.shank()),
        foot=FOOT,
        foot_offset=(0.0, 0.0, -SHANK_LENGTH),
        ranges=RANGES,
    )
