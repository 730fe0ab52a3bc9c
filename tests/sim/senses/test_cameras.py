"""Cameras: what is drawn is where the pinhole says, heads keep their limits, depth and blur are as stated."""

from __future__ import annotations

import math
from collections.abc import Iterator

import mujoco
import numpy as np
import pytest

from rudel.core import frames
from rudel.core.errors import BadInput, GiveUp
from rudel.core.readings import DepthImage, Image, Intrinsics
from rudel.sim import graphics
from rudel.sim.senses import rays
from rudel.sim.senses.camera import Camera, CameraSpec, optical_pose, smeared
from rudel.sim.senses.depth import CastDepth, DepthCamera, DepthSpec
from rudel.sim.senses.head import Head, HeadSpec
from rudel.sim.senses.mount import OPTICAL, Mount
from rudel.sim.senses.studio import Studio
from tests.sim.senses.scenes import KIND, compiled, room, spans, wall

MOUNT = Mount("camera", np.zeros(3))
SMALL = Intrinsics(96, 64, 70.0, 90.0, 40.0, 36.0)  # nothing in the middle, nothing square


@pytest.fixture(scope="module")
def drawing() -> Iterator[tuple[mujoco.MjModel, mujoco.MjData, Studio]]:
    try:
        graphics.choose()
    except GiveUp as nothing:
        pytest.skip(str(nothing))
    mj = room()
    mj.visual.global_.offwidth, mj.visual.global_.offheight = 640, 480
    mj.stat.extent = 1.0
    mj.visual.map.znear, mj.visual.map.zfar = 0.02, 50.0
    mj.worldbody.add_geom(type=KIND.mjGEOM_BOX, pos=[2.5, 0.4, 0.3], size=[0.3, 0.2, 0.4], rgba=[1, 0, 0, 1])
    mj.worldbody.add_geom(type=KIND.mjGEOM_BOX, pos=[1.5, 0, 0], size=[0.3, 0.2, 0.4], group=3)  # not to be seen
    model, data = compiled(mj)
    with Studio(model) as studio:
        yield model, data, studio


def test_drawn_depth_is_cast_depth(drawing: tuple[mujoco.MjModel, mujoco.MjData, Studio]) -> None:
    model, data, studio = drawing
    cast = CastDepth(rays.make(model, data))
    quat = frames.multiply(np.array([0.98, 0.05, -0.1, 0.15]) / np.linalg.norm([0.98, 0.05, -0.1, 0.15]), OPTICAL)
    position = np.array([0.3, -0.2, 0.1])
    drawn, met = studio.depth(SMALL, position, quat, data), cast(SMALL, position, quat, data)
    assert drawn.shape == met.shape == (64, 96)
    off = np.abs(drawn - met) > 0.01
    assert off.mean() < 0.02  # at outlines a pixel may fall on either side
    assert met.std() > 0.2


def test_a_point_is_drawn_at_its_pixel(drawing: tuple[mujoco.MjModel, mujoco.MjData, Studio]) -> None:
    _, data, studio = drawing
    picture = studio.colour(SMALL, np.zeros(3), OPTICAL, data).astype(int)
    rows, columns = np.nonzero(picture[..., 0] - picture[..., 1] > 60)
    # the front of the red box, at x = 2.2: y 0.2 to 0.6 (left), z -0.1 to 0.7 (up)
    assert columns.min() == pytest.approx(40 - 70 * 0.6 / 2.2, abs=1.5)
    assert rows.min() == pytest.approx(36 - 90 * 0.7 / 2.2, abs=1.5)
    assert rows.max() == pytest.approx(36 + 90 * 0.1 / 2.2, abs=1.5)


