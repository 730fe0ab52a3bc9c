"""X30: bodies and collision shapes, from URDF_model fea2482 (X30.urdf, BSD-3-Clause) unless a line says otherwise.

Lengths in m, masses in kg, inertias in kg m^2.
"""

from __future__ import annotations

from rudel.robots import _quadruped as quad
from rudel.robots._quadruped import Inertial, LegModel, Link, Quadruped, Range, Shape, Vec3
from rudel.robots.x30 import looks

FOOT_RADIUS_M = 0.036
FOOT_MASS_KG = 0.060
HIP_X, HIP_Y = 0.291, 0.080
THIGH_Y = 0.11675
THIGH_LENGTH = 0.300
SHANK_LENGTH = 0.310

HIP_X_LEFT: Range = (-0.323, 0.585)
HIP_X_RIGHT: Range = (-0.585, 0.323)
HIP_Y_RANGE: Range = (-2.967, 0.262)
KNEE_RANGE: Range = (0.349, 2.531)
AXES: tuple[Vec3, Vec3, Vec3] = ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, -1.0, 0.0))
# No published figure. Rotor inertia is taken in proportion to the torque, so that an unloaded joint accelerates as a
# Lite3's does (0.01 kg m^2 there): hips 84 / 24 N m, knee 150 / 36 N m. An estimate; training should vary it.
ARMATURE: Vec3 = (0.035, 0.035, 0.042)

# The URDF gives the right and hind hips in inertial frames turned by half a turn; here all are in body axes.
HIP = {
    "FL": Inertial(
        1.43, (-0.0018591, -0.011377, 0.00027039), (0.0014068, 0.0026782, 0.0015918, -1.8545e-5, 2.7664e-6, 2.1221e-6)
    ),
    "FR": Inertial(
        1.43, (-0.0018591, 0.011377, -2.7675e-5), (0.0014068, 0.0026782, 0.0015918, -1.8545e-5, 4.1487e-6, 7.0795e-6)
    ),
    "HL": Inertial(
        1.43, (0.0018591, -0.011377, -2.7675e-5), (0.0014068, 0.0026782, 0.0015918, -1.8545e-5, 4.1487e-6, 7.0795e-6)
    ),
    "HR": Inertial(
        1.43, (0.0018591, 0.011377, 0.00027039), (0.0014068, 0.0026782, 0.0015918, -1.8545e-5, 2.7664e-6, 2.1221e-6)
    ),
}
THIGH_LEFT = Inertial(
    4.0809, (-0.0087581, -0.023554, -0.055162), (0.012604, 0.0164, 0.0061084, 0.00020291, -0.00030875, 0.00036593)
)
THIGH_RIGHT = Inertial(
    4.0809, (-0.0087433, 0.023551, -0.055154), (0.012604, 0.0164, 0.0061086, -0.00020374, -0.0003086, -0.00036585)
)
SHANK = Inertial(
    0.71386, (0.014851, 2.068e-5, -0.12283), (0.0093039, 0.0096272, 0.00041542, 1.7692e-7, 0.00034843, -3.7714e-6)
)
# The URDF's foot inertia (1e-12) is a placeholder: a solid ball of its mass and radius instead.
_BALL = 0.4 * FOOT_MASS_KG * FOOT_RADIUS_M**2
FOOT = Inertial(FOOT_MASS_KG, (0.0, 0.0, 0.0), (_BALL, _BALL, _BALL, 0.0, 0.0, 0.0))

_TORSO_BOX = Shape("box", (0.23, 0.13, 0.09))
_THIGH_CYLINDER = Shape("cylinder", (0.04, 0.125), (-0.02, 0.0, -0.13))
_SHANK_CYLINDER = Shape("cylinder", (0.025, 0.11), (0.0, 0.0, -0.155))


def quadruped() -> Quadruped:
    """The X30 in numbers."""
    torso = Inertial(30.7, (0.0, 0.0, 0.0), (0.364306, 0.597627, 0.757267, 0.00018421, 0.00027469, 0.00026784))
    base = Link((0.0, 0.0, 0.0), torso, (_TORSO_BOX,), looks.torso())
    fl, fr, hl, hr = (_leg(name) for name in quad.LEG_ORDER)
    return Quadruped("x30", base, (fl, fr, hl, hr), AXES, ARMATURE, FOOT_RADIUS_M)


def _leg(name: str) -> LegModel:
    hind, right = name[0] == "H", name[1] == "R"
    side = -1.0 if right else 1.0
    hip_offset = (-HIP_X if hind else HIP_X, side * HIP_Y, 0.0)
    hip_looks = tuple(shape.mirrored(x=hind, y=right) for shape in looks.hip())
    thigh_looks = tuple(shape.mirrored(y=right) for shape in looks.thigh())
    thigh = THIGH_RIGHT if right else THIGH_LEFT
    return LegModel(
        name=name,
        hip=Link(hip_offset, HIP[name], (), hip_looks),
        thigh=Link((0.0, side * THIGH_Y, 0.0), thigh, (_THIGH_CYLINDER,), thigh_looks),
        shank=Link((0.0, 0.0, -THIGH_LENGTH), SHANK, (_SHANK_CYLINDER,), looks.shank()),
        foot=FOOT,
        foot_offset=(0.0, 0.0, -SHANK_LENGTH),
        ranges=(HIP_X_RIGHT if right else HIP_X_LEFT, HIP_Y_RANGE, KNEE_RANGE),
    )
