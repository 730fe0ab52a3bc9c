"""Options that the verbs of navigation share."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from rudel.cli import _options
from rudel.core.errors import BadInput

if TYPE_CHECKING:
    from rudel.sim.senses.fault import Fault

AUTO = "auto"  # see _stack_world
POLICY = AUTO
DIFFICULTY = 0.25  # of built-in places: a walk that was learnt on level ground gets about in them


def add_arguments(parser: argparse.ArgumentParser, verb: str, limit_s: float) -> None:
    """Where, with what, how fast, and where results go."""
    add = parser.add_argument
    add("--world", metavar="NAME|DIR", default="tunnel", help="a built-in place or a world's folder (default: tunnel)")
    add("--difficulty", type=_options.difficulty, default=DIFFICULTY, help=f"of a place (default: {DIFFICULTY})")
    add("--seed", type=_options.whole(0, "--seed"), default=0, help="of place, noise and chance (default: 0)")
    add_policy(parser)
    add("--speed", type=pace, default=math.inf, metavar="max|X", help="simulated seconds per second (default: max)")
    add("--crates", type=_options.whole(0, "--crates"), default=0, help="crates that are not on the map (default: 0)")
    add("--fault", action="append", default=[], metavar="SENSE:KIND:FROM:TO", help="break a sense [s], repeatable")
    add("--unplaced", action="store_true", help="do not tell the robot where it starts: it has to find out")
    add("--limit", type=_options.duration_s, default=limit_s, help=f"give up after this time (default: {limit_s:g}s)")
    add("--out", metavar="DIR", type=Path, default=Path("runs") / verb, help=f"of picture and recording (runs/{verb})")
    add("--json", action="store_true", help="print one JSON object")


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Which policy walks."""
    what = "lite3/walk, or lite3/rough where that gets to much more of the world"
    parser.add_argument("--policy", default=POLICY, help=f"that walks (default: {POLICY}: {what})")


def metres(text: str) -> float:
    """A coordinate."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and abs(value) < 1e6):
        raise BadInput(f"{text!r} is no coordinate in metres: write for example 12.5")
    return value


def degrees(text: str) -> float:
    """An angle [rad] from degrees."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= 360.0:
        raise BadInput(f"{text!r} is no angle in degrees: write for example 90")
    return math.radians(value)


def faults(texts: list[str]) -> dict[str, tuple[Fault, ...]]:
    """{"lidar": (Fault(...),)} from ["lidar:freeze:10:12"]."""
    from rudel.sim.senses.fault import Fault

    found: dict[str, tuple[Fault, ...]] = {}
    for text in texts:
        parts = text.split(":")
        try:
            sense, kind, start, end = parts
            times = float(start), float(end)
        except ValueError as error:
            raise BadInput(f"--fault {text!r}: write for example lidar:freeze:10:12 (sense, kind, from, to)") from error
        found[sense] = (*found.get(sense, ()), Fault(kind, *times))
    return found


def pace(text: str) -> float:
    """Simulated seconds per second: max or a number."""
    if text == "max":
        return math.inf
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1000.0:
        raise BadInput(f"--speed {text!r}: write max, or simulated seconds per second such as 1")
    return value
