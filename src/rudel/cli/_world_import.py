"""`rudel world import FILE`: make a place of a survey: points, a mesh, a height model or a floor plan."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from rudel.cli import _options, _output
from rudel.core.errors import BadInput

HELP = "make a place of a survey: points, mesh, height model or floor plan"
UNITS, UPS = ("m", "cm", "mm", "ft", "us-ft"), ("x", "y", "z", "-x", "-y", "-z")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("file", metavar="FILE", type=Path, help="a file, or a folder or .zip archive with one that can be imported")
    add("--out", metavar="DIR", type=Path, help="folder of the world (default: runs/worlds/NAME)")
    add(
        "--units",
        type=_options.choice("unit", UNITS),
        help=f"unit of the file: {', '.join(UNITS)} (default: found out)",
    )
    add(
        "--up",
        type=_options.choice("axis", UPS),
        help=f"its axis that points up: {', '.join(UPS)} (default: found out)",
    )
    add("--robot", default="lite3", help="for which robot it is to be walkable (default: lite3)")
    add(
        "--resolution",
        metavar="M",
        type=_metres,
        help="edge of a cell in metres (default: 0.05, or what the points allow)",
    )
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Import the file; 0 when a world was written."""
    from rudel import robots
    from rudel.sim.robot_size import robot_size
    from rudel.worlds.imports import import_place

    size = robot_size(robots.load(args.robot))
    imported = import_place(args.file, size, units=args.units, up=args.up, resolution_m=args.resolution)
    folder = args.out or Path("runs/worlds") / imported.world.name
    report = imported.write(folder)
    if args.json:
        _output.print_json(report)
    else:
        print("\n".join(report.lines()))
        print("\n".join(report.files))
    return 0


def _metres(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise BadInput(f"--resolution {text!r} is no length: write metres, for example 0.05")
    return value
