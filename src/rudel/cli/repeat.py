"""`rudel repeat FILE`: go a taught round again, also where things have been moved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rudel.cli import _options, _stack_options

if TYPE_CHECKING:
    from rudel.cli._stack import Ran
    from rudel.cli._stack_world import Site
    from rudel.navigation.pilot import Round
    from rudel.navigation.types import XY
    from rudel.worlds.place import World

HELP = "go a taught round again, also where things have been moved"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a round that rudel teach made")
    parser.add_argument("--laps", type=_options.whole(1, "--laps"), default=1, help="how many times round (default: 1)")
    _stack_options.add_arguments(parser, "repeat", 3600.0)


def run(args: argparse.Namespace) -> int:
    """0 when the robot came round, 1 when it did not, 2 (BadInput) for a bad file or a stop without a way to it."""
    from rudel.cli import _stack_ride, _stack_world
    from rudel.navigation.pilot import Round

    taught = Round.load(args.file)
    _stack_ride.ride_of(args)
    site = _stack_world.open_site(args.world, args.difficulty, args.seed, args.policy)
    check(site, taught)
    goals = taught.goals()
    last = taught.points[-1]
    world = surroundings(site, args, last.xy)
    stops = [point.xy for point in taught.points if point.stop] or [last.xy]
    wanted = _stack_ride.Wanted("repeat", lambda pilot: pilot.repeat(goals, args.laps), stops, last.yaw)
    return _stack_ride.carry_out(args, site, world, wanted, lambda ran: _round(ran, taught))


def surroundings(site: Site, args: argparse.Namespace, goal: XY) -> World:
    """The place as it is by now: with crates, if any are wanted."""
    import numpy as np

    from rudel.cli import _stack_world

    return _stack_world.with_crates(site, args.crates, [goal], np.random.default_rng(args.seed).spawn(4)[3])


def check(site: Site, taught: Round) -> None:
    """Does a way lead from stop to stop? BadInput names the nearest point that can be reached."""
    here = site.start
    for point in taught.points:
        if point.stop or point is taught.points[-1]:
            site.way(point.xy, here)
            here = point.xy


def _round(ran: Ran, taught: Round) -> dict[str, Any]:
    skipped = [event.data["index"] for event in ran.events if event.kind == "skipped"]
    return {"points": len(taught.points), "stops": sum(point.stop for point in taught.points), "skipped": skipped}
