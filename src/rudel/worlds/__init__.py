"""Places to walk: one module here is one kind of terrain, built from (difficulty, rng)."""

from rudel.worlds._build import build, names, summary
from rudel.worlds._heightfield import HeightField
from rudel.worlds._open import PLACES, Place, build_place, open_place, open_world, place_names
from rudel.worlds._terrain import Terrain
from rudel.worlds._tiles import Arena, Tiled, arrange, tile

__all__ = [
    "PLACES",
    "Arena",
    "HeightField",
    "Place",
    "Terrain",
    "Tiled",
    "arrange",
    "build",
    "build_place",
    "names",
    "open_place",
    "open_world",
    "place_names",
    "summary",
    "tile",
]
