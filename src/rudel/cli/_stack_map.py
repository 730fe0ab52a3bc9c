"""Maps that a robot is given before it sets out, made from a World: a grid to plan on, points to localise in.

They are made from the world as it was surveyed. What is put there afterwards is not on them.
"""

from __future__ import annotations

import dataclasses
import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.navigation.localise import PointMap
from rudel.navigation.map import GridMap
from rudel.sim.senses import rays
from rudel.worlds.place import Layers, RobotSize, World, layers_of, traversability

COARSE = 2.0  # stored layers of cells so many times as large are made anew: a robot would fit into one of them
MAX_CELLS = 2_000_000  # layers get coarser than RESOLUTION_M beyond that: 140 m x 140 m
RESOLUTION_M = 0.1
DROP_M = 10.0  # where a world ends
EVERY_M = 2.0  # between the places that the survey looks from
EYE_M = 0.6  # above the ground
COLUMNS, LINES, STEEPEST_RAD = 360, 75, math.radians(70.0)  # directions of the surveying scanner
FAR_M, NOISE_M = 40.0, 0.005  # of a terrestrial scanner
MOST_POSES = 1500
_GROUND = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m")
_AT_ONCE = 40  # places whose rays are cast together: bounds memory


def grid_of(world: World) -> tuple[GridMap, Layers]:
    """The layers of a world for planning. Where it ends is a drop: nobody knows what lies beyond."""
    x, y = world.size_m
    fine_m = max(RESOLUTION_M, math.sqrt(x * y / MAX_CELLS))
    layers = world.layers
    if layers is None:
        layers = layers_of(world, fine_m)
    elif layers.resolution_m > COARSE * fine_m:
        layers = _finer(world, layers, fine_m)
    grid = GridMap(
        layers.resolution_m,
        (float(layers.origin[0]), float(layers.origin[1])),
        layers.elevation,
        layers.clearance,
        layers.slope_rad,
        _edged(layers.step_m),
        layers.roughness_m,
        layers.zones,
    )
    return grid, layers


def _edged(step_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """``step_m`` with a drop all around."""
    edged = np.full_like(step_m, DROP_M)
    edged[1:-1, 1:-1] = step_m[1:-1, 1:-1]
    return edged


def _finer(world: World, layers: Layers, resolution_m: float) -> Layers:
    """``layers`` of ``world`` on smaller cells: the ground as it runs in them, zones and unknown as they are."""
    fine = layers_of(world, resolution_m)
    ij = np.floor((fine.centres() - np.array(layers.origin)) / layers.resolution_m).astype(np.intp)
    j, i = (np.clip(ij[..., axis], 0, layers.shape[1 - axis] - 1) for axis in (1, 0))
    unknown = np.isnan(layers.elevation[j, i])
    grids = {name: np.where(unknown, np.float32(np.nan), getattr(fine, name)) for name in _GROUND}
    grids["clearance"] = np.fmin(grids["clearance"], layers.clearance[j, i])
    return dataclasses.replace(fine, **grids, zones=layers.zones[j, i])


def points_of(world: World, layers: Layers, robot: RobotSize, rng: np.random.Generator) -> PointMap:
    """What a surveyor's scanner sees from places EVERY_M apart all over the walkable ground.

    Raises:
        BadInput: there is no ground to stand on, or nothing is seen from it.
    """
    eyes = _places(layers, robot)
    if not len(eyes):
        raise BadInput(f"{world.name!r} has no walkable ground: rudel world check says why")
    spec = mujoco.MjSpec()
    world.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    caster = rays.make(model, data)
    parts: list[NDArray[np.float32]] = []
    for at in range(0, len(eyes), _AT_ONCE):
        some = eyes[at : at + _AT_ONCE].astype(np.float32)
        ways = _directions(rng, len(some))
        distance = caster.cast(some, ways, data).distance_m
        near = np.flatnonzero(distance < FAR_M)
        distance = (distance + rng.normal(0.0, NOISE_M, distance.shape).astype(np.float32)).take(near)
        points = ways.reshape(-1, 3).take(near, axis=0)
        points *= distance[:, None]
        points += some.take(near // ways.shape[1], axis=0)
        parts.append(points)
    points = np.concatenate(parts or [np.zeros((0, 3), np.float32)])
    if not len(points):
        raise BadInput(f"nothing is to be seen in {world.name!r}: there is no map to localise in")
    return PointMap.from_points(points)


def _places(layers: Layers, robot: RobotSize) -> NDArray[np.float64]:
    """(k, 3) eyes over walkable cells, the one nearest to the middle of each square of EVERY_M that has any."""
    walkable = traversability(layers, robot).walkable
    every = EVERY_M
    j, i = np.nonzero(walkable)
    xy = layers.centres()[j, i]
    while True:
        square = np.floor((xy - np.array(layers.origin)) / every).astype(np.int64)
        if len(np.unique(square, axis=0)) <= MOST_POSES:
            break
        every *= 1.5
    off = np.linalg.norm((xy - np.array(layers.origin)) / every - square - 0.5, axis=1)
    order = np.lexsort((off, square[:, 0], square[:, 1]))
    first = np.ones(len(order), np.bool_)
    first[1:] = (np.diff(square[order], axis=0) != 0).any(axis=1)
    chosen = order[first]
    room = np.nan_to_num(layers.clearance[j[chosen], i[chosen]], nan=np.inf, posinf=np.inf)
    above = np.minimum(EYE_M, 0.7 * room)
    ground = layers.elevation[j[chosen], i[chosen]].astype(np.float64)
    return np.column_stack((xy[chosen], ground + above))


def _directions(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """(count, COLUMNS * LINES, 3) unit vectors all around, turned by a random angle at each place."""
    azimuth = np.linspace(0, 2 * math.pi, COLUMNS, endpoint=False)[:, None]
    height = np.linspace(-STEEPEST_RAD, STEEPEST_RAD, LINES)[None]
    turned = azimuth[None] + rng.uniform(0, 2 * math.pi, (count, 1, 1))
    ways = np.empty((count, COLUMNS, LINES, 3), np.float32)
    flat = np.cos(height).astype(np.float32)
    ways[..., 0] = np.cos(turned).astype(np.float32) * flat
    ways[..., 1] = np.sin(turned).astype(np.float32) * flat
    ways[..., 2] = np.sin(height)
    return ways.reshape(count, -1, 3)
