"""`rudel replay ROUND|SEED`: detectors over a recorded round again, or a ride of the navigation benchmark."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rudel.cli import _stack_options

if TYPE_CHECKING:
    from rudel.cli._film import Film
    from rudel.cli._stack import Moment
    from rudel.navigation.pilot import PilotAside
    from rudel.sim.live import LiveSim

HELP = "run detectors over a recorded round again; or watch a ride of the navigation benchmark, from its seed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("what", metavar="ROUND|SEED", help="folder of a round or its recording; or seed of a ride, as in failed_seeds")
    told = "that looks at the round, repeatable (default: those that looked then)"
    add("--detector", metavar="NAME", action="append", default=[], help=told)
    add("--world", metavar="NAME|DIR", help="as the benchmark was told (default: the built-in places in turn)")
    _stack_options.add_policy(parser)
    add("--film", action="store_true", help="film it as well (needs graphics)")
    add("--out", metavar="DIR", type=Path, default=Path("runs/replay"), help="of the pictures (default: runs/replay)")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when the round says the same again, or the ride succeeds; 1 when not."""
    from rudel.cli import _replay_round

    seed = _replay_round.seed_of(args.what)
    return look_again(args) if seed is None else ride(args, seed)


def look_again(args: argparse.Namespace) -> int:
    """Detectors over a recording."""
    from rudel.cli import _output, _replay_round
    from rudel.cli.main import FAILED
    from rudel.core.errors import BadInput

    folder = Path(args.what)
    if not folder.exists():
        raise BadInput(
            f"there is no round {args.what!r}, and it is no SEED either: rudel recordings lists what there is"
        )
    found = _replay_round.replay(folder, args.detector)
    if args.json:
        _output.print_json(found)
    else:
        for pair in found["different"]:
            then, now = pair["then"], pair["now"]
            print(f"{then['point']} {then['detector']}: {then['status']} then, {now['status']} now")
        for now in found["new"]:
            print(f"{now['point']} {now['detector']}: {now['status']} {now['why'] or now['text']}")
        print(f"{found['same']} as then, {len(found['different'])} otherwise, {len(found['new'])} new")
    return FAILED if found["different"] else 0


def ride(args: argparse.Namespace, seed: int) -> int:
    """A ride of the benchmark."""
    args.seed = seed
    from rudel.cli import _film, _stack_ride, _stack_scenario
    from rudel.navigation.pilot import Goal

    places = (args.world,) if args.world else _stack_scenario.PLACES
    site = _stack_scenario.site_of(seed, places, args.policy)
    scenario = _stack_scenario.draw(seed, places, site)
    route = site.way(scenario.goal, scenario.start[:2])
    args.world, args.difficulty = scenario.world_name, _stack_options.DIFFICULTY
    films: list[Film] = []

    def dress(live: LiveSim) -> None:
        if args.film:
            path = args.out / f"replay_{seed}.mp4"
            films.append(_film.Film(live, path, f"seed {seed}, {scenario.world_name}", (640, 480)))
            films[0].__enter__()

    def look(moment: Moment) -> None:
        for film in films:
            film.show(moment.pilot.trouble or moment.pilot.phase, moment.order.twist)

    def begin(pilot: PilotAside) -> None:
        pilot.goto(Goal(scenario.goal, checked=True))

    wanted = _stack_ride.Wanted("replay", begin, [scenario.goal], route=route, look=look, dress=dress)
    try:
        return _stack_ride.carry_out(args, site, scenario.world, wanted, ride=scenario.ride)
    finally:
        for film in films:
            film.__exit__(None, None, None)
