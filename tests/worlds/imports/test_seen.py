"""What is seen of an import: all that is in the way, and nothing that is not."""

from __future__ import annotations

import numpy as np

from rudel.worlds.imports._cloud import _seen
from rudel.worlds.imports._surface import GROUND, OBSTACLE, Surface
from rudel.worlds.imports._voxels import Voxels
from rudel.worlds.place import Mesh as SeenMesh

CELL_M = 0.1
SHAPE = (4, 3, 30)


def voxels(*at: tuple[int, int, int]) -> Voxels:
    """One voxel of ten points at each (ix, iy, iz)."""
    nx, _, nz = SHAPE
    keys = np.array(sorted((iy * nx + ix) * nz + iz for ix, iy, iz in at))
    counts = np.full(len(keys), 10)
    return Voxels(keys, counts, (keys % nz + 0.5) * CELL_M, SHAPE, np.zeros(3), CELL_M, CELL_M)


def level(ceiling_m: float) -> Surface:
    """Level ground at 0.05 m under a ceiling, with an obstacle 1 m high in cell (ix, iy) = (3, 2)."""
    kind, height = np.full((3, 4), GROUND, np.uint8), np.full((3, 4), 0.05)
    ceiling = np.full((3, 4), ceiling_m)
    kind[2, 3], height[2, 3], ceiling[2, 3] = OBSTACLE, 1.05, np.nan
    return Surface(kind, height, ceiling, CELL_M, (0.0, 0.0))


def columns(mesh: SeenMesh) -> set[tuple[int, int]]:
    """(ix, iy) of the columns that its faces enclose; the voxels of these tests do not touch each other."""
    low = np.round(mesh.vertices[:, :2] / CELL_M).astype(int)
    nx, ny, _ = SHAPE
    around = [(ix, iy) for ix in range(nx) for iy in range(ny)]
    corners = {tuple(xy) for xy in low.tolist()}
    return {(x, y) for x, y in around if {(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)} <= corners}


def test_a_speck_over_free_ground_is_not_seen_but_ceiling_and_obstacle_are() -> None:
    ground = [(ix, iy, 0) for ix in range(4) for iy in range(3)]
    speck, lamp, post = (0, 0, 7), (2, 0, 20), (3, 2, 8)
    mesh = _seen(voxels(*ground, speck, lamp, post), level(ceiling_m=2.0))
    assert mesh is not None
    assert columns(mesh) == {(2, 0), (3, 2)}


def test_where_the_surface_says_that_something_hangs_it_is_seen() -> None:
    mesh = _seen(voxels((0, 0, 0), (0, 0, 7)), level(ceiling_m=0.7))
    assert mesh is not None
    assert columns(mesh) == {(0, 0)}


def test_bare_ground_has_nothing_to_be_seen() -> None:
    assert _seen(voxels((0, 0, 0), (1, 1, 0)), level(ceiling_m=np.inf)) is None
