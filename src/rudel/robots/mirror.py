"""Left-right mirroring of a robot, derived from its compiled model: for training symmetry and for mirrored-step laws.

The mirror is the base's xz plane. A position (x, y, z) maps to (x, -y, z); a rotation axis is an axial vector and maps
to (-x, y, -z).
"""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.robots.kinematics import Kinematics
from rudel.robots.spec import LEG_ORDER, Array, RobotSpec

POLAR = np.array([1.0, -1.0, 1.0])  # mirrors positions, velocities, forces
AXIAL = np.array([-1.0, 1.0, -1.0])  # mirrors rotation axes, angular velocities, torques
LEG_PERMUTATION = np.array([LEG_ORDER.index(leg[0] + {"L": "R", "R": "L"}[leg[1]]) for leg in LEG_ORDER])  # (4,)
_AXIS_TOLERANCE = 1e-3


def mirror_signs(spec: RobotSpec) -> tuple[Array, NDArray[np.intp]]:
    """Signs (12,) and permutation (12,) such that ``signs * q[permutation]`` is the mirrored joint vector.

    The same rule holds for joint velocities, torques, position targets and actions. Applied twice it is the identity.

    Raises:
        BadInput: the axes of a left joint and its right partner are not mirror images.
    """
    permutation = np.concatenate([3 * leg + np.arange(3) for leg in LEG_PERMUTATION])
    _, axes = Kinematics(spec).joint_frames(np.zeros(12))
    agreement = np.sum(axes * (axes[permutation] * AXIAL), axis=1)  # cosine, (12,): +1 same sense, -1 opposite
    for name, partner, cosine in zip(spec.joints, permutation, agreement, strict=True):
        if abs(abs(cosine) - 1.0) > _AXIS_TOLERANCE:
            raise BadInput(
                f"{spec.name}: the axis of {name} is no mirror image of that of {spec.joints[partner]} "
                f"(cosine {cosine:.4f} at joint angles 0), so this robot has no left-right symmetry"
            )
    return np.sign(agreement), permutation


def symmetrise(spec: RobotSpec, mj: mujoco.MjSpec) -> None:
    """Average the inertials of left and right bodies of ``mj`` in place; the base becomes its own mirror image.

    ``mj`` is the robot's own model (``spec.make()``) or one that contains it under the same names. Geometry, joints and
    total mass stay as they are. Only bodies that carry one of the 12 joints, and the base, are touched.
    """
    _, permutation = mirror_signs(spec)
    model = mj.compile()
    bodies = [mj.joint(name).parent for name in spec.joints]
    pairs = [(bodies[i], bodies[j]) for i, j in enumerate(permutation) if i < j]
    for left, right in [*pairs, (mj.body(spec.base), mj.body(spec.base))]:
        mass_l, com_l, inertia_l = _inertial(model, left.name)
        mass_r, com_r, inertia_r = _inertial(model, right.name)
        mass = (mass_l + mass_r) / 2
        com = (com_l + com_r * POLAR) / 2
        inertia = (inertia_l + inertia_r * np.outer(POLAR, POLAR)) / 2
        _set_inertial(right, mass, com * POLAR, inertia * np.outer(POLAR, POLAR))
        _set_inertial(left, mass, com, inertia)


def _inertial(model: mujoco.MjModel, body: str) -> tuple[float, Array, Array]:
    """Mass, centre of mass (3,) and inertia (3, 3) about it in the body's axes, as compiled."""
    b = model.body(body)
    rotation = np.zeros(9)
    mujoco.mju_quat2Mat(rotation, b.iquat)
    r = rotation.reshape(3, 3)
    return float(b.mass[0]), b.ipos.copy(), r @ np.diag(b.inertia) @ r.T


def _set_inertial(body: mujoco.MjsBody, mass: float, com: Array, inertia: Array) -> None:
    body.explicitinertial = True
    body.mass = mass
    body.ipos = com
    body.iquat = [1.0, 0.0, 0.0, 0.0]
    body.fullinertia = inertia[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]
