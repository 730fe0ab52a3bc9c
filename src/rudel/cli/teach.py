"""`rudel teach FILE`: drive a robot along a round and keep it."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rudel.cli import _stack_options
from rudel.cli.main import FAILED
from rudel.core.errors import BadInput

if TYPE_CHECKING:
    from rudel.cli._stack import Moment, Ran
    from rudel.cli._stack_ride import Wanted
    from rudel.cli._stack_world import Site
    from rudel.navigation.pilot import RoundPoint, Teacher

HELP = "drive a robot along a round, by keys or from point to point, and keep it as a file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("file", metavar="FILE", type=Path, help="the round, JSON")
    add("--to", action="append", default=[], metavar="X,Y[,DEGREES]", help="drive there next and stop; repeatable")
    add("--keys", action="store_true", help="steer it in a window: R teaches a stop, ESC ends the round")
    _stack_options.add_arguments(parser, "teach", 3600.0)


def run(args: argparse.Namespace) -> int:
    """0 when the round is written, 1 when the robot did not get round, 2 (BadInput) when a point has no way to it."""
    from rudel.cli import _stack_keys, _stack_ride, _stack_world
    from rudel.navigation.pilot import Teacher

    stops = [stop(text) for text in args.to]
    if bool(stops) == args.keys:
        raise BadInput("rudel teach needs either --to X,Y (once or more) or --keys")
    _stack_ride.ride_of(args)
    if args.keys:
        _stack_keys.check()
        args.speed = min(args.speed, 1.0)  # nobody steers faster than that
    site = _stack_world.open_site(args.world, args.difficulty, args.seed, args.policy)
    teacher = Teacher()
    if args.keys:
        wanted = _stack_keys.wanted(site, teacher)
    else:
        check(site, stops)
        wanted = _wanted(stops, teacher)
    if _stack_ride.carry_out(args, site, site.world, wanted, _skipped) != 0:
        print("rudel: the robot did not get round: no round was written", file=sys.stderr)
        return FAILED
    return _keep(args, teacher)


def stop(text: str) -> RoundPoint:
    """A stop from "12,3.5" or "12,3.5,90"."""
    from rudel.navigation.pilot import RoundPoint

    if not re.fullmatch(r"[^,]+,[^,]+(,[^,]+)?", text):
        raise BadInput(f"--to {text!r}: write X,Y or X,Y,DEGREES, for example 12,3.5,90")
    parts = text.split(",")
    xy = _stack_options.metres(parts[0]), _stack_options.metres(parts[1])
    return RoundPoint(xy, _stack_options.degrees(parts[2]) if len(parts) == 3 else None, stop=True)


def check(site: Site, stops: list[RoundPoint]) -> None:
    """Is there a way from stop to stop? BadInput names the nearest point that can be reached."""
    here = site.start
    for one in stops:
        site.way(one.xy, here)
        here = one.xy


def _wanted(stops: list[RoundPoint], teacher: Teacher) -> Wanted:
    """Drive from stop to stop, and note the way."""
    from rudel.cli import _stack_ride
    from rudel.navigation.pilot import Goal

    goals = [Goal(one.xy, one.yaw) for one in stops]

    def look(moment: Moment) -> None:
        if moment.estimate is not None:
            teacher.note(moment.estimate)
        for event in moment.events:
            if event.kind == "point":
                teacher.stop_here()

    return _stack_ride.Wanted("teach", lambda pilot: pilot.repeat(goals), [goal.xy for goal in goals], look=look)


def _skipped(ran: Ran) -> dict[str, object]:
    return {"skipped": [event.data["index"] for event in ran.events if event.kind == "skipped"]}


def _keep(args: argparse.Namespace, teacher: Teacher) -> int:
    taught = teacher.round(args.file.stem, args.world)
    taught.save(args.file)
    stops = sum(point.stop for point in taught.points)
    if not args.json:
        print(f"{args.file}: {len(taught.points)} points, {stops} stops, {taught.length_m:.1f} m")
    return 0
