"""Scan a built-in place with our own LiDAR, import the cloud, and compare with the place: see import_world.py."""

from __future__ import annotations

import heapq
import itertools
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel import robots, worlds
from rudel.sim.robot_size import robot_size
from rudel.sim.senses.mount import rig
from rudel.sim.senses.survey import returns
from rudel.worlds.place import World, layers_of, traversability
from tests.worlds.imports import scenes

# name of the case -> place and its parameters; rubble's own air is full of dust
PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    "tunnel": ("tunnel", {"length_m": 60.0}),
    "plant": ("plant", {}),
    "rubble_clear_air": ("rubble", {"dust": 0.0}),
    "rubble": ("rubble", {}),
}
_NEAR = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))


def scanned(
    case: str, difficulty: float, seed: int, file: Path, intensity: bool = True
) -> tuple[World, dict[str, Any]]:
    """Build a place, scan it from its inspection route, write the cloud to ``file``; the place and how it went."""
    build_rng, noise_rng = np.random.default_rng(seed).spawn(2)
    place, parameters = PLACES[case]
    world = worlds.build_place(place, difficulty, build_rng, **parameters)
    spec = robots.load("lite3")
    way = walk(world)
    started = time.process_time()
    cloud = returns(world, way, spec.nominal_height_m, rig(spec)["lidar"], noise_rng)
    scenes.write_ply(file, cloud[:, :3].astype(np.float64), cloud[:, 3] if intensity else None)
    length = float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())
    return world, {"points": len(cloud), "way_m": round(length, 1), "scan_s": round(time.process_time() - started, 1)}


def walk(world: World) -> NDArray[np.float64]:
    """(k, 2) from the start past all stops of the inspection route, over walkable cells only [m]."""
    layers = layers_of(world)
    cost = traversability(layers, robot_size(robots.load("lite3"))).cost
    places = {p.name: p.xy for p in world.points} | {t.id: t.viewpoint.xy for t in world.things if t.viewpoint}
    stops = [world.spawn, *(places[s] for s in world.routes["inspection"] if s in places)]
    ij, _ = layers.cell_of(np.array(stops))
    way = [layers.centres()[tuple(ij[0])]]
    for a, b in itertools.pairwise(ij):
        cells = _shortest(cost, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])))
        way += [layers.centres()[cell] for cell in [*cells[4::5], cells[-1]]]  # 10 cm cells: a corner each half metre
    return np.array(way)


def _shortest(cost: NDArray[np.float32], start: tuple[int, int], goal: tuple[int, int]) -> list[tuple[int, int]]:
    """Dijkstra's shortest path over cells of cost below 1, which counts on top of the length."""
    best, before = {start: 0.0}, {start: start}
    queue = [(0.0, start)]
    while queue:
        spent, cell = heapq.heappop(queue)
        if cell == goal:
            break
        if spent > best[cell]:
            continue
        for dj, di in _NEAR:
            j, i = cell[0] + dj, cell[1] + di
            if not (0 <= j < cost.shape[0] and 0 <= i < cost.shape[1] and cost[j, i] < 1):  # NaN is not
                continue
            there = spent + math.hypot(dj, di) * (1 + 3 * float(cost[j, i]))
            if there < best.get((j, i), math.inf):
                best[j, i], before[j, i] = there, cell
                heapq.heappush(queue, (there, (j, i)))
    if goal not in before:
        raise RuntimeError(f"no way from cell {start} to {goal}")
    cells = [goal]
    while cells[-1] != start:
        cells.append(before[cells[-1]])
    return cells[::-1]
