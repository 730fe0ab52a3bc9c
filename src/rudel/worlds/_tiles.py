"""Many terrains in one arena: rows of rising difficulty, one column per kind. Training walks here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds._boxes import box, stack
from rudel.worlds._build import build
from rudel.worlds._heightfield import HeightField
from rudel.worlds._layout import BURIED_M
from rudel.worlds._terrain import Terrain

Array = NDArray[np.float64]

# Every box costs every physics step about 10 ns, four feet on a fine height field 20 us: from here on the height field
# is no slower (docs/decisions/0003-terrain-representation.md).
MAX_BOXES = 1500
FINE_M = 0.05  # resolution where boxes are sampled: a vertical face becomes 5 cm wide
COARSE_M = 0.1  # resolution where all tiles are height fields or level
NUDGE_M = 1e-6  # to either side of a box edge


@dataclass(frozen=True, eq=False)
class Tiled:
    """An arena and what lies where in it.

    Attributes:
        terrain: the arena; its rows run along x (easy at negative x), its columns along y.
        origins: where a robot starts on each tile, (levels, kinds, 2) [m].
        difficulties: of the rows, (levels,).
        kinds: worlds of the columns.
    """

    terrain: Terrain
    origins: Array
    difficulties: Array
    kinds: tuple[str, ...]


def tile(
    kinds: Sequence[str],
    levels: int,
    rng: np.random.Generator,
    size_m: float = 8.0,
    difficulty: tuple[float, float] = (0.0, 1.0),
) -> Tiled:
    """An arena of ``levels`` x ``len(kinds)`` tiles.

    Few boxes stay boxes. More than MAX_BOXES, or any height field among the tiles, turn the whole arena into one
    height field; a vertical face then becomes a flank across the cell (FINE_M) that it lies in or borders on, and a
    trench keeps its width at the top, rounded up to the next FINE_M, but is narrower at the bottom (one of FINE_M or
    less disappears).

    Args:
        kinds: names of worlds; a name given twice gets two columns.
        levels: number of rows.
        rng: where all randomness comes from.
        size_m: edge of a tile [m].
        difficulty: of the first and of the last row.

    Raises:
        BadInput: no kinds, levels < 1, a difficulty range outside [0, 1] or falling, or a size that is no multiple
            of 2 * COARSE_M.
        UnknownName: a kind that does not exist.
    """
    low, high = difficulty
    if not kinds or isinstance(kinds, str):
        raise BadInput(f"kinds must be a list of at least one world, got {kinds!r}")
    if levels < 1:
        raise BadInput(f"levels is {levels}, needs at least 1")
    if not 0.0 <= low <= high <= 1.0:
        raise BadInput(f"difficulty range {difficulty} is not rising within [0, 1]")
    if not math.isfinite(size_m) or abs(size_m / COARSE_M / 2 - round(size_m / COARSE_M / 2)) > 1e-6:
        raise BadInput(f"size_m {size_m} of a tile is not a multiple of {2 * COARSE_M:g} m")
    difficulties = np.linspace(low, high, levels)
    tiles = [[build(kind, float(d), rng, size_m) for kind in kinds] for d in difficulties]
    arena = arrange(tiles)
    return Tiled(arena.terrain, arena.origins, difficulties, tuple(kinds))


@dataclass(frozen=True, eq=False)
class Arena:
    """Tiles side by side: the terrain, and where a robot starts on each tile, (rows, columns, 2) [m]."""

    terrain: Terrain
    origins: Array


def arrange(tiles: Sequence[Sequence[Terrain]]) -> Arena:
    """An arena of square tiles of one size, given row by row; rows follow each other along x.

    Raises:
        BadInput: no tiles, rows of different lengths, or tiles of different sizes.
    """
    sizes = {t.size_m for row in tiles for t in row}
    if len(sizes) != 1 or len({len(row) for row in tiles}) != 1:
        raise BadInput(f"an arena needs tiles of one size in rows of one length, got sizes {sorted(sizes)}")
    size_m = sizes.pop()
    shape = len(tiles), len(tiles[0])
    rows, columns = ((np.arange(n) - (n - 1) / 2) * size for n, size in zip(shape, size_m, strict=True))
    centres: Array = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1, dtype=np.float64)
    origins = centres + np.array([[t.spawn for t in row] for row in tiles])
    placed = [(t, c) for row, cs in zip(tiles, centres, strict=True) for t, c in zip(row, cs, strict=True)]
    arena = _as_boxes if _few_boxes(placed) else _as_heightfield
    whole = shape[0] * size_m[0], shape[1] * size_m[1]
    return Arena(arena(placed, whole, tuple(origins[0, 0].tolist())), origins)


Placed = Sequence[tuple[Terrain, Array]]  # a tile and the (x, y) of its centre


def _few_boxes(placed: Placed) -> bool:
    return all(t.heightfield is None for t, _ in placed) and sum(len(t.boxes) for t, _ in placed) <= MAX_BOXES


def _as_boxes(placed: Placed, size_m: tuple[float, float], spawn: tuple[float, float]) -> Terrain:
    floor = min(t.floor_m for t, _ in placed)
    parts: list[Array] = []
    for t, centre in placed:
        boxes = t.boxes.copy()
        boxes[:, :2] += centre
        parts.append(boxes)
        if t.floor_m > floor:  # a floor above the common one
            low, high = centre - np.array(t.size_m) / 2, centre + np.array(t.size_m) / 2
            parts.append(box((low[0], high[0]), (low[1], high[1]), (floor - BURIED_M, t.floor_m)))
    return Terrain("tiles", size_m, boxes=stack(parts), spawn=spawn, floor_m=floor)


def _as_heightfield(placed: Placed, size_m: tuple[float, float], spawn: tuple[float, float]) -> Terrain:
    step = FINE_M if any(len(t.boxes) for t, _ in placed) else COARSE_M
    nx, ny = (round(s / step) + 1 for s in size_m)
    origin = -size_m[0] / 2, -size_m[1] / 2
    heights = np.zeros((ny, nx), dtype=np.float32)
    for t, centre in placed:
        half = t.size_m[0] / 2, t.size_m[1] / 2
        sample = _closed_heights(t, *HeightField.sample(half, step))
        i, j = (round((c - h - o) / step) for c, h, o in zip(centre, half, origin, strict=True))
        # neighbours share the samples on their edge, which are 0 in both
        heights[j : j + sample.shape[0], i : i + sample.shape[1]] = sample
    return Terrain("tiles", size_m, heightfield=HeightField(heights, step, origin), spawn=spawn)


def _closed_heights(terrain: Terrain, x: Array, y: Array) -> Array:
    """Heights where a point on the edge of a box counts as on top of it, (ny, nx)."""
    if not len(terrain.boxes):
        return terrain.height(np.stack((x, y), axis=-1))
    nudges = [(-NUDGE_M, -NUDGE_M), (-NUDGE_M, NUDGE_M), (NUDGE_M, -NUDGE_M), (NUDGE_M, NUDGE_M)]
    return np.max([terrain.height(np.stack((x + dx, y + dy), axis=-1)) for dx, dy in nudges], axis=0)
