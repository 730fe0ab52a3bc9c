"""Merging rigid bodies keeps mass, first moment and energy."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from rudel.robots._quadruped import Inertial, Shape

ROD = Inertial(0.7, (0.01, -0.02, -0.12), (0.009, 0.0096, 0.0004, 1e-5, 3e-4, -2e-5))
BALL = Inertial(0.06, (0.001, 0.0, 0.002), (3e-5, 3e-5, 3e-5, 0.0, 0.0, 0.0))
AT = (0.02, 0.01, -0.31)


def energy(body: Inertial, at: np.ndarray, v: np.ndarray, w: np.ndarray) -> float:
    """Kinetic energy of a body whose frame sits at ``at``, in a rigid motion v + w x r about the origin."""
    com_speed = v + np.cross(w, np.array(body.com) + at)
    return float(0.5 * body.mass_kg * com_speed @ com_speed + 0.5 * w @ body.matrix() @ w)


def test_merged_body_has_the_same_energy_in_any_motion() -> None:
    merged = ROD.plus(BALL, AT)
    assert merged.mass_kg == pytest.approx(0.76)
    rng = np.random.default_rng(0)
    for v, w in rng.normal(size=(20, 2, 3)):
        parts = energy(ROD, np.zeros(3), v, w) + energy(BALL, np.array(AT), v, w)
        assert energy(merged, np.zeros(3), v, w) == pytest.approx(parts, rel=1e-12)


@pytest.mark.parametrize(("x", "y"), [(True, False), (False, True), (True, True)])
def test_mirroring_a_shape_twice_is_the_identity(x: bool, y: bool) -> None:
    shape = Shape("box", (1.0, 2.0, 3.0), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert shape.mirrored(x=x, y=y) != shape
    assert shape.mirrored(x=x, y=y).mirrored(x=x, y=y) == shape


def rotation(shape: Shape) -> np.ndarray:
    quat, matrix = np.zeros(4), np.zeros(9)
    mujoco.mju_euler2Quat(quat, np.array(shape.rpy), "XYZ")
    mujoco.mju_quat2Mat(matrix, quat)
    return matrix.reshape(3, 3)


@pytest.mark.parametrize(("x", "y"), [(True, False), (False, True), (True, True)])
def test_mirrored_orientation_is_the_reflected_one(x: bool, y: bool) -> None:
    """S R S for the reflection S: a shape that is symmetric in itself then fills the mirrored space."""
    shape = Shape("box", (1.0, 2.0, 3.0), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    reflection = np.diag([-1.0 if x else 1.0, -1.0 if y else 1.0, 1.0])
    np.testing.assert_allclose(
        rotation(shape.mirrored(x=x, y=y)), reflection @ rotation(shape) @ reflection, atol=1e-12
    )
