"""`rudel explore`: see a place that no map shows, and come home."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from rudel.cli import _options, _stack_options
from rudel.core.errors import BadInput

if TYPE_CHECKING:
    from rudel.cli._stack_world import Site
    from rudel.navigation.types import Costs

HELP = "see a place that no map shows, and come home"
MINUTES = 10.0
ROUGH = "lite3/rough"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--minutes", type=_minutes, default=MINUTES, help=f"way home included (default: {MINUTES:g})")
    parser.add_argument("--battery", type=_options.duration_s, default=math.inf, help="walking time that it gives")
    _stack_options.add_arguments(parser, "explore", 7200.0)


def run(args: argparse.Namespace) -> int:
    """0 when the robot is home again, 1 when not."""
    from rudel.cli import _stack_ride, _stack_world
    from rudel.navigation.pilot import Endurance

    if args.unplaced:
        raise BadInput("--unplaced: a robot that explores has no map to find itself in; leave it out")
    _stack_ride.ride_of(args)
    site = _stack_world.open_site(args.world, args.difficulty, args.seed, policy_for(args.policy), mapped=False)
    endurance = Endurance(args.minutes * 60.0, args.battery)

    wanted = _stack_ride.Wanted("explore", lambda pilot: pilot.explore(endurance), [site.start])
    args.limit = min(args.limit, args.minutes * 60.0 + 120.0)
    return _stack_ride.carry_out(args, site, site.world, wanted, lambda ran: seen(site, ran.known))


def policy_for(wanted: str) -> str:
    """The policy that walks: nobody can say beforehand how rough a place is that no map shows."""
    return ROUGH if wanted == _stack_options.AUTO else wanted


def seen(site: Site, made: Costs) -> dict[str, Any]:
    """How much of the floor that this robot can reach was seen: on the map that it made, against the true one."""
    import numpy as np

    from rudel.navigation.plan import reachable

    floor = reachable(site.costs, site.start)
    j, i = np.nonzero(floor)
    edge = site.costs.resolution_m
    xy = np.stack((i + 0.5, j + 0.5), axis=1) * edge + np.array(site.costs.origin)
    cells, inside = made.cell_of(xy)
    known = inside & ~made.unknown[cells[:, 0], cells[:, 1]]
    area = float(len(xy)) * edge**2
    return {"floor_m2": area, "seen_share": float(known.mean()) if len(xy) else 0.0}


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1440.0:
        raise BadInput(f"--minutes {text!r} is no number of minutes: write for example 10")
    return value
