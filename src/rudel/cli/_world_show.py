"""`rudel world show`: a picture and the figures of a world, for one robot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rudel.cli import _output, _world

HELP = "draw a world: where a robot can walk, what is there, a section"
MIN_AREA_M2 = 0.5  # connected areas smaller than this are not counted for people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    _world.add_arguments(parser)
    parser.add_argument("--out", metavar="PNG", type=Path, help="the picture (default: runs/world/NAME.png)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Draw and print."""
    from rudel.cli import _place_picture

    opened = _world.open_for(args)
    figures = describe(opened)
    path = args.out or Path("runs/world") / f"{opened.world.name}.png"
    facts = _facts(figures)
    _place_picture.draw(opened, facts, path)
    if args.json:
        _output.print_json({**figures, "picture": str(path)})
    else:
        _output.print_table(opened.world.title or opened.world.name, ["", ""], [list(fact) for fact in facts])
        print(path)
    return 0


def describe(opened: _world.Opened) -> dict[str, Any]:
    """The figures of a world, for programs."""
    import numpy as np

    from rudel.worlds.place import Mesh
    from rudel.worlds.place.check import home

    world, layers, walk = opened.world, opened.layers, opened.walk
    known = layers.elevation[layers.known()]
    area = home(world, layers, walk)
    return {
        "name": world.name,
        "source": world.source,
        "licence": world.licence,
        "bounds_m": list(world.bounds),
        "height_m": [float(known.min()), float(known.max())] if len(known) else [None, None],
        "origin": list(world.origin),
        "start": [*world.start.xy, world.start.yaw_rad],
        "resolution_m": layers.resolution_m,
        "shapes": len(world.shapes),
        "triangles": sum(len(shape.faces) for shape in world.shapes if isinstance(shape, Mesh)),
        "things": len(world.things),
        "faults": sum(thing.fault is not None for thing in world.things),
        "points": len(world.points),
        "heat": len(world.heat),
        "gas": len(world.gas),
        "robot": opened.robot.name,
        "robot_limits": {
            "width_m": opened.robot.width_m,
            "height_m": opened.robot.height_m,
            "max_step_m": opened.robot.max_step_m,
            "max_slope_deg": float(np.degrees(opened.robot.max_slope_rad)),
        },
        "known_share": walk.known_share,
        "walkable_share": walk.walkable_share,
        "walkable_m2": sum(walk.areas_m2),
        "reachable_m2": walk.areas_m2[area - 1] if area else 0.0,
        "areas": sum(m2 >= MIN_AREA_M2 for m2 in walk.areas_m2),
        "repairs": list(world.repairs),
    }


def _facts(f: dict[str, Any]) -> list[tuple[str, str]]:
    x0, x1, y0, y1 = f["bounds_m"]
    low, high = f["height_m"]
    limits = f["robot_limits"]
    return [
        ("size", f"{x1 - x0:.1f} m x {y1 - y0:.1f} m"),
        ("ground from", "unknown" if low is None else f"{low:.2f} to {high:.2f} m"),
        ("grid", f"{f['resolution_m']:.3g} m, {f['known_share']:.0%} known"),
        ("robot", f"{f['robot']}: steps to {limits['max_step_m']:.2f} m, slopes to {limits['max_slope_deg']:.0f} deg"),
        ("walkable", f"{f['walkable_m2']:.1f} m^2, {f['walkable_share']:.0%} of what is known"),
        ("from the start", f"{f['reachable_m2']:.1f} m^2; {f['areas']} connected areas"),
        ("things", f"{f['things']}, {f['faults']} with a fault; {f['heat']} heat, {f['gas']} gas"),
        ("shapes", f"{f['shapes']}, {f['triangles']} triangles"),
        ("licence", f["licence"] or "not stated"),
    ]
