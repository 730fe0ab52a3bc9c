"""Draws what cameras on a simulated robot see: any pose, any pinhole, colour or depth."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput, GiveUp
from rudel.core.readings import Intrinsics
from rudel.sim import graphics
from rudel.sim.senses.rays import SEEN_GROUPS

Array = NDArray[np.floating]

_FORWARD, _UP = np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])  # in the optical frame


class Studio:
    """One off-screen renderer for each size of picture, opened when it is first needed; a context manager.

    Shadows and reflections are left out unless ``shadows`` is True: without a GPU they are three quarters of the time.

    Args:
        model: what is drawn.
        shadows: draw shadows.
    """

    def __init__(self, model: mujoco.MjModel, *, shadows: bool = False) -> None:
        self._model, self._shadows = model, shadows
        self._renderers: dict[tuple[int, int], mujoco.Renderer] = {}
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = np.isin(np.arange(mujoco.mjNGROUP), SEEN_GROUPS)
        self._option.sitegroup[:] = 0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the graphics memory back."""
        self._closed = True
        while self._renderers:
            self._renderers.popitem()[1].close()

    def colour(self, optics: Intrinsics, position: Array, quat: Array, data: mujoco.MjData) -> NDArray[np.uint8]:
        """(height, width, 3) RGB, seen from world_T_optical.

        Raises:
            GiveUp: no off-screen drawing on this machine.
        """
        return self._aim(optics, position, quat, data).render()

    def depth(self, optics: Intrinsics, position: Array, quat: Array, data: mujoco.MjData) -> NDArray[np.float32]:
        """(height, width) along the optical axis [m], infinite where there is nothing; errors as ``colour``."""
        renderer = self._aim(optics, position, quat, data)
        renderer.enable_depth_rendering()
        try:
            depth = renderer.render()
        finally:
            renderer.disable_depth_rendering()
        far = renderer.scene.camera[0].frustum_far
        return np.where(depth < 0.999 * far, depth, np.float32(np.inf))

    def _aim(self, optics: Intrinsics, position: Array, quat: Array, data: mujoco.MjData) -> mujoco.Renderer:
        renderer = self._renderer(optics)
        renderer.update_scene(data, scene_option=self._option)
        forward, up = frames.rotate(quat, _FORWARD), frames.rotate(quat, _UP)
        for camera in renderer.scene.camera:  # one for each eye; pictures are drawn from their mean
            near = camera.frustum_near
            camera.pos, camera.forward, camera.up = position, forward, up
            camera.frustum_top = near * (optics.cy + 0.5) / optics.fy
            camera.frustum_bottom = -near * (optics.height - 0.5 - optics.cy) / optics.fy
            camera.frustum_center = near * ((optics.width - 1) / 2 - optics.cx) / optics.fx
            camera.frustum_width = near * optics.width / (2 * optics.fx)
        for light in renderer.scene.lights[: renderer.scene.nlight]:
            if light.headlight:  # it has stayed with the camera that MuJoCo chose
                light.pos, light.dir = position, forward
        return renderer

    def _renderer(self, optics: Intrinsics) -> mujoco.Renderer:
        size = (optics.height, optics.width)
        if self._closed:
            raise GiveUp("this studio is closed; take pictures inside of `with studio:`")
        if size not in self._renderers:
            limits = self._model.vis.global_
            if optics.width > limits.offwidth or optics.height > limits.offheight:
                most = f"at most {limits.offwidth} x {limits.offheight}"
                raise BadInput(f"a picture of {optics.width} x {optics.height} pixels: {most}")
            graphics.choose()
            renderer = mujoco.Renderer(self._model, *size)
            renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
            renderer.scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = int(self._shadows)
            self._renderers[size] = renderer
        return self._renderers[size]
