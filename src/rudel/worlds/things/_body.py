"""A thing to inspect in its own frame, before it is put up somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rudel.worlds.things._canvas import Image
from rudel.worlds.things._mesh import Mesh, Vec3, merge

Scalar = float | int | str | bool
Box = tuple[Vec3, Vec3]  # centre and half sizes [m]
Bar = tuple[Vec3, Vec3, float]  # middles of its round ends, radius [m]


@dataclass(frozen=True, eq=False)
class Skin:
    """What a surface looks like.

    Attributes:
        rgba: colour, 0 to 1; multiplied with the picture.
        image: (h, w, 3) uint8 RGB, or None.
        emission: how much it glows by itself, 0 to 1.
    """

    rgba: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    image: Image | None = None
    emission: float = 0.0


@dataclass(frozen=True, eq=False)
class Piece:
    """A mesh with one skin and one temperature [degrees Celsius]; None: as warm as the air."""

    mesh: Mesh
    skin: Skin
    temperature_c: float | None = None


@dataclass(frozen=True)
class Hot:
    """A warm spot: middle in the thing's frame [m], temperature there [degrees Celsius], reach [m]."""

    at: Vec3
    temperature_c: float
    radius_m: float


@dataclass(frozen=True)
class Leaking:
    """Gas that comes out at a point of the thing's frame [m]."""

    at: Vec3
    species: str
    rate_gps: float


@dataclass(frozen=True)
class Site:
    """Where a kind of thing belongs; every module of a kind states it as SITE.

    Attributes:
        prefix: letter of its labels.
        mount: "wall"; "floor_at_wall": its origin on the floor with the wall behind it; "floor": anywhere on the floor.
        height_m: lowest and highest place of its origin above the floor, for "wall".
        half_width_m: how much room it takes to either side.
        can_fail: whether something can be wrong with it.
    """

    prefix: str
    mount: Literal["wall", "floor_at_wall", "floor"]
    height_m: tuple[float, float]
    half_width_m: float
    can_fail: bool


@dataclass(frozen=True, eq=False)
class Body:
    """A thing in its own frame.

    A thing on a wall has its origin on the wall, x away from it, z up. A thing on the floor has its origin there, z up,
    and is best looked at from +x.

    Attributes:
        kind: what it is, as in ``Thing.kind``.
        pieces: what it looks like.
        truth: what an inspection should find, as JSON scalars.
        fault: what is wrong with it, or None.
        centre: what to look at [m].
        solids: boxes that stop a robot.
        bars: limbs, pipes and the like that stop a robot's feet.
        hot: warm spots.
        gas: what leaks out of it, or None.
        standoff_m: distance from which it is best seen, along the floor.
    """

    kind: str
    pieces: tuple[Piece, ...]
    truth: Mapping[str, Scalar]
    fault: str | None
    centre: Vec3
    solids: tuple[Box, ...] = ()
    bars: tuple[Bar, ...] = ()
    hot: tuple[Hot, ...] = ()
    gas: Leaking | None = None
    standoff_m: float = 1.1


# Skins that many things share. A skin is known by identity: pieces that share one share a material.
STEEL = Skin((0.62, 0.64, 0.66, 1.0))
DARK = Skin((0.16, 0.17, 0.19, 1.0))
BRASS = Skin((0.72, 0.58, 0.28, 1.0))
GREY = Skin((0.48, 0.50, 0.52, 1.0))
BLUE = Skin((0.13, 0.30, 0.55, 1.0))
GREEN = Skin((0.15, 0.42, 0.25, 1.0))
RED = Skin((0.72, 0.12, 0.10, 1.0))
YELLOW = Skin((0.90, 0.70, 0.10, 1.0))
ORANGE = Skin((0.88, 0.42, 0.08, 1.0))
WOOD = Skin((0.62, 0.47, 0.30, 1.0))
BLACK = Skin((0.05, 0.05, 0.055, 1.0))


class Draft:
    """Collects meshes by skin while something is being made."""

    def __init__(self) -> None:
        self._meshes: dict[tuple[int, float | None], tuple[Skin, list[Mesh]]] = {}

    def add(self, skin: Skin, *meshes: Mesh, temperature_c: float | None = None) -> None:
        """Add meshes that wear ``skin`` and are so warm."""
        self._meshes.setdefault((id(skin), temperature_c), (skin, []))[1].extend(meshes)

    def pieces(self) -> tuple[Piece, ...]:
        """One piece per skin and temperature, in the order in which they came."""
        return tuple(Piece(merge(found), skin, warm) for (_, warm), (skin, found) in self._meshes.items())


def pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    """One of them."""
    return choices[int(rng.integers(len(choices)))]
