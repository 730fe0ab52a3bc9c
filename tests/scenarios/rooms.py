"""A furnished room, small enough to be surveyed in a moment, and rides through it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from rudel.cli.main import main
from rudel.worlds.place import Box, Waypoint, World, layers_of, save

GOAL = (5.0, 3.0)


def room() -> World:
    """7 x 5 m with a partition that has a gap of 1.3 m, a pillar and two cupboards; the start is in the left part."""
    walls = [
        Box((3.5, -0.1, 1.0), (3.7, 0.1, 1.0)),
        Box((3.5, 5.1, 1.0), (3.7, 0.1, 1.0)),
        Box((-0.1, 2.5, 1.0), (0.1, 2.6, 1.0)),
        Box((7.1, 2.5, 1.0), (0.1, 2.6, 1.0)),
        Box((3.2, 0.9, 1.0), (0.1, 0.9, 1.0)),
        Box((3.2, 4.05, 1.0), (0.1, 0.95, 1.0)),
        Box((1.2, 4.5, 0.6), (0.5, 0.3, 0.6)),
        Box((6.3, 1.0, 0.5), (0.3, 0.6, 0.5)),
        Box((5.2, 1.6, 1.0), (0.15, 0.15, 1.0)),
    ]
    start = Waypoint("start", (1.2, 1.2), 0.0, None)
    return World("room", start, (-0.2, 7.2, -0.2, 5.2), floor_m=0.0, shapes=tuple(walls))


def saved(folder: Path, world: World | None = None) -> Path:
    """The folder of ``world`` with its layers."""
    world = world or room()
    return save(world.with_layers(layers_of(world, 0.1)), folder)


def ride(capsys: Any, *argv: str) -> tuple[int, dict[str, Any]]:
    """Exit status and what was printed."""
    status = main([*argv, "--json"])
    return status, json.loads(capsys.readouterr().out)


def with_zone(world: World, bit: int, box: tuple[float, float, float, float]) -> World:
    """``world`` with layers in which a zone covers x0, x1, y0, y1 [m]."""
    layers = layers_of(world, 0.1)
    centres, zones = layers.centres(), np.zeros(layers.shape, np.uint8)
    x0, x1, y0, y1 = box
    inside = (centres[..., 0] > x0) & (centres[..., 0] < x1) & (centres[..., 1] > y0) & (centres[..., 1] < y1)
    zones[inside] = bit
    return world.with_layers(dataclasses.replace(layers, zones=zones))
