"""Where a wall or a step really begins: what noise and the cells of the grid spread over one cell more, put right."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports._spans import Spans
from rudel.worlds.imports._surface import GROUND, OBSTACLE, WALL_M, Surface, nearest
from rudel.worlds.imports._voxels import Voxels

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FLOOR_M = 0.04  # how far from the floor beside it a voxel's mean may be that shows the floor
_ABOVE_M = 0.1  # above the floor: what belongs to the face
_THICK, _STEEP = 0.3, 1.2  # cells: a column that is more than noise; steeper than what one walks up is a step
_BESIDE = ((0, 1), (0, -1), (1, 0), (-1, 0))


def sharpened(surface: Surface, spans: Spans, voxels: Voxels) -> Surface:
    """``surface`` with faces one cell wide, and the cells at the upper ends of steps as high as the step."""
    return _edges(_faces(surface, voxels), spans)


def _faces(surface: Surface, voxels: Voxels) -> Surface:
    """A face stands in the cell that has most of its points.

    Noise carries some of them into the cell in front of it, where the floor has been seen: that is not a part of the
    wall. Compared are voxels side by side, so that a slope or a heap, which begins at another height in each cell,
    stays as it is.
    """
    ny, nx = surface.kind.shape
    base = nearest(surface.height, surface.ground).ravel()
    obstacle = surface.kind.ravel() == OBSTACLE
    column = voxels.columns
    over = voxels.height - base[column]
    floor = np.zeros(ny * nx, bool)
    floor[column[np.abs(over) <= _FLOOR_M]] = True
    face = np.flatnonzero(obstacle[column] & floor[column] & (over > _ABOVE_M) & (over < WALL_M))
    counts = voxels.counts.astype(np.float64)
    most = np.zeros(len(face))
    y, x = column[face] // nx, column[face] % nx
    for dy, dx in _BESIDE:
        inside = (y + dy >= 0) & (y + dy < ny) & (x + dx >= 0) & (x + dx < nx)
        key = voxels.keys[face] + (dy * nx + dx) * voxels.shape[2]
        at = np.minimum(np.searchsorted(voxels.keys, key), len(voxels.keys) - 1)
        most = np.maximum(most, np.where(inside & (voxels.keys[at] == key), counts[at], 0.0))
    points = np.bincount(column[face], counts[face], ny * nx)
    fewer = np.bincount(column[face], counts[face] * (most > counts[face]), ny * nx)
    blurred = (obstacle & floor & (2 * fewer > points)).reshape(ny, nx)
    blurred &= cv2.dilate(surface.ground.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not blurred.any():
        return surface
    free = nearest(np.where(surface.ground, surface.ceiling - surface.height, np.inf), surface.ground)
    level = base.reshape(ny, nx)
    return dataclasses.replace(
        surface,
        kind=np.where(blurred, GROUND, surface.kind).astype(np.uint8),
        height=np.where(blurred, level, surface.height),
        ceiling=np.where(blurred, level + free, surface.ceiling),
    )


def _edges(surface: Surface, spans: Spans) -> Surface:
    """A cell that holds the face of a step and its upper end is as high as the plateau behind.

    The mean of its highest voxel mixes both and is too low by up to half a voxel, so that the step appeared in two.
    """
    ny, nx = surface.kind.shape
    thick = np.zeros(ny * nx, bool)
    thick[spans.column[spans.top - spans.bottom > _THICK * spans.cell_m]] = True
    edge = thick.reshape(ny, nx) & surface.ground
    around = np.pad(np.where(surface.ground, surface.height, np.inf), 1, constant_values=np.inf)
    lowest = np.min([around[1 + dy : 1 + dy + ny, 1 + dx : 1 + dx + nx] for dy, dx in _BESIDE], axis=0)
    edge &= lowest < surface.height - _STEEP * spans.cell_m
    height = np.pad(np.where(surface.ground & ~edge, surface.height, np.nan), 1, constant_values=np.nan)
    found = surface.height.copy()
    for dy, dx in _BESIDE:
        beside = height[1 + dy : 1 + dy + ny, 1 + dx : 1 + dx + nx]
        higher = edge & (beside > found) & (beside <= surface.height + spans.cell_m / 2)  # False for NaN
        found[higher] = beside[higher]
    return dataclasses.replace(surface, height=found)
