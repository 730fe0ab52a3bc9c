"""Opening whatever one can walk in: a terrain by name, a built-in place by name, or the folder of a world."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import discovery
from rudel.core.errors import BadInput, UnknownName
from rudel.worlds import _build

if TYPE_CHECKING:
    from rudel.worlds.place.world import World

PLACES = "rudel.worlds.places"


class Place(Protocol):
    """What a Terrain and a World have in common: enough to put a robot there and to know the ground under it."""

    @property
    def name(self) -> str:
        """Short name."""
        ...

    @property
    def spawn(self) -> tuple[float, float]:
        """(x, y) where a robot starts [m]."""
        ...

    @property
    def spawn_yaw_rad(self) -> float:
        """Its heading there."""
        ...

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle [m]."""
        ...

    @property
    def size_m(self) -> tuple[float, float]:
        """(x, y) edges of the rectangle around that middle [m]."""
        ...

    def height(self, xy: NDArray[np.floating]) -> NDArray[np.float64]:
        """Height of the contact surface [m] at xy (..., 2) [m] -> (...)."""
        ...

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Add geoms to the world body of ``spec``."""
        ...


def place_names() -> tuple[str, ...]:
    """Sorted names of the built-in places."""
    return discovery.names(PLACES)


def build_place(name: str, difficulty: float, rng: np.random.Generator, **params: Any) -> World:
    """One built-in place; the same state of ``rng`` gives the same bytes.

    Raises:
        UnknownName: no such place.
        BadInput: difficulty outside [0, 1].
    """
    module = discovery.load(PLACES, name, kind="place")
    if not 0.0 <= difficulty <= 1.0:
        raise BadInput(f"difficulty {difficulty} is outside [0, 1]: 0 is easy, 1 is hard")
    return module.build(float(difficulty), rng, **params)


def open_world(name_or_folder: str | Path, difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Place:
    """A terrain or a built-in place by its name, or the World in a folder.

    Args:
        name_or_folder: one of ``names()``, one of ``place_names()``, or a folder with a world.json.
        difficulty: of terrains and built-in places; a folder is as it is.
        rng: where their randomness comes from.
        size_m: edge of a terrain [m].

    Raises:
        UnknownName: neither a name nor a folder with a world.
        BadInput: a world that cannot be used; the message says what and where.
    """
    name = str(name_or_folder)
    if name in _build.names():
        return _build.build(name, difficulty, rng, size_m)
    return open_place(name, difficulty, rng)


def open_place(name_or_folder: str | Path, difficulty: float, rng: np.random.Generator) -> World:
    """As ``open_world``, for what needs a World: a built-in place by its name, or a folder."""
    from rudel.worlds.place.store import is_world, load  # here: training on plain terrain does without what it needs

    name = str(name_or_folder)
    if name in place_names():
        return build_place(name, difficulty, rng)
    if is_world(name):
        return load(name)
    if Path(name).exists():
        raise BadInput(f"{name!r} holds no world.json: make a world of a scan with rudel world import")
    places = [*place_names(), "DIR with a world.json"]
    if name in _build.names():
        raise BadInput(f"{name!r} is bare ground to train on; here a place is needed: {', '.join(places)}")
    raise UnknownName("world", name, [*_build.names(), *places])
