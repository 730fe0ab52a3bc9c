"""A Lite3 in every built-in place, and what a camera sees there."""

from __future__ import annotations

from typing import Any

import cv2
import mujoco
import numpy as np
import pytest

from rudel import robots, worlds
from rudel.core.types import JointTargets
from rudel.sim import graphics, scenery
from rudel.sim.live import LiveSim
from rudel.worlds.place import Thing, World

SPEC = robots.load("lite3")
SMALL: dict[str, dict[str, Any]] = {
    "tunnel": {"length_m": 60.0},
    "plant": {"bays": 3},
    "rubble": {"size_m": 13.0},
    "outdoors": {"size_m": 24.0},
}
EYE_M = 0.42  # a Lite3's camera above the ground


def built(name: str, difficulty: float, seed: int, **params: Any) -> World:
    return worlds.build_place(name, difficulty, np.random.default_rng(seed), **{**SMALL.get(name, {}), **params})


@pytest.mark.parametrize("difficulty", [0.0, 1.0])
@pytest.mark.parametrize("name", worlds.place_names())
def test_a_lite3_stands_at_the_start(name: str, difficulty: float):
    world = built(name, difficulty, 3)
    live = LiveSim(SPEC, world, realtime_factor=None)
    live.source = lambda: JointTargets.hold(SPEC.default_pose, SPEC.stand_kp, SPEC.stand_kd)
    live.reset(SPEC.default_pose)
    live.step(0.6)
    state = live.true_state()
    ground = float(world.height(np.array([world.spawn]))[0])
    assert state.pose.position[2] - ground == pytest.approx(SPEC.nominal_height_m, abs=0.06)
    assert np.linalg.norm(state.pose.position[:2] - world.spawn) < 0.1
    up = mujoco.MjData(live.model)  # untouched: the world has no moving part but the robot
    assert up.qpos.shape == (19,)


@pytest.mark.slow
def test_markers_decode_from_rendered_pictures():
    """Real tags and codes: what is drawn on a plate is read back from 1 m by OpenCV."""
    graphics.choose()
    read = {"apriltag": 0, "qr": 0}
    for name in ("tunnel", "plant"):
        world = built(name, 0.5, 1, things=30)
        with Eye(world) as eye:
            for thing in world.things:
                if thing.kind == "apriltag":
                    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
                    _, ids, _ = cv2.aruco.ArucoDetector(family).detectMarkers(eye.look(thing))
                    assert ids is not None
                    assert ids.ravel().tolist() == [thing.truth["tag_id"]]
                elif thing.kind == "qr":
                    assert cv2.QRCodeDetector().detectAndDecode(eye.look(thing))[0] == thing.truth["text"]
                else:
                    continue
                read[thing.kind] += 1
    assert min(read.values()) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", worlds.place_names())
def test_pictures_are_readable(name: str):
    """Neither dark nor glaring, and with something to see in them."""
    graphics.choose()
    world = built(name, 0.5, 0)
    with Eye(world) as eye:
        for thing in world.things:
            grey = cv2.cvtColor(eye.look(thing), cv2.COLOR_RGB2GRAY)
            assert 35 < grey.mean() < 220
            assert grey.std() > 8
            assert (grey > 250).mean() < 0.5


class Eye:
    """Draws a world as a camera sees it from a viewpoint, zoomed in to 40 degrees."""

    def __init__(self, world: World) -> None:
        spec = mujoco.MjSpec()
        scenery.add_to(spec)
        world.add_to(spec)
        self.world, self.model = world, spec.compile()
        self.data = mujoco.MjData(self.model)
        mujoco.mj_forward(self.model, self.data)
        self.model.vis.global_.fovy = 30.0
        self.renderer = mujoco.Renderer(self.model, 480, 640)

    def __enter__(self) -> Eye:
        return self

    def __exit__(self, *error: object) -> None:
        self.renderer.close()

    def look(self, thing: Thing) -> np.ndarray:
        assert thing.viewpoint is not None
        z = float(self.world.height(np.array([thing.viewpoint.xy]))[0])
        way = np.subtract(thing.viewpoint.look_at, (*thing.viewpoint.xy, z + EYE_M))
        camera = mujoco.MjvCamera()
        camera.lookat[:] = thing.viewpoint.look_at
        camera.distance = float(np.linalg.norm(way))
        camera.azimuth = float(np.degrees(np.arctan2(way[1], way[0])))
        camera.elevation = float(np.degrees(np.arcsin(way[2] / camera.distance)))
        self.renderer.update_scene(self.data, camera)
        return self.renderer.render().copy()
