"""From a cloud of points to the surface that one walks on and the mesh that one sees."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import (
    _dust,
    _edges,
    _faces,
    _fine,
    _floor,
    _frame,
    _sample,
    _shade,
    _spans,
    _triangles,
    _voxels,
)
from rudel.worlds.imports._frame import Frame
from rudel.worlds.imports._sample import Sample
from rudel.worlds.imports._source import Cloud, Mesh
from rudel.worlds.imports._surface import Surface, close_gaps, nearest
from rudel.worlds.imports._voxels import Voxels
from rudel.worlds.place import MIN_FREE_M
from rudel.worlds.place import Mesh as SeenMesh

Array = NDArray[np.float64]

CELLS_M = (0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
MOST_CELLS = 4_000_000
_SPACINGS = 1.5  # cells are at least this many times as wide as points lie apart
_GAP_M, _GAP_CELLS = 0.3, 2  # holes in the ground that are filled: this wide on either side, or so many cells
_MOST_RECTANGLES = 120_000  # of the mesh: keeps rendering and ray casting in real time
_MESH_SAMPLE = 100_000
_HAZY_CELL_M = 0.08  # coarser cells of a dusty scan are coarse because of the dust
_FINE_M = 0.1  # in larger cells a face and its blur are in one cell


@dataclass(frozen=True, eq=False)
class Place:
    """What was made of the points; world = turn @ (file * unit) - middle.

    Attributes:
        surface: the ground.
        seen: walls, ceilings and things, as a mesh.
        frame: how the file was turned.
        middle: (3,) what was subtracted [m].
        floor: the storey that was chosen; ``others`` are further large ones.
        repairs: what was put right.
    """

    surface: Surface
    seen: SeenMesh | None
    frame: Frame
    middle: Array
    points: int
    floor: _floor.Storey
    others: tuple[_floor.Storey, ...]
    repairs: tuple[str, ...]


def build(source: Cloud | Mesh, units: str | None, up: str | None, cell_m: float | None, first: bool = True) -> Place:
    """Read the cloud three times: to see what it is, to sort it into cells, and for what lies within the cells.

    Where dust fills the air it is left out and everything done again: it hides what the cloud is and how fine.
    """
    sample = _sample.take(source if isinstance(source, Cloud) else _triangles.points(source, _sparse(source)))
    planes = _sample.planes(sample)
    frame = _frame.find(sample, planes, source.facts, units, up)
    around = sample.points @ frame.turn.T * frame.unit_m
    low, high = around.min(axis=0), around.max(axis=0)
    margin = 0.01 * float((high - low).max()) + 1e-3
    low, high = low - margin, high + margin
    cell = cell_m or _cell(sample, planes.edge, len(planes.cells), source, frame, low, high)
    nx, ny = (math.ceil(s / cell) for s in (high - low)[:2])
    if nx * ny > MOST_CELLS:
        raise BadInput(
            f"{(high - low)[0]:.0f} x {(high - low)[1]:.0f} m in cells of {cell:g} m are {nx * ny} of them, at most "
            f"{MOST_CELLS} fit: choose a coarser --resolution, or state --units if that is not its size"
        )
    middle = sample.middle
    if source.facts.spacing is not None:  # a grid: its cells become ours
        lattice = source.facts.spacing
        middle = np.rint(middle / lattice) * lattice
        low = np.floor((low + (sample.middle - middle) * frame.unit_m) / cell) * cell
        high = high + (sample.middle - middle) * frame.unit_m
    cell_z = cell if cell <= 0.1 else min(0.3, max(0.1, cell / 3))
    dense = source if isinstance(source, Cloud) else _triangles.points(source, 0.45 * cell / frame.unit_m)
    voxels = _voxels.gather(_moved(dense, middle, frame), low, high, cell, cell_z)
    kept, hazy = _dust.without_dust(voxels) if isinstance(source, Cloud) else (voxels, False)
    if isinstance(source, Cloud) and hazy and first:
        cleaner = _without_haze(source, voxels, kept, middle, frame, cell_m or cell)
        if cleaner is not None:
            place = build(cleaner[0], units, up, cell_m, first=False)
            said = f"{sample.count - place.points} points in dusty air{cleaner[1]}: left out"
            return dataclasses.replace(place, points=sample.count, repairs=(said, *place.repairs))
    spans = _spans.find(kept)
    standing = _spans.stand(spans, MIN_FREE_M, _floor.STEP_M)
    floor, storey, others = _floor.choose(spans, standing)
    surface = _floor.surface(spans, standing, floor, (float(low[0]), float(low[1])), MIN_FREE_M)
    if isinstance(source, Cloud) and cell <= _FINE_M:
        surface = _edges.sharpened(surface, spans, kept)
    if hazy:
        surface = _dust.without_specks(surface)
    surface, filled = close_gaps(surface, max(_GAP_M, _GAP_CELLS * cell))
    if isinstance(source, Cloud) and cell <= _FINE_M:
        surface = _fine.refined(surface, _moved(source, middle, frame))
    repairs = _repairs(sample, voxels, kept, hazy, frame, filled * cell**2, others, storey)
    seen = _seen(kept, surface)
    count = sample.count if isinstance(source, Cloud) else len(source.faces)
    return Place(surface, seen, frame, frame.turn @ middle * frame.unit_m, count, storey, others, repairs)


def _sparse(mesh: Mesh) -> float:
    area = _triangles.area(mesh)
    if not area > 0:
        raise BadInput("the mesh has no area: all of its triangles are points or lines")
    return math.sqrt(area / _MESH_SAMPLE)


def _cell(
    sample: Sample, edge: float, cells: int, source: Cloud | Mesh, frame: Frame, low: Array, high: Array
) -> float:
    """Edge of a cell [m]: as fine as 5 cm, but not finer than the points or the memory allow."""
    if source.facts.spacing is not None:
        return source.facts.spacing * frame.unit_m
    least = math.sqrt(float(np.prod((high - low)[:2])) / MOST_CELLS)
    if isinstance(source, Cloud):
        apart = math.sqrt(cells * edge**2 / max(1, sample.count - sample.broken - sample.far)) * frame.unit_m
        least = max(least, _SPACINGS * apart)
    return next((cell for cell in CELLS_M if cell >= 0.999 * least), least)


def _moved(cloud: Cloud, middle: Array, frame: Frame) -> Iterator[Array]:
    for points in cloud.chunks():
        with np.errstate(invalid="ignore", over="ignore"):  # points that are no numbers stay so
            yield (points - middle) @ frame.turn.T * frame.unit_m


def _without_haze(
    source: Cloud, voxels: Voxels, kept: Voxels, middle: Array, frame: Frame, cell_m: float
) -> tuple[Cloud, str] | None:
    """The cloud without dust, and how that was told; None: doing everything again would not help."""
    if source.shades is not None:
        limit = _shade.darkest(voxels, kept, _moved(source, middle, frame), source.shades())
        if limit is not None:
            return _shade.lighter(source, limit), f", as dark as its specks are (intensity up to {limit:.3g})"
    if cell_m <= _HAZY_CELL_M:
        return None

    def chunks() -> Iterator[Array]:
        for points, moved in zip(source.chunks(), _moved(source, middle, frame), strict=True):
            inside = kept.holds(moved)
            inside[inside] = kept.occupied(moved[inside])
            yield points[inside]

    return dataclasses.replace(source, chunks=chunks, count=None, shades=None), ""


def _repairs(
    sample: Sample,
    voxels: Voxels,
    kept: Voxels,
    hazy: bool,
    frame: Frame,
    filled_m2: float,
    others: tuple[_floor.Storey, ...],
    floor: _floor.Storey,
) -> tuple[str, ...]:
    found = list(frame.repairs)
    if sample.broken:
        found.append(f"{sample.broken} of {sample.count} points are no numbers: left out")
    far = max(sample.far * sample.stride if sample.stride > 1 else sample.far, voxels.outside - sample.broken)
    if far > 0:
        found.append(f"{'about ' if sample.stride > 1 else ''}{far} points far from all others: left out")
    dust = int(voxels.counts.sum() - kept.counts.sum())
    if dust:
        found.append(f"{dust} points {'in dusty air' if hazy else 'without neighbours'}: left out")
    if filled_m2 > 0:
        found.append(f"{filled_m2:.3g} m2 of small gaps in the ground: filled")
    for other in others:
        found.append(
            f"there is another storey {other.height_m - floor.height_m:+.1f} m from the chosen one "
            f"({other.area_m2:.0f} m2; "
            f"chosen: {floor.area_m2:.0f} m2): not part of the ground"
        )
    return tuple(found)


def _seen(voxels: Voxels, surface: Surface) -> SeenMesh | None:
    """All voxels but those of the ground and those where ``surface`` says that the way is free.

    Coarser where that makes too many faces.
    """
    column, iz = voxels.columns, voxels.iz
    base = nearest(surface.height, surface.ground).ravel()
    ground = surface.ground.ravel()[column]
    # noise of a floor reaches into the voxel above; things in the way begin at any height above the floor
    over = np.where(ground, max(0.08, 1.2 * voxels.cell_z), 0.05)
    # what is no obstacle must not be seen as one: specks that the surface left out
    free = ground & (voxels.height < surface.ceiling.ravel()[column] - voxels.cell_z)
    part = (voxels.height > base[column] + over) & ~free
    nx = voxels.shape[0]
    index = np.stack([column[part] % nx, column[part] // nx, iz[part]], axis=1)
    if not len(index):
        return None
    cell, cell_z = voxels.cell, voxels.cell_z
    while _faces.count(index) > _MOST_RECTANGLES:
        index = np.unique(index // 2, axis=0)
        cell, cell_z = 2 * cell, 2 * cell_z
    low = (float(voxels.low[0]), float(voxels.low[1]), float(voxels.low[2]))
    return _faces.mesh(index, (cell, cell, cell_z), low, "scan", "scan")
