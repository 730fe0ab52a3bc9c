"""Courses: tiles of one kind of terrain in rows of rising difficulty, where a shard of robots is led up and down.

A row is a level. Tiles are built by rudel's worlds, never by the gauntlet. Boxes stay boxes, so that the robots of a
shard walk over exact faces (docs/decisions/0003-terrain-representation.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel import worlds
from rudel.locomotion.ground import Ground, TerrainGround
from rudel.worlds import Terrain

Array = NDArray[np.floating]
Levels = NDArray[np.int64]

LEVELS = 10
ROUGH = "rough"  # what a world made of all courses is called
LEVEL_SHARDS = 2  # of level ground, beside the courses
TRIES = 64  # of drawing a tile of the wanted sort


@dataclass(frozen=True)
class Course:
    """What a shard of robots walks on.

    Attributes:
        name: of the family, in progress and figures.
        world: that builds its tiles.
        size_m: edge of a tile.
        hardest: difficulty of the last level; the first one has 0.
        sinks: for each column whether its tiles lie below the rim (a pit to climb out of); None: as the builder likes.
        weights: share of the robots on each column.
        hits_shanks: its steps meet knees and shanks.
    """

    name: str
    world: str
    size_m: float = 8.0
    hardest: float = 1.0
    sinks: tuple[bool | None, ...] = (None,)
    weights: tuple[float, ...] = (1.0,)
    hits_shanks: bool = False


# Stairs twice, up more than down: they are learnt last. They end at 20 cm, a little above what robots get over (18 cm):
# what nobody gets over teaches nothing.
FAMILIES: tuple[Course, ...] = (
    Course("slope", "slope", size_m=12.0, sinks=(True, False), weights=(0.6, 0.4)),
    Course("steps", "stairs", hardest=0.85, sinks=(True, False), weights=(0.6, 0.4), hits_shanks=True),
    Course("wave", "wave"),
    Course("stairs", "stairs", hardest=0.85, sinks=(True, False), weights=(0.75, 0.25), hits_shanks=True),
    Course("obstacles", "obstacles", hardest=0.8, hits_shanks=True),
)


class CourseGround(TerrainGround):
    """A course as ground.

    Attributes:
        name: of the course.
        levels: number of rows.
        half_m: half the edge of a tile.
        origins: middle of each tile, (levels, columns, 2) [m].
    """

    def __init__(self, course: Course, seed: int, levels: int = LEVELS) -> None:
        rng = np.random.default_rng(seed)
        difficulties = np.linspace(0.0, course.hardest, levels)
        rows = [[_tile(course, float(d), sunk, rng) for sunk in course.sinks] for d in difficulties]
        arena = worlds.arrange(rows)
        terrain = arena.terrain
        super().__init__(terrain.add_to, terrain.height, arena.origins.reshape(-1, 2), terrain.size_m)
        self.hits_shanks = course.hits_shanks
        self.name, self.levels, self.half_m = course.name, levels, course.size_m / 2
        self.origins, self._shares = arena.origins, np.cumsum(course.weights) / sum(course.weights)

    def columns(self, n: int) -> Levels:
        """A column of tiles for each of n robots, by the weights: (n,)."""
        column = np.searchsorted(self._shares, (np.arange(n) + 0.5) / n, side="right")
        return np.minimum(column, len(self._shares) - 1)

    def on_tile(self, middle: Array, rng: np.random.Generator) -> Array:
        """Start positions near the middles (n, 2) of tiles, on the ground: (n, 3)."""
        xy = middle + rng.uniform(-1, 1, middle.shape) * self._jitter_m
        return np.concatenate((xy, self._height(xy)[:, None]), axis=1)


def _tile(course: Course, difficulty: float, sunk: bool | None, rng: np.random.Generator) -> Terrain:
    for _ in range(TRIES):
        terrain = worlds.build(course.world, difficulty, rng, course.size_m)
        if sunk is None or _lies_below(terrain) == sunk:
            return terrain
    raise AssertionError(f"{course.world} never lies {'below' if sunk else 'above'} its rim")


def _lies_below(terrain: Terrain) -> bool:
    """Whether the terrain goes down from its rim (a pit, a moat) rather than up."""
    if terrain.heightfield is not None:
        heights = terrain.heightfield.heights
        return float(np.abs(heights.min())) > float(heights.max())
    return terrain.floor_m < 0


def rough_grounds(seed: int, courses: Sequence[Course] = FAMILIES) -> list[Ground]:
    """One ground for each shard: all courses, and level ground twice, where walking must stay as good as it was."""
    return [
        *(CourseGround(course, s) for course, s in zip(courses, _seeds(seed, len(courses)), strict=True)),
        *(Ground() for _ in range(LEVEL_SHARDS)),
    ]


def _seeds(seed: int, count: int) -> list[int]:
    return [int(s) for s in np.random.SeedSequence([seed, 3]).generate_state(count)]