def test_camera_noise_is_as_stated_and_repeats_with_its_seed(
    drawing: tuple[mujoco.MjModel, mujoco.MjData, Studio],
) -> None:
    _, data, studio = drawing

    def pictures(seed: int, **values: float) -> list[np.ndarray]:
        spec = CameraSpec(Intrinsics.of_view(320, 240, 1.5), rate_hz=50, **values)
        camera = Camera(spec, MOUNT, studio, np.random.default_rng(seed))
        found = [taken.reading for span in spans(data, 0.1) for taken in camera.advance(span)]
        return [image.pixels for image in found if isinstance(image, Image)]

    exact = pictures(0, read_noise=0, shot_noise=0)[0].astype(float)
    noisy = np.array(pictures(0, read_noise=3.0, shot_noise=0.2)).astype(float)
    inside = (exact.min(axis=-1) > 25) & (exact.max(axis=-1) < 230)
    error = (noisy - exact)[:, inside, 1]
    wanted = np.sqrt(9 + 0.04 * exact[inside, 1] + 1 / 12)  # and rounding
    assert (error / wanted).std() == pytest.approx(1, rel=0.03)
    one, same, other = (pictures(seed)[1] for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes() != other.tobytes()


def test_pictures_have_size_limits_and_an_end(drawing: tuple[mujoco.MjModel, mujoco.MjData, Studio]) -> None:
    model, data, studio = drawing
    with pytest.raises(BadInput, match="641 x 480"):
        studio.colour(Intrinsics.of_view(641, 480, 1.0), np.zeros(3), OPTICAL, data)
    closed = Studio(model)
    closed.close()
    with pytest.raises(GiveUp, match="closed"):
        closed.colour(SMALL, np.zeros(3), OPTICAL, data)


def test_depth_noise_grows_with_the_square() -> None:
    spec = DepthSpec(Intrinsics.of_view(160, 120, 1.0), dropout=0.0, disparity_px=0.05)
    for metres in (1.0, 3.0):
        model, data = compiled(wall(metres))
        depth = DepthCamera(spec, MOUNT, CastDepth(rays.make(model, data)), np.random.default_rng(0))
        (taken,) = depth.advance(spans(data, 0.02)[0])
        assert isinstance(taken.reading, DepthImage)
        error = taken.reading.depth_m - metres
        wanted = metres**2 * 0.05 / (spec.intrinsics.fx * spec.baseline_m)
        assert error.std() == pytest.approx(wanted, rel=5 / math.sqrt(2 * error.size))


def test_depth_out_of_range_is_zero() -> None:
    for metres in (0.1, 20.0):
        model, data = compiled(wall(metres))
        depth = DepthCamera(DepthSpec.small(), MOUNT, CastDepth(rays.make(model, data)), np.random.default_rng(0))
        (taken,) = depth.advance(spans(data, 0.02)[0])
        assert isinstance(taken.reading, DepthImage)
        assert not taken.reading.depth_m.any()


def test_a_head_moves_at_its_speed_within_its_limits() -> None:
    head = Head(HeadSpec(pan_rad=(-1, 1), tilt_rad=(-0.5, 0.5), speed_radps=0.5, zoom=(1, 8), zoom_per_s=2))
    assert head.aim(3.0, -0.25, 4.0) == (1.0, -0.25, 4.0)
    head.advance(1.0)
    assert (head.pan_rad, head.tilt_rad, head.zoom) == pytest.approx((0.5, -0.25, 2.0))
    assert not head.still
    head.advance(1.0)
    assert head.still
    assert (head.pan_rad, head.zoom) == pytest.approx((1.0, 4.0))
    assert head.zoomed(SMALL).fx == pytest.approx(4 * SMALL.fx)
    head.aim(1.0, -0.25, 1.0)
    head.advance(1.0)
    assert head.zoom == pytest.approx(2.0)
    with pytest.raises(BadInput, match="aim"):
        head.aim(math.nan, 0, 1)


def test_a_head_looks_where_it_points() -> None:
    head = Head()
    head.aim(0.6, 0.3)
    head.advance(10.0)
    pose = optical_pose(MOUNT, head)
    axis = frames.rotate(pose.quat, np.array([0.0, 0.0, 1.0]))
    wanted = [math.cos(0.3) * math.cos(0.6), math.cos(0.3) * math.sin(0.6), -math.sin(0.3)]
    np.testing.assert_allclose(axis, wanted, atol=1e-12)
    np.testing.assert_allclose(frames.rotate(OPTICAL, np.array([0.0, 1.0, 0.0])), [0, 0, -1], atol=1e-12)


def test_turning_smears_along_the_way_only() -> None:
    optics, dot = Intrinsics.of_view(101, 101, 1.0), np.zeros((101, 101, 3), np.uint8)
    dot[50, 50] = 255
    np.testing.assert_array_equal(smeared(dot, optics, np.zeros(3), 0.01), dot)
    rate = 12 / optics.fx / 0.01  # twelve pixels in an exposure
    across = smeared(dot, optics, np.array([0.0, rate, 0.0]), 0.01)[..., 0].astype(int)
    rows, columns = np.nonzero(across)
    assert set(rows) == {50}
    assert np.ptp(columns) == pytest.approx(12, abs=2)
    assert across.sum() == pytest.approx(255, rel=0.1)
