"""Where rays meet what is seen of a simulated world: by Embree where it is installed, by MuJoCo otherwise.

Embree is some ten times as fast (docs/decisions/0005-lidar-rays.md). Both answer for the geoms that cameras see: visual
groups 0 to 2, not transparent.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import UnknownName

Floats = NDArray[np.float32]

SEEN_GROUPS = (0, 1, 2)  # the rest is for contacts and marks, and hidden in every picture
ENGINES = ("embree", "mujoco")


@dataclass(frozen=True, eq=False)
class Hits:
    """What n rays met.

    Attributes:
        distance_m: (n,) along each ray, infinite where there is nothing.
        geom: (n,) id of the geom, -1 where there is nothing.
        cosine: (n,) of the angle between the ray and the normal of the surface, 0 to 1; 0 where there is nothing.
    """

    distance_m: Floats
    geom: NDArray[np.int32]
    cosine: Floats


class Rays(Protocol):
    """Casts rays into one world."""

    def cast(self, origins: Floats, directions: Floats, data: mujoco.MjData) -> Hits:
        """Cast k m rays; the answer has n = k m entries, those of the first origin first.

        Args:
            origins: (k, 3) in the world [m].
            directions: (k, m, 3) unit vectors in the world, m from each origin.
            data: where the moving geoms are; their poses (geom_xpos, geom_xmat) must be up to date.
        """
        ...


def engine() -> str:
    """The faster of the engines that are installed."""
    return ENGINES[0] if importlib.util.find_spec("embreex") else ENGINES[1]


def make(model: mujoco.MjModel, data: mujoco.MjData, name: str | None = None) -> Rays:
    """A caster for ``model`` whose still geoms are where ``data`` says; ``name`` is one of ENGINES, None the best."""
    name = name or engine()
    if name == "embree":
        from rudel.sim.senses._embree import EmbreeRays

        return EmbreeRays(model, data)
    if name == "mujoco":
        from rudel.sim.senses._mujoco import MujocoRays

        return MujocoRays()
    raise UnknownName("ray engine", name, ENGINES)


def seen_geoms(model: mujoco.MjModel) -> NDArray[np.intp]:
    """Ids of the geoms that can be seen."""
    alpha = model.geom_rgba[:, 3].copy()
    with_material = model.geom_matid >= 0
    alpha[with_material] *= model.mat_rgba[model.geom_matid[with_material], 3]
    return np.flatnonzero(np.isin(model.geom_group, SEEN_GROUPS) & (alpha > 0))


def moving(model: mujoco.MjModel) -> NDArray[np.bool_]:
    """(ngeom,) which geoms belong to bodies that can move."""
    return model.body_weldid[model.geom_bodyid] != 0
