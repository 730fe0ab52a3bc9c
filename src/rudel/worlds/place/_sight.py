"""Lines of sight in a World, by casting rays through its compiled geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.worlds.place._geoms import SEEN_GROUP

if TYPE_CHECKING:
    from rudel.worlds.place.world import World

SLACK_M = 0.05  # a look_at may lie this far inside of what it looks at


class Sight:
    """A world without a robot, for asking what stands between two points."""

    def __init__(self, world: World) -> None:
        spec = mujoco.MjSpec()
        world.add_to(spec)
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)
        mujoco.mj_forward(self._model, self._data)
        self._groups = np.zeros(mujoco.mjNGROUP, np.uint8)
        self._groups[SEEN_GROUP] = 1

    def blocker(self, eye: NDArray[np.float64], target: NDArray[np.float64], thing: str) -> str:
        """Name of the geom that hides ``target`` (3,) from ``eye`` (3,); "" when the view is free.

        Parts of the thing of that id do not count.
        """
        way = target - eye
        distance = float(np.linalg.norm(way))
        if distance < SLACK_M:
            return ""
        geom = np.full(1, -1, np.int32)
        hit = mujoco.mj_ray(self._model, self._data, eye, way / distance, self._groups, 1, -1, geom)
        if hit < 0 or hit >= distance - SLACK_M:
            return ""
        name = self._model.geom(int(geom[0])).name
        return "" if name.startswith(f"thing/{thing}/") else name
