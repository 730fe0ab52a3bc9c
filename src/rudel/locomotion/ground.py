"""The ground under a batch of robots: where they start, and how high it is."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel import worlds
from rudel.sim.model import add_plane

Array = NDArray[np.floating]

EDGE_M = 0.5  # a base this close to the edge counts as outside


class Ground:
    """Flat ground at z = 0, robots start at the origin (they do not see each other).

    Subclasses put a terrain there instead.
    """

    flat = True
    hits_shanks = False  # whether there is something that more of a robot than its feet touches, short of a fall

    def add_to(self, mj: mujoco.MjSpec) -> None:
        """Add the ground's geoms to a world."""
        add_plane(mj)

    def spawn(self, n: int, rng: np.random.Generator) -> Array:
        """Start positions on the ground, (n, 3)."""
        return np.zeros((n, 3))

    def scatter(self, n: int, rng: np.random.Generator) -> Array:
        """Positions anywhere on the ground, (n, 3), for what does not care where it lies."""
        return np.zeros((n, 3))

    def height(self, xy: Array) -> Array:
        """Ground height [m] under points (n, 2): (n,)."""
        return np.zeros(len(xy))

    def foot_height(self, feet: Array) -> Array:
        """Ground height [m] under feet (n, 4, 3): (n, 4)."""
        return np.zeros(feet.shape[:2])

    def outside(self, xy: Array) -> NDArray[np.bool_]:
        """Whether a base at (n, 2) has left the terrain: (n,)."""
        return np.zeros(len(xy), bool)


class TerrainGround(Ground):
    """Ground given by a terrain's own geometry, with robots spread over its start points."""

    flat = False

    def __init__(
        self,
        add_to: Callable[[mujoco.MjSpec], None],
        height: Callable[[Array], Array],
        starts: Array,
        size_m: tuple[float, float],
        jitter_m: float = 0.2,
        centre: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._add_to, self._height, self._starts, self._jitter_m = add_to, height, np.asarray(starts), jitter_m
        self._half, self._centre = np.array(size_m) / 2 - EDGE_M, np.array(centre)

    def add_to(self, mj: mujoco.MjSpec) -> None:
        self._add_to(mj)

    def spawn(self, n: int, rng: np.random.Generator) -> Array:
        xy = self._starts[rng.integers(0, len(self._starts), n)] + rng.uniform(-1, 1, (n, 2)) * self._jitter_m
        return np.concatenate((xy, self._height(xy)[:, None]), axis=1)

    def scatter(self, n: int, rng: np.random.Generator) -> Array:
        xy = self._centre + rng.uniform(-1, 1, (n, 2)) * self._half
        return np.concatenate((xy, self._height(xy)[:, None]), axis=1)

    def height(self, xy: Array) -> Array:
        return self._height(xy)

    def foot_height(self, feet: Array) -> Array:
        return self._height(feet[:, :, :2].reshape(-1, 2)).reshape(feet.shape[:2])

    def outside(self, xy: Array) -> NDArray[np.bool_]:
        return np.any(np.abs(xy - self._centre) > self._half, axis=1)


def make_ground(world: str, difficulty: float, seed: int) -> Ground:
    """The ground of a registered world, a built-in place or the world in a folder.

    All robots of a batch share one terrain: they do not meet, and one terrain of boxes is several times faster than an
    arena of many (docs/decisions/0003-terrain-representation.md).

    Args:
        world: name of a world or place, or a folder; "flat" is an endless plane.
        difficulty: in [0, 1].
        seed: of the terrain.
    """
    if world == "flat":
        return Ground()
    place = worlds.open_world(world, difficulty, np.random.default_rng(seed))
    return TerrainGround(place.add_to, place.height, np.array([place.spawn]), place.size_m, centre=place.centre)
