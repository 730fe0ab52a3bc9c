"""`rudel world check`: what would go wrong there, before a robot finds out."""

from __future__ import annotations

import argparse
import dataclasses

from rudel.cli import _output, _world

HELP = "say what would go wrong in a world for a robot"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    _world.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the findings; 0 when there are none but notes, 1 otherwise."""
    from rudel.cli.main import FAILED
    from rudel.worlds.place.check import NOTE, problems

    opened = _world.open_for(args)
    found = problems(opened.world, opened.layers, opened.walk, opened.robot)
    serious = [one for one in found if one.severity != NOTE]
    if args.json:
        listed = [dataclasses.asdict(one) for one in found]
        _output.print_json({"world": args.world, "robot": opened.robot.name, "ok": not serious, "problems": listed})
    elif found:
        rows = [[p.severity, p.code, p.where, p.what, p.next_step] for p in found]
        title = f"{opened.world.name} for {opened.robot.name}"
        _output.print_table(title, ["severity", "code", "where", "what", "next step"], rows)
    if not args.json:
        print(f"{len(serious)} problems, {len(found) - len(serious)} notes")
    return FAILED if serious else 0
