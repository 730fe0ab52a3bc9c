"""`rudel mission show`: the steps as they will be done, the next runs, and a picture over the map."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from rudel.cli import _mission_do_dry_run, _mission_site, _options, _output

if TYPE_CHECKING:
    from rudel.missions import Mission

HELP = "show the steps of a mission, its next runs, and the round over the map"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    _mission_site.add_arguments(parser)
    add = parser.add_argument
    add("--out", metavar="PNG", type=Path, help="the picture (default: runs/mission/NAME.png)")
    add("--runs", type=_options.whole(0, "--runs"), default=5, help="how many next runs (default: 5)")
    add("--after", metavar="TIME", type=moment, help="list the runs after this ISO time (default: now)")
    add("--json", action="store_true", help="print one JSON object")


def moment(text: str) -> dt.datetime:
    """A moment from ISO 8601; without an offset it is UTC."""
    from rudel.core.errors import BadInput

    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"--after {text!r} is no time: write for example 2026-03-28T12:00+01:00") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)


def next_runs(mission: Mission, after: dt.datetime | None, count: int) -> list[str]:
    """ISO times with offsets, in the zone of the schedule."""
    if mission.schedule is None:
        return []
    moments = mission.schedule.next_runs(after or dt.datetime.now(dt.UTC), count)
    return [one.isoformat(timespec="minutes") for one in moments]


def run(args: argparse.Namespace) -> int:
    """Draw and print."""
    from rudel import missions
    from rudel.cli import _mission_picture

    mission = missions.load(_mission_site.path_of(args.file))
    stack, site = _mission_site.open_for(args, mission)
    ran = missions.dry_run(mission, site)
    path = args.out or Path("runs/mission") / f"{mission.name}.png"
    _mission_picture.draw(stack.costs, ran, path)
    runs = next_runs(mission, args.after, args.runs)
    if args.json:
        figures = _mission_do_dry_run.figures(ran)
        _output.print_json({**figures, "about": mission.about, "next_runs": runs, "picture": str(path)})
        return 0
    began = {did.id: did for did in ran.did}
    rows = []
    for task in ran.program.tasks:
        did = began.get(task.id)
        when = "-" if did is None else f"{did.begun_s / 60:.1f} min"
        at = "" if task.stand is None else f"({task.stand.xy[0]:.1f}, {task.stand.xy[1]:.1f})"
        rows.append([task.id, task.title, at, when, task.on_failure, str(task.mark.line)])
    title = f"{mission.name} in {site.name}"
    _output.print_table(title, ["step", "what", "where [m]", "planned at", "on failure", "line"], rows)
    print(f"{ran.distance_m:.0f} m, {ran.time_s / 60:.1f} min, {len(ran.points)} inspection points")
    if runs:
        print("next runs:", ", ".join(runs))
    print(path)
    return 0
