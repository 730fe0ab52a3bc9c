"""Several cameras on one steerable head: they look the same way, and it moves no faster for it."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rudel.core import frames
from rudel.core.readings import ThermalImage
from rudel.core.types import Pose
from rudel.sim.senses import rays
from rudel.sim.senses.camera import optical_pose
from rudel.sim.senses.head import Head
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.sense import Span
from rudel.sim.senses.thermal import ThermalCamera, ThermalSpec
from rudel.worlds.place import Box, Material, Waypoint, World

POSE = Pose(np.array([0.0, 0.0, 0.5]), np.array([1.0, 0, 0, 0]))
MOUNT = Mount("thermal", np.array([-0.1, 0.0, 0.2]))


@given(st.lists(st.integers(1, 3), min_size=1, max_size=30))
def test_a_head_moves_through_each_span_once(riders: list[int]) -> None:
    shared, alone = Head(), Head()
    for head in (shared, alone):
        head.aim(2.0, -0.7, 6.0)
    for k, count in enumerate(riders):
        for _ in range(count):
            shared.keep_up(0.02 * k, 0.02 * (k + 1))
        alone.advance(0.02)
        assert np.allclose((shared.pan_rad, shared.tilt_rad, shared.zoom), (alone.pan_rad, alone.tilt_rad, alone.zoom))


@given(st.floats(-2.9, 2.9), st.floats(-1.5, 0.7), st.floats(1.0, 10.0))
def test_all_look_where_the_head_looks_and_one_of_them_zooms(pan: float, tilt: float, zoom: float) -> None:
    head = Head()
    head.pan_rad, head.tilt_rad, head.zoom = pan, tilt, zoom
    fixed, zooming = optical_pose(MOUNT, head, zooms=False), optical_pose(MOUNT, head)
    assert np.array_equal(fixed.quat, zooming.quat)
    assert (fixed.pan_rad, fixed.tilt_rad, fixed.zoom) == (pan, tilt, 1.0)
    assert zooming.zoom == zoom
    ahead = frames.rotate(fixed.quat, np.array([0.0, 0.0, 1.0]))
    wanted = (math.cos(tilt) * math.cos(pan), math.cos(tilt) * math.sin(pan), -math.sin(tilt))
    assert np.allclose(ahead, wanted, atol=1e-9)


def test_a_thermal_camera_on_a_head_sees_what_is_beside_the_robot() -> None:
    warm = Box((0.0, 2.0, 0.7), (0.3, 0.05, 0.3), material="warm", temperature_c=60.0)
    world = World("room", Waypoint("start", (0.0, 0.0)), (-5, 5, -5, 5), floor_m=0.0, shapes=(warm,), air_c=20.0,
                  materials={"warm": Material((1.0, 1.0, 1.0, 1.0))})  # fmt: skip
    spec = mujoco.MjSpec()
    world.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    head = Head()
    camera = ThermalCamera(
        ThermalSpec(), MOUNT, rays.make(model, data), model, world, np.random.default_rng(0), head=head
    )

    def middle_c(pan: float, start_s: float) -> float:
        head.aim(pan, 0.0)
        (taken,) = camera.advance(Span(start_s, start_s + 4.0, POSE, POSE, data, np.zeros(3)))
        picture = taken.reading
        assert isinstance(picture, ThermalImage)
        assert picture.pose.pan_rad == pan
        return float(picture.celsius[50:70, 70:90].mean())

    assert middle_c(math.pi / 2, 0.0) > 40
    assert middle_c(-math.pi / 2, 4.0) < 30
