"""The ground under a batch of robots: where they start, and how high it is."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel import worlds
from rudel.sim.model import add_plane

Array = NDArray[np.floating]

TILE_LEVELS, TILE_COLUMNS = 6, 4


class Ground:
    """Flat ground at z = 0, robots start at the origin (they do not see each other).

    Subclasses put a terrain there instead.
    """

    flat = True

    def add_to(self, mj: mujoco.MjSpec) -> None:
        """Add the ground's geoms to a world."""
        add_plane(mj)

    def spawn(self, n: int, rng: np.random.Generator) -> Array:
        """Start positions on the ground, (n, 3)."""
        return np.zeros((n, 3))

    def height(self, xy: Array) -> Array:
        """Ground height [m] under points (n, 2): (n,)."""
        return np.zeros(len(xy))

    def foot_height(self, feet: Array) -> Array:
        """Ground height [m] under feet (n, 4, 3): (n, 4)."""
        return np.zeros(feet.shape[:2])


class TerrainGround(Ground):
    """Ground given by a terrain's own geometry, with robots spread over its start points."""

    flat = False

    def __init__(
        self,
        add_to: Callable[[mujoco.MjSpec], None],
        height: Callable[[Array], Array],
        starts: Array,
        jitter_m: float = 0.2,
    ) -> None:
        self._add_to, self._height, self._starts, self._jitter_m = add_to, height, np.asarray(starts), jitter_m

    def add_to(self, mj: mujoco.MjSpec) -> None:
        self._add_to(mj)

    def spawn(self, n: int, rng: np.random.Generator) -> Array:
        xy = self._starts[rng.integers(0, len(self._starts), n)] + rng.uniform(-1, 1, (n, 2)) * self._jitter_m
        return np.concatenate((xy, self._height(xy)[:, None]), axis=1)

    def height(self, xy: Array) -> Array:
        return self._height(xy)

    def foot_height(self, feet: Array) -> Array:
        return self._height(feet[:, :, :2].reshape(-1, 2)).reshape(feet.shape[:2])


def make_ground(world: str, difficulty: float, seed: int, *, tiled: bool = False) -> Ground:
    """The ground of a registered world.

    Args:
        world: name of a world; "flat" is an endless plane.
        difficulty: in [0, 1]; with ``tiled``, the hardest of the tiles.
        seed: of the terrain.
        tiled: True gives an arena of many tiles from easy to ``difficulty`` (training), False one terrain (evaluation).
    """
    if world == "flat":
        return Ground()
    rng = np.random.default_rng(seed)
    if tiled:
        arena = worlds.tile([world] * TILE_COLUMNS, TILE_LEVELS, rng, difficulty=(0.0, difficulty))
        return TerrainGround(arena.terrain.add_to, arena.terrain.height, arena.origins.reshape(-1, 2))
    terrain = worlds.build(world, difficulty, rng)
    return TerrainGround(terrain.add_to, terrain.height, np.array([terrain.spawn]))
