"""Published figures of the Lite3 (DEEP Robotics URDF_model fea2482) that the model must reproduce."""

from __future__ import annotations

import numpy as np
import pytest

from rudel import robots
from rudel.robots.kinematics import Kinematics

LITE3 = robots.load("lite3")
BODY = Kinematics(LITE3)
STANCE = BODY.feet(LITE3.default_pose)


def test_mass_and_height() -> None:
    assert BODY.mass_kg == pytest.approx(11.9376, abs=1e-9)
    assert BODY.base_height(LITE3.default_pose) == pytest.approx(0.3485, abs=5e-5)
    assert BODY.base_height(LITE3.rest_pose) == pytest.approx(0.1420, abs=5e-5)


def test_feet_at_stance() -> None:
    np.testing.assert_allclose(STANCE[:, 0], [0.1806, 0.1806, -0.1684, -0.1684], atol=5e-5)
    np.testing.assert_allclose(STANCE[:, 1], [0.1594, -0.1594, 0.1594, -0.1594], atol=5e-5)


def test_centre_of_mass_at_stance() -> None:
    np.testing.assert_allclose(BODY.com(LITE3.default_pose), [-0.0089, 0.0017, -0.022], atol=5e-5)


def test_leg_plane_law() -> None:
    """Seen from the hip y joint, with hip x at 0: x = l1 sin a + l2 sin(a + k), z = -l1 cos a - l2 cos(a + k)."""
    rng = np.random.default_rng(3)
    l1, l2 = 0.20, 0.21012
    for _ in range(50):
        q = rng.uniform(*LITE3.joint_range_rad.T)
        q[::3] = 0.0
        a, k = q[1::3], q[2::3]
        hips = BODY.joint_frames(q)[0][1::3]
        x, y, z = (BODY.feet(q) - hips).T
        np.testing.assert_allclose(x, l1 * np.sin(a) + l2 * np.sin(a + k), atol=1e-12)
        np.testing.assert_allclose(y, 0, atol=1e-12)
        np.testing.assert_allclose(z, -l1 * np.cos(a) - l2 * np.cos(a + k), atol=1e-12)


def test_hip_x_swings_every_leg_to_the_right() -> None:
    """One sign for all four legs: axis (-1, 0, 0)."""
    q = LITE3.default_pose.copy()
    q[::3] = 0.2
    assert (BODY.feet(q)[:, 1] < STANCE[:, 1]).all()


def test_reach() -> None:
    """The straight leg is 0.41012 m long; no pose within limits reaches further, foot radius on top gives 0.432 m."""
    straight = BODY.feet(np.zeros(12)) - BODY.joint_frames(np.zeros(12))[0][1::3]
    reach = np.linalg.norm(straight, axis=1)
    np.testing.assert_allclose(reach + LITE3.foot_radius_m, 0.432, atol=2e-4)
    rng = np.random.default_rng(4)
    for q in rng.uniform(*LITE3.joint_range_rad.T, size=(50, 12)):
        legs = BODY.feet(q) - BODY.joint_frames(q)[0][1::3]
        assert (np.linalg.norm(legs, axis=1) <= reach + 1e-12).all()
