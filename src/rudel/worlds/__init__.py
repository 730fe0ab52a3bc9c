"""Places to walk: one module here is one kind of terrain, built from (difficulty, rng)."""

from rudel.worlds._build import build, names, summary
from rudel.worlds._heightfield import HeightField
from rudel.worlds._terrain import Terrain
from rudel.worlds._tiles import Tiled, tile

__all__ = ["HeightField", "Terrain", "Tiled", "build", "names", "summary", "tile"]
