"""What the actions of `rudel world` share: the world, its layers, and where a robot can walk in it."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rudel.cli import _options
from rudel.core.errors import BadInput

if TYPE_CHECKING:
    from rudel.worlds.place import Layers, RobotSize, Traversability, World

RESOLUTION_M = 0.1
MAX_CELLS = 2_000_000  # computed layers get coarser than RESOLUTION_M beyond that: 140 m x 140 m


@dataclass(frozen=True, eq=False)
class Opened:
    """A world as one robot sees it."""

    world: World
    layers: Layers
    robot: RobotSize
    walk: Traversability


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which world, at which difficulty, for which robot."""
    add = parser.add_argument
    add("world", metavar="NAME|DIR", help="a built-in place (see rudel world list) or the folder of a world")
    add("--difficulty", type=_options.difficulty, default=0.5, help="of a built-in place, 0 to 1 (default: 0.5)")
    add("--seed", type=_options.whole(0, "--seed"), default=0, help="of a built-in place (default: 0)")
    add("--robot", default="lite3", help="name or spec file of the robot that is to walk there (default: lite3)")
    add("--max-step", metavar="M", type=_metres, help="highest step that the robot climbs (default: by its size)")
    add("--max-slope", metavar="DEGREES", type=_degrees, help="steepest slope that it walks (default: 30)")


def open_for(args: argparse.Namespace) -> Opened:
    """The world of ``args``, with layers, for the robot of ``args``."""
    import numpy as np

    from rudel import robots, worlds
    from rudel.sim.robot_size import robot_size
    from rudel.worlds.place import layers_of, traversability

    robot = robot_size(robots.load(args.robot), args.max_step, args.max_slope)
    world = worlds.open_place(args.world, args.difficulty, np.random.default_rng(args.seed))
    layers = world.layers
    if layers is None:
        x, y = world.size_m
        layers = layers_of(world, max(RESOLUTION_M, math.sqrt(x * y / MAX_CELLS)))
    return Opened(world, layers, robot, traversability(layers, robot))


def _metres(text: str) -> float:
    return _number(text, "--max-step", "metres, for example 0.15", 2.0)


def _degrees(text: str) -> float:
    return math.radians(_number(text, "--max-slope", "degrees below 90, for example 25", 89.0))


def _number(text: str, option: str, what: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= most:
        raise BadInput(f"{option} {text!r} is no number of {what}")
    return value
