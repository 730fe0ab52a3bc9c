"""Laws of standing: tilt against the ground under a base, not against the horizon."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rudel.core import frames
from rudel.locomotion import footing

ANGLES = st.floats(-math.pi, math.pi)


def base(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """Rotation that takes base coordinates to the world's, by the conventions' order."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a), math.cos(a)) for a in (roll, pitch, yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


@given(ANGLES, st.floats(-1.5, 1.5), ANGLES, st.floats(-1, 1), st.floats(-1, 1))
def test_it_is_the_angle_to_the_normal(roll: float, pitch: float, yaw: float, ahead: float, left: float) -> None:
    turn = base(roll, pitch, yaw)
    gravity = turn.T @ [0, 0, -1]
    normal = np.array([-ahead, -left, 1]) / math.sqrt(1 + ahead**2 + left**2)  # in the heading frame
    expected = (base(0, 0, yaw) @ normal) @ turn[:, 2]
    found = footing.upright_cos(gravity[None].astype(np.float32), np.array([[ahead, left]], np.float32))
    np.testing.assert_allclose(found, expected, atol=2e-3)


@given(ANGLES, st.floats(-1.5, 1.5))
def test_on_level_ground_it_is_gravity_upside_down(roll: float, pitch: float) -> None:
    gravity = (base(roll, pitch, 0.3).T @ [0, 0, -1])[None].astype(np.float32)
    np.testing.assert_allclose(footing.upright_cos(gravity, np.zeros((1, 2), np.float32)), -gravity[:, 2], atol=1e-5)


def test_the_convention_of_gravity_is_that_of_frames() -> None:
    quat = frames.quat_from_yaw(np.array([0.7]))
    np.testing.assert_allclose(frames.projected_gravity(quat), (base(0, 0, 0.7).T @ [0, 0, -1])[None], atol=1e-12)
