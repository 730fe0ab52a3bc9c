"""`rudel mission dry-run`: this very file in this very world, reckoned without a robot."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rudel.cli import _mission_do_check, _mission_site, _output

if TYPE_CHECKING:
    from rudel.missions import DryRun, Mission, Site

HELP = "reckon time, distance and battery of a mission, and what may fail"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    _mission_site.add_arguments(parser)
    add = parser.add_argument
    add("--battery", metavar="PERCENT", type=_mission_do_check.percent, default=1.0, help="charge at the start")
    add("--fail", metavar="POINT[=WHY]", action="append", default=[], help="the walk there fails, repeatable")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when it would be completed, 1 when it would end early, 2 (BadInput) when it cannot be dispatched."""
    from rudel import missions
    from rudel.cli.main import FAILED

    mission = missions.load(_mission_site.path_of(args.file))
    _, site = _mission_site.open_for(args, mission)
    ran = missions.dry_run(mission, site, share=args.battery, fails=failures(args.fail, stands(mission, site)))
    if args.json:
        _output.print_json(figures(ran))
    else:
        _print(ran)
    return 0 if ran.outcome.outcome == "completed" else FAILED


def stands(mission: Mission, site: Site) -> Sequence[str]:
    """Names of the places that the mission walks to."""
    from rudel import missions

    tasks = missions.lay_out(mission, site).tasks
    return sorted({task.stand.name for task in tasks if task.stand is not None})


def failures(texts: Sequence[str], points: Sequence[str]) -> dict[str, str]:
    """{"P-1": "blocked"} from ["P-1=blocked"]."""
    from rudel.core.errors import UnknownName

    found: dict[str, str] = {}
    for text in texts:
        point, _, why = text.partition("=")
        if point not in points:
            raise UnknownName("point of the mission", point, points)
        found[point] = why or "failed, as --fail asks"
    return found


def figures(ran: DryRun) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "mission": ran.program.mission.name,
        "file": ran.program.mission.source,
        "world": ran.program.site.name,
        "simulated": True,
        "outcome": ran.outcome.outcome,
        "why": ran.outcome.why,
        "time_s": ran.time_s,
        "distance_m": ran.distance_m,
        "battery_left": ran.share,
        "battery_least": ran.least,
        "points": list(ran.points),
        "unvisited": ran.unvisited,
        "steps": [vars(did) for did in ran.did],
        "risks": [{"kind": r.kind, "what": r.what, "xy": r.xy} for r in ran.risks],
    }


def _print(ran: DryRun) -> None:
    program = ran.program
    visited = len(ran.points) - len(ran.unvisited)
    rows = [
        ["outcome", ran.outcome.outcome + (f": {ran.outcome.why}" if ran.outcome.why else "")],
        ["time", f"{ran.time_s / 60:.1f} min"],
        ["distance", f"{ran.distance_m:.0f} m"],
        ["battery", f"{ran.share:.0%} left, {ran.least:.0%} at least, {program.mission.reserve:.0%} in reserve"],
        ["points", f"{visited} of {len(ran.points)}"],
        ["steps", f"{len(ran.did)}, {sum(did.outcome == 'done' for did in ran.did)} done"],
    ]
    _output.print_table(f"{program.mission.name} in {program.site.name}, dry run", ["", ""], rows)
    if ran.risks:
        rows = [[r.kind, r.what, "" if r.xy is None else f"({r.xy[0]:.1f}, {r.xy[1]:.1f})"] for r in ran.risks]
        _output.print_table("what may fail", ["kind", "what", "where [m]"], rows)
