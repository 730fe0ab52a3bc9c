"""Pictures of a live simulation, from a camera that follows the robot."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.robots._quadruped import COLLISION_GROUP, SITE_GROUP
from rudel.sim import graphics
from rudel.sim.live import LiveSim
from rudel.sim.scenery import MAX_PIXELS

Image = NDArray[np.uint8]

AZIMUTH_DEG, ELEVATION_DEG = 125.0, -18.0  # from front left, a little above
DISTANCE_HEIGHTS = 5.5  # camera distance in nominal heights: a large robot fills the picture as a small one does
SMOOTHING_S = 0.25  # the camera lags behind by about this long, so that the gait's bobbing does not shake the picture


def place(camera: mujoco.MjvCamera, live: LiveSim) -> None:
    """Point a free camera (of a window or of a picture) at the robot."""
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    camera.distance = DISTANCE_HEIGHTS * live.spec.nominal_height_m
    camera.azimuth, camera.elevation = AZIMUTH_DEG, ELEVATION_DEG
    camera.lookat[:] = _target(live)


def follow(camera: mujoco.MjvCamera, live: LiveSim, last_s: float) -> float:
    """Turn the camera after the robot; takes the simulated time [s] of the last turn and returns the present one."""
    now_s = live.now_s()
    keep = np.exp(-(now_s - last_s) / SMOOTHING_S)
    camera.lookat[:] = keep * camera.lookat + (1 - keep) * _target(live)
    return now_s


def _target(live: LiveSim) -> NDArray[np.float64]:
    """Where to look [m], (3,): between the base and the ground below it."""
    position = live.data.qpos[:3].copy()
    position[2] -= 0.35 * live.spec.nominal_height_m
    return position


def hide_collision_shapes(option: mujoco.MjvOption) -> None:
    """Show what robots look like, not what they collide with."""
    option.geomgroup[COLLISION_GROUP] = 0
    option.sitegroup[SITE_GROUP] = 0


class Camera:
    """Draws a live simulation off screen; a context manager, because it holds graphics memory.

    Args:
        live: the simulation.
        width, height: picture size in pixels.

    Raises:
        GiveUp: no off-screen drawing on this machine.
    """

    def __init__(self, live: LiveSim, width: int = 640, height: int = 480) -> None:
        if not (0 < width <= MAX_PIXELS[0] and 0 < height <= MAX_PIXELS[1]):
            raise BadInput(f"a picture of {width} x {height} pixels: at most {MAX_PIXELS[0]} x {MAX_PIXELS[1]}")
        graphics.choose()
        self.live = live
        self._renderer = mujoco.Renderer(live.model, height, width)
        self._view, self._option = mujoco.MjvCamera(), mujoco.MjvOption()
        hide_collision_shapes(self._option)
        # mirroring in the floor draws everything twice: a third of the time for a faint gleam
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        place(self._view, live)
        self._time_s = live.now_s()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._renderer.close()

    def picture(self) -> Image:
        """The robot in its world now, (height, width, 3) RGB."""
        self._time_s = follow(self._view, self.live, self._time_s)
        self._renderer.update_scene(self.live.data, self._view, self._option)
        return self._renderer.render()
