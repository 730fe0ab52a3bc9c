"""Where feet and joints are: kinematics invert each other, and signs only turn joints."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rudel.locomotion import legs
from tests.locomotion.samples import DEFAULT, LEGS, LIMITS, MIXED

F = np.float32
STANCE = legs.forward_kinematics(LEGS, DEFAULT[None].astype(F))[0]
angles = st.tuples(*[st.floats(lower, upper) for lower, upper in LIMITS])


@given(angles)
def test_inverse_kinematics_reaches_the_foot(q: tuple[float, ...]) -> None:
    """Over the whole joint range, except where the foot is level with or above its hip."""
    foot = legs.forward_kinematics(LEGS, np.array([q]))
    flat = np.array([q]).reshape(4, 3)
    depth = LEGS.thigh * np.cos(flat[:, 1]) + LEGS.shank * np.cos(flat[:, 1] + flat[:, 2])
    below = depth > 0.01
    again = legs.forward_kinematics(LEGS, legs.inverse_kinematics(LEGS, foot))
    np.testing.assert_allclose(again[0, below], foot[0, below], atol=1e-6)


def test_default_pose_comes_back() -> None:
    np.testing.assert_allclose(legs.inverse_kinematics(LEGS, STANCE[None])[0], DEFAULT, atol=1e-5)


def test_stance_is_where_the_vendor_measured_it() -> None:
    """Feet 6 mm ahead of the hips and 0.3485 m minus the foot radius of 22 mm below the base (Lite3.urdf)."""
    np.testing.assert_allclose(STANCE[:, 0], 0.006, atol=5e-4)
    np.testing.assert_allclose(STANCE[:, 1], LEGS.lateral, atol=1e-6)
    np.testing.assert_allclose(STANCE[:, 2], -(0.3485 - 0.022), atol=5e-4)


def test_joint_signs_only_turn_the_joints() -> None:
    q = legs.inverse_kinematics(MIXED, STANCE[None])
    np.testing.assert_allclose(q[0] * np.array(MIXED.signs), DEFAULT, atol=1e-5)
    np.testing.assert_allclose(legs.forward_kinematics(MIXED, q)[0], STANCE, atol=1e-6)


def test_out_of_reach_is_pulled_in_not_nan() -> None:
    far = np.tile(np.array([[[1.0, 0.2, -1.0]]], F), (1, 4, 1))
    q = legs.inverse_kinematics(LEGS, far)
    assert np.isfinite(q).all()
    assert np.linalg.norm(legs.forward_kinematics(LEGS, q), axis=-1).max() < LEGS.thigh + LEGS.shank + 0.1
