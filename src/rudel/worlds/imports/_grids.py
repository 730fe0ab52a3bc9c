"""Height models and floor plans as surfaces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports._source import FREE, OCCUPIED, Elevation, FloorPlan
from rudel.worlds.imports._source import UNKNOWN as NOT_SEEN
from rudel.worlds.imports._surface import GROUND, OBSTACLE, UNKNOWN, WALL_M, Surface

Array = NDArray[np.float64]

PLAN_WALL_M = 2.5  # how high walls of a floor plan are drawn
_DISGUISES = (0.0, -1.0, -99.0, -999.0, -9999.0, -99999.0, -32768.0, -32767.0, 32767.0, 9999.0, 99999.0, 1e20, -1e20)
_CLIFF = 50.0  # times the usual difference of neighbours: the edge of what is not there
_MOST_HEIGHT = 1e5  # nothing on earth is that high or deep in any of our units


@dataclass(frozen=True, eq=False)
class Grid:
    """A surface in metres, north-up, with its repairs; ``middle`` (x, y, z) has been subtracted from the file [m]."""

    surface: Surface
    middle: tuple[float, float, float]
    repairs: tuple[str, ...]


def clean(heights: Array) -> tuple[Array, tuple[str, ...]]:
    """Heights with values that stand for "not known" made NaN, and what was found."""
    heights = heights.copy()
    repairs: list[str] = []
    wild = np.abs(heights) > _MOST_HEIGHT
    if wild.any():
        heights[wild] = np.nan
        repairs.append(f"{int(wild.sum())} heights beyond {_MOST_HEIGHT:g} were taken for unknown")
    for value in _DISGUISES:
        same = heights == value
        if 0 < same.sum() < np.isfinite(heights).sum() and _stands_apart(heights, same):
            heights[same] = np.nan
            repairs.append(f"{int(same.sum())} cells of exactly {value:g} were taken for unknown: they lie on no slope")
    return heights, tuple(repairs)


def _stands_apart(heights: Array, same: NDArray[np.bool_]) -> bool:
    """Whether the cells ``same`` border on the others by cliffs, or are far below or above all of them."""
    rest = heights[~same & np.isfinite(heights)]
    if len(rest) < 4:
        return False
    value = heights[same][0]
    low, high = float(rest.min()), float(rest.max())
    if value < low - 2 * (high - low) - 1 or value > high + 2 * (high - low) + 1:
        return True
    cliffs, usual = [], []
    for axis in (0, 1):
        a, b = (heights[1:], heights[:-1]) if axis == 0 else (heights[:, 1:], heights[:, :-1])
        sa, sb = (same[1:], same[:-1]) if axis == 0 else (same[:, 1:], same[:, :-1])
        step = np.abs(a - b)
        cliffs.append(step[(sa != sb) & np.isfinite(step)])
        usual.append(step[~sa & ~sb & np.isfinite(step)])
    edge, inner = np.concatenate(cliffs), np.concatenate(usual)
    if not len(edge) or not len(inner):
        return False
    return float(np.median(edge)) > _CLIFF * max(float(np.median(inner)), 1e-3)


def of_elevation(source: Elevation, unit_m: float, unit_z_m: float) -> Grid:
    """A height model in metres; its unknown stays unknown."""
    heights, repairs = clean(np.asarray(source.heights, np.float64))
    known = np.isfinite(heights)
    if known.sum() < 4:
        raise BadInput("the height model has no known heights" + (f" ({'; '.join(repairs)})" if repairs else ""))
    rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    heights = heights[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # borders without heights are no place
    if min(heights.shape) < 2:
        raise BadInput(f"the known part of the height model has {heights.shape} cells, at least 2 x 2 are needed")
    z = float(np.round(np.median(heights[np.isfinite(heights)]) * unit_z_m))
    cell = source.cell * unit_m
    x = source.corner[0] * unit_m + columns[0] * cell
    y = source.corner[1] * unit_m + rows[0] * cell
    heights = heights * unit_z_m - z
    known = np.isfinite(heights)
    kind = np.where(known, GROUND, UNKNOWN).astype(np.uint8)
    surface = Surface(kind, heights, np.where(known, np.inf, np.nan), cell, (-cell / 2, -cell / 2))
    return Grid(surface, (x, y, z), repairs)


def of_plan(plan: FloorPlan) -> Grid:
    """A floor plan: level where it is free, walls where it is occupied; what nobody has seen stays unknown."""
    free, seen = plan.cells == FREE, plan.cells != NOT_SEEN
    if not free.any():
        raise BadInput("the map has no free cell: check negate, free_thresh and occupied_thresh in its YAML file")
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    cells = plan.cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    low = (float(columns[0] * plan.cell_m), float(rows[0] * plan.cell_m))
    repairs: list[str] = []
    if plan.yaw:
        cells, low = _turned(cells, plan.cell_m, low, plan.yaw)
        repairs.append(f"the map is turned by {np.degrees(plan.yaw):.1f} degrees: resampled")
    kind = np.full(cells.shape, UNKNOWN, np.uint8)
    kind[cells == FREE], kind[cells == OCCUPIED] = GROUND, OBSTACLE
    # walls matter where somebody could walk: solid blocks far away from that are just not known
    height = np.where(kind == GROUND, 0.0, np.where(kind == OBSTACLE, WALL_M, np.nan))
    ceiling = np.where(kind == GROUND, np.inf, np.nan)
    surface = Surface(kind, height, ceiling, plan.cell_m, low)
    return Grid(surface, (plan.corner[0], plan.corner[1], 0.0), tuple(repairs))


def _turned(
    cells: NDArray[np.int8], cell: float, low: tuple[float, float], yaw: float
) -> tuple[NDArray[np.int8], tuple[float, float]]:
    """The plan on a grid along the axes of the world, by the nearest cell."""
    c, s = np.cos(yaw), np.sin(yaw)
    ny, nx = cells.shape
    corners = np.array([[x, y] for x in (low[0], low[0] + nx * cell) for y in (low[1], low[1] + ny * cell)])
    there = corners @ np.array([[c, s], [-s, c]])
    first = np.floor(there.min(axis=0) / cell) * cell
    mx, my = (int(n) for n in np.ceil((there.max(axis=0) - first) / cell))
    x, y = np.meshgrid(first[0] + (np.arange(mx) + 0.5) * cell, first[1] + (np.arange(my) + 0.5) * cell)
    u, v = (c * x + s * y - low[0]) / cell - 0.5, (-s * x + c * y - low[1]) / cell - 0.5
    turned = cv2.remap(
        cells.view(np.uint8),
        u.astype(np.float32),
        v.astype(np.float32),
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=[255],  # NOT_SEEN as an unsigned byte
    )
    return turned.view(np.int8), (float(first[0]), float(first[1]))


def raised(surface: Surface) -> NDArray[np.int64]:
    """Obstacle cells (n, 3) as x, y, 0: prisms for what cameras see."""
    y, x = np.nonzero(surface.kind == OBSTACLE)
    return np.stack([x, y, np.zeros_like(x)], axis=1).astype(np.int64)
