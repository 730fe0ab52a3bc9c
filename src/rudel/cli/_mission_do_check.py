"""`rudel mission check`: everything that is wrong with a mission file, with line and column."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rudel.cli import _mission_site, _output

HELP = "say what is wrong with a mission file, in the place where it is to run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    _mission_site.add_arguments(parser)
    parser.add_argument("--battery", metavar="PERCENT", type=percent, default=1.0, help="charge at the start")
    parser.add_argument("--no-world", action="store_true", help="check the file only, not against a place")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def percent(text: str) -> float:
    """A share from "80"."""
    from rudel.core.errors import BadInput

    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise BadInput(f"--battery {text!r} is no percentage: write for example 80")
    return value / 100


def run(args: argparse.Namespace) -> int:
    """0: it can be dispatched; 2: it cannot, and each line says where and why."""
    from rudel.cli.main import BAD_INPUT
    from rudel.missions import BadMission

    try:
        facts = _checked(args)
    except BadMission as bad:
        if not args.json:
            raise
        problems = [{"line": p.mark.line, "column": p.mark.column, "message": p.message} for p in bad.problems]
        _output.print_json({"file": bad.source, "ok": False, "problems": problems})
        return BAD_INPUT
    if args.json:
        _output.print_json({**facts, "ok": True, "problems": []})
        return 0
    for note in facts["notes"]:
        print(f"{facts['file']}:{note}", file=sys.stderr)
    if args.no_world:
        print(f"{facts['file']}: the file is in order; --world NAME says whether it can be done there")
        return 0
    print(
        f"{facts['file']}: in order in {facts['world']}: {facts['steps']} steps, {facts['points']} inspection points, "
        f"{facts['distance_m']:.0f} m, {facts['time_s'] / 60:.1f} min, {facts['battery_left']:.0%} of the battery left"
    )
    return 0


def _checked(args: argparse.Namespace) -> dict[str, Any]:
    from rudel import missions
    from rudel.missions.dryrun import must_make_it

    path = _mission_site.path_of(args.file)
    mission = missions.load(path)
    if args.no_world:
        return {"file": str(path), "name": mission.name, "notes": []}
    _, site = _mission_site.open_for(args, mission)
    ran = missions.dry_run(mission, site, share=args.battery)
    must_make_it(ran)
    return {
        "file": str(path),
        "name": mission.name,
        "world": site.name,
        "steps": len(ran.program.tasks),
        "points": len(ran.points),
        "time_s": ran.time_s,
        "distance_m": ran.distance_m,
        "battery_left": ran.share,
        "notes": [str(note) for note in ran.program.notes],
    }
