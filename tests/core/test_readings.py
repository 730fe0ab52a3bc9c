"""Readings: read-only, of stated shapes, and a pinhole that projects there and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.core.readings import CameraPose, Image, Intrinsics, Odometry, Scan, ThermalImage

POSE = CameraPose(np.zeros(3), np.array([1.0, 0, 0, 0]))


@given(
    width=st.integers(1, 60),
    height=st.integers(1, 60),
    fx=st.floats(1, 500),
    fy=st.floats(1, 500),
    z=st.floats(0.1, 50),
)
def test_a_pixel_projects_there_and_back(width: int, height: int, fx: float, fy: float, z: float) -> None:
    optics = Intrinsics(width, height, fx, fy, width / 3, height / 4)
    points = optics.directions() * z
    u, v = fx * points[..., 0] / points[..., 2] + optics.cx, fy * points[..., 1] / points[..., 2] + optics.cy
    np.testing.assert_allclose(u, np.broadcast_to(np.arange(width), u.shape), atol=1e-3)
    np.testing.assert_allclose(v, np.broadcast_to(np.arange(height)[:, None], v.shape), atol=1e-3)


@given(width=st.integers(2, 2000), view=st.floats(0.1, 3.0))
def test_the_edges_of_a_view_are_where_they_were_asked_for(width: int, view: float) -> None:
    optics = Intrinsics.of_view(width, 10, view)
    left = (-0.5 - optics.cx) / optics.fx
    assert math.atan(-left) == pytest.approx(view / 2)


def test_readings_cannot_be_changed_and_do_not_follow_their_source() -> None:
    points = np.ones((2, 3), np.float32)
    scan = Scan(0.0, "lidar", points, np.zeros(2), np.zeros(2), np.zeros(2))
    points[0, 0] = 7
    assert scan.points[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        scan.points[0, 0] = 7
    assert Scan(1.0, "lidar", scan.points, scan.offsets_s, scan.ring, scan.intensity).points is scan.points


def test_wrong_shapes_are_refused() -> None:
    optics = Intrinsics.of_view(4, 3, 1.0)
    with pytest.raises(BadInput, match="Image"):
        Image(0.0, "camera", np.zeros((4, 3, 3), np.uint8), optics, POSE)
    with pytest.raises(BadInput, match="ThermalImage"):
        ThermalImage(0.0, "thermal", np.zeros((4, 3)), optics, POSE)
    with pytest.raises(BadInput, match="velocity"):
        Odometry(0.0, "odom", np.zeros(3), np.zeros(4), np.zeros(2), np.zeros(3))
    with pytest.raises(BadInput, match="Scan"):
        Scan(0.0, "lidar", np.zeros((2, 3)), np.zeros(3), np.zeros(2), np.zeros(2))
    with pytest.raises(BadInput, match="pi"):
        Intrinsics.of_view(4, 3, math.pi)
