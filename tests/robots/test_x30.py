"""Published figures of the X30 (DEEP Robotics URDF_model fea2482), and the design rules of its derived poses."""

from __future__ import annotations

import numpy as np
import pytest

from rudel import robots
from rudel.robots.kinematics import Kinematics

X30 = robots.load("x30")
BODY = Kinematics(X30)


def test_mass() -> None:
    assert BODY.mass_kg == pytest.approx(55.84, abs=5e-3)


def test_stance_puts_feet_under_the_hips_at_the_chosen_share_of_the_reach() -> None:
    legs = BODY.feet(X30.default_pose) - BODY.joint_frames(X30.default_pose)[0][1::3]
    np.testing.assert_allclose(legs[:, 0], 0, atol=1e-3)
    np.testing.assert_allclose(-legs[:, 2] / 0.61, 0.85, atol=0.01)


def test_hip_x_ranges_are_mirrored() -> None:
    fl, fr, hl, hr = X30.joint_range_rad[::3]
    np.testing.assert_array_equal(fl, [-0.323, 0.585])
    np.testing.assert_array_equal(fr, -fl[::-1])
    np.testing.assert_array_equal(hl, fl)
    np.testing.assert_array_equal(hr, fr)


def test_it_bends_under_its_weight_about_as_a_lite3_does() -> None:
    """Static knee deflection at the policy gains: weight / 4 times the foot's distance from the knee, over kp."""
    sag = {}
    for name in ("lite3", "x30"):
        spec = robots.load(name)
        body = Kinematics(spec)
        lever = body.feet(spec.default_pose)[:, 0] - body.joint_frames(spec.default_pose)[0][2::3, 0]
        sag[name] = float(np.abs(lever).max()) * spec.mass_kg * 9.81 / 4 / spec.kp
    assert sag["x30"] == pytest.approx(sag["lite3"], rel=0.25)
