"""`rudel replay SEED`: watch a ride of the navigation benchmark again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rudel.cli import _options, _stack_options

if TYPE_CHECKING:
    from rudel.cli._film import Film
    from rudel.cli._stack import Moment
    from rudel.navigation.pilot import Pilot
    from rudel.sim.live import LiveSim

HELP = "watch a ride of the navigation benchmark again, from its seed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("seed", metavar="SEED", type=_options.whole(0, "SEED"), help="of the ride, as in failed_seeds")
    add("--world", metavar="NAME|DIR", help="as the benchmark was told (default: the built-in places in turn)")
    add("--policy", default=_stack_options.POLICY, help=f"that walks (default: {_stack_options.POLICY})")
    add("--film", action="store_true", help="film it as well (needs graphics)")
    add("--out", metavar="DIR", type=Path, default=Path("runs/replay"), help="of the pictures (default: runs/replay)")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when the ride succeeds, 1 when it does not."""
    from rudel.cli import _film, _stack_ride, _stack_scenario
    from rudel.navigation.pilot import Goal

    places = (args.world,) if args.world else _stack_scenario.PLACES
    site = _stack_scenario.site_of(args.seed, places, args.policy)
    scenario = _stack_scenario.draw(args.seed, places, site)
    route = site.way(scenario.goal, scenario.start[:2])
    args.world, args.difficulty = scenario.world_name, _stack_options.DIFFICULTY
    films: list[Film] = []

    def dress(live: LiveSim) -> None:
        if args.film:
            path = args.out / f"replay_{args.seed}.mp4"
            films.append(_film.Film(live, path, f"seed {args.seed}, {scenario.world_name}", (640, 480)))
            films[0].__enter__()

    def look(moment: Moment) -> None:
        for film in films:
            step = moment.pilot.drive.last
            film.show(moment.pilot.health.trouble or ("" if step is None else step.phase), moment.order.twist)

    def begin(pilot: Pilot) -> None:
        pilot.goto(Goal(scenario.goal, checked=True))

    wanted = _stack_ride.Wanted("replay", begin, [scenario.goal], route=route, look=look, dress=dress)
    try:
        return _stack_ride.carry_out(args, site, scenario.world, wanted, ride=scenario.ride)
    finally:
        for film in films:
            film.__exit__(None, None, None)
