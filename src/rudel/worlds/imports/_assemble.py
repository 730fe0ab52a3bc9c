"""From a surface to a World: ground for physics, layers for planning, a safe place to start."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports._surface import DETAIL, GROUND, UNKNOWN, Surface, smooth_fill
from rudel.worlds.place import (
    HeightField,
    Layers,
    Material,
    Mesh,
    RobotSize,
    Traversability,
    Waypoint,
    World,
    layers_from,
    traversability,
)

Array = NDArray[np.float64]

_MARGIN_CELLS = 3
_ISLAND_M, _ISLAND_SHARE = 4.0, 0.03  # what is this far from the rest and less than this share of it is no part of it
_COARSE_M = 0.15  # from this cell on, a difference of neighbours says nothing about steps
_LEVEL_RAD = math.radians(10.0)
_EVEN_M, _EVEN_SHARE = 0.015, 0.3  # noise of a scanned floor, and the share of the ground that makes a plane worth it
_BELOW_SHARE, _DEEP_M = 0.005, 0.05  # what may disappear under that plane: hardly anything, and no real hole
_GROUND, _SCAN = "ground", "scan"
MATERIALS = {
    _GROUND: Material((0.50, 0.49, 0.45, 1.0)),
    _SCAN: Material((0.62, 0.64, 0.66, 1.0)),
}


@dataclass(frozen=True, eq=False)
class Built:
    """A world and what a robot can do in it."""

    world: World
    walk: Traversability
    surface: Surface


def cropped(surface: Surface) -> tuple[Surface, float]:
    """Without the borders of which nothing is known, and without small islands far off; and their area [m2]."""
    known = surface.kind != UNKNOWN
    reach = min(max(1, int(_ISLAND_M / surface.cell_m / 2)), 40)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    _, found = cv2.connectedComponents(cv2.dilate(known.astype(np.uint8), disc))
    label = np.asarray(found, np.intp)
    sizes = np.bincount(label[known])
    part = ((sizes >= _ISLAND_SHARE * sizes.max()) & _near(label, known, len(sizes), int(np.argmax(sizes))))[label]
    lost = known & ~part
    kind = np.where(lost, UNKNOWN, surface.kind).astype(np.uint8)
    height, ceiling = (np.where(lost, np.nan, grid) for grid in (surface.height, surface.ceiling))
    rows, columns = np.flatnonzero((known & part).any(axis=1)), np.flatnonzero((known & part).any(axis=0))
    y0, y1 = max(0, rows[0] - _MARGIN_CELLS), rows[-1] + 1 + _MARGIN_CELLS
    x0, x1 = max(0, columns[0] - _MARGIN_CELLS), columns[-1] + 1 + _MARGIN_CELLS
    low = (surface.low[0] + float(x0) * surface.cell_m, surface.low[1] + float(y0) * surface.cell_m)
    box = (slice(y0, y1), slice(x0, x1))
    detail = surface.detail
    if detail is not None:
        fine = np.where(np.kron(lost, np.ones((DETAIL, DETAIL))) > 0, np.nan, detail)
        detail = fine[DETAIL * y0 : DETAIL * y1, DETAIL * x0 : DETAIL * x1]
    inner = Surface(kind[box], height[box], ceiling[box], surface.cell_m, low, detail)
    return inner, float(lost.sum()) * surface.cell_m**2


def _near(label: NDArray[np.intp], known: NDArray[np.bool_], count: int, main: int) -> NDArray[np.bool_]:
    """(count,) which parts lie no further from the box around the main one than that is large."""
    y, x = np.nonzero(known)
    which = label[known]
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    cells = np.stack([x, y], axis=1).astype(np.float64)
    np.minimum.at(low, which, cells)
    np.maximum.at(high, which, cells)
    size = float((high[main] - low[main]).max())
    return (np.maximum(low - high[main], low[main] - high) <= size).all(axis=1)


def build(
    name: str,
    surface: Surface,
    seen: Mesh | None,
    robot: RobotSize,
    origin: tuple[float, float, float],
    repairs: tuple[str, ...],
    **facts: object,
) -> Built:
    """The world of ``surface``; its height is shifted so that the start is at z = 0.

    Args:
        origin: (x, y, z) that has been subtracted from the file [m].
        facts: further attributes of the World (title, source, up, notes).
    """
    surface, lost_m2 = cropped(surface)
    if lost_m2:
        repairs = (*repairs, f"{lost_m2:.3g} m2 of islands, small or far from the rest: left out")
    layers = _layers(surface)
    walk = traversability(layers, robot)
    xy, yaw, cell = _start(layers, walk, robot)
    shift = float(surface.height[cell])
    detail = None if surface.detail is None else surface.detail - shift
    surface = dataclasses.replace(
        surface, height=surface.height - shift, ceiling=surface.ceiling - shift, detail=detail
    )
    layers = dataclasses.replace(layers, elevation=surface.height.astype(np.float32))
    ground, level = _ground(surface)
    if level:
        repairs = (
            *repairs,
            f"the floor is level within {_EVEN_M * 100:g} cm: made a plane, which is faster to walk on",
        )
    if seen is not None:
        vertices = seen.vertices - np.array([0.0, 0.0, shift], np.float32)
        seen = dataclasses.replace(seen, vertices=vertices)
    world = World(
        name=name,
        start=Waypoint("start", xy, yaw, 0.0, "start"),
        bounds=ground.extent_m,
        origin=(origin[0], origin[1], origin[2] + shift),
        ground=ground,
        floor_m=0.0 if level else None,
        ground_material=_GROUND,
        shapes=() if seen is None or not len(seen.faces) else (seen,),
        materials=MATERIALS,
        layers=layers,
        repairs=repairs,
        **facts,  # pyright: ignore[reportArgumentType]  # checked by World
    )
    return Built(world, walk, surface)


def _layers(surface: Surface) -> Layers:
    if surface.detail is not None:
        ceiling = np.kron(surface.ceiling, np.ones((DETAIL, DETAIL)))
        return layers_from(surface.detail, ceiling, surface.cell_m, surface.low, detail=DETAIL)
    layers = layers_from(surface.height, surface.ceiling, surface.cell_m, surface.low)
    if surface.cell_m < _COARSE_M:
        return layers
    return dataclasses.replace(layers, step_m=_bends(surface.height).astype(np.float32))


def _bends(height: Array) -> Array:
    """Largest distance of a neighbour from the line through its opposites [m]: the step that no slope explains."""
    padded = np.pad(height, 1, mode="edge")
    centre, found = padded[1:-1, 1:-1], np.zeros_like(height)
    for a, b in (((1, 0), (1, 2)), ((0, 1), (2, 1))):
        ny, nx = height.shape
        one, two = (padded[dy : dy + ny, dx : dx + nx] for dy, dx in (a, b))
        bend = np.abs(one + two - 2 * centre) / 2
        found = np.fmax(found, bend)
    return np.where(np.isnan(height), np.nan, found)


def _ground(surface: Surface) -> tuple[HeightField, bool]:
    """The height field, and whether a plane at z = 0 stands for its level part.

    Contacts with a plane cost less than half of those with a height field (physics steps in a room with stairs: 0.77 of
    flat ground in place of 0.65, on a floor plan 0.93 in place of 0.72). It is endless, so nothing may lie below it.
    """
    known = surface.kind != 0
    height = np.where(known, surface.height, smooth_fill(surface.height, surface.kind == GROUND))
    half = surface.cell_m / 2
    ground = surface.height[surface.ground]
    below, even = ground < -_EVEN_M, np.abs(ground) <= _EVEN_M
    plane = bool(even.mean() > _EVEN_SHARE and below.mean() < _BELOW_SHARE and ground.min() > -_DEEP_M)
    if plane:
        # where all neighbours are level too, the height field dives under the plane and is not touched there
        core = cv2.erode((np.abs(height) <= _EVEN_M).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        height = np.where(core, -_DEEP_M, height)
    return HeightField(height.astype(np.float32), surface.cell_m, (surface.low[0] + half, surface.low[1] + half)), plane


def _start(
    layers: Layers, walk: Traversability, robot: RobotSize
) -> tuple[tuple[float, float], float, tuple[int, int]]:
    """Where the largest walkable part is widest and level, heading where there is most room."""
    if not walk.areas_m2:
        raise BadInput(
            f"a {robot.name} finds no place to stand in it: {walk.known_share:.0%} of its area is known, and "
            "nowhere is the ground level, free and wide enough "
            f"({robot.length_m:.2f} x {robot.width_m:.2f} x {robot.height_m:.2f} m)"
        )
    part = walk.component == 1  # the largest
    level = part & (layers.slope_rad < _LEVEL_RAD)
    if not level.any():
        level = part
    room = cv2.distanceTransform(np.pad(level, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    j, i = (int(k) for k in np.unravel_index(int(np.argmax(room)), room.shape))
    x, y = layers.origin[0] + (i + 0.5) * layers.resolution_m, layers.origin[1] + (j + 0.5) * layers.resolution_m
    return (x, y), _heading(part, j, i), (j, i)


def _heading(part: NDArray[np.bool_], j: int, i: int) -> float:
    """The one of eight directions [rad] in which the walkable part reaches furthest."""
    best, far = 0.0, -1.0
    for k in range(8):
        angle = k * math.pi / 4
        dj, di = round(math.sin(angle)), round(math.cos(angle))
        n = 0
        while 0 <= j + (n + 1) * dj < part.shape[0] and 0 <= i + (n + 1) * di < part.shape[1]:
            if not part[j + (n + 1) * dj, i + (n + 1) * di]:
                break
            n += 1
        length = n * math.hypot(dj, di)
        if length > far + 1e-9:
            best, far = angle, length
    return best if best <= math.pi else best - 2 * math.pi
