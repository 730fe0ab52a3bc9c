"""Scan a built-in place with our own LiDAR, import the cloud, and compare with the place: see import_world.py."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from place_walk import walk

from rudel import robots, worlds
from rudel.sim.senses.mount import rig
from rudel.sim.senses.survey import returns
from rudel.worlds.place import World
from tests.worlds.imports import scenes

# name of the case -> place and its parameters; rubble's own air is full of dust
PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    "tunnel": ("tunnel", {"length_m": 60.0}),
    "plant": ("plant", {}),
    "rubble_clear_air": ("rubble", {"dust": 0.0}),
    "rubble": ("rubble", {}),
}


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
