"""`rudel goto X Y`: walk to a point of a place, on what the robot senses."""

from __future__ import annotations

import argparse

from rudel.cli import _stack_options

HELP = "walk to a point of a place, simulated with its senses"
LIMIT_S = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("x", metavar="X", type=_stack_options.metres, help="of the goal in the world [m]")
    parser.add_argument("y", metavar="Y", type=_stack_options.metres, help="likewise")
    parser.add_argument("--yaw", metavar="DEGREES", type=_stack_options.degrees, help="heading to arrive with")
    _stack_options.add_arguments(parser, "goto", LIMIT_S)


def run(args: argparse.Namespace) -> int:
    """0 when the robot stands there, 1 when it does not, 2 (BadInput) when there is no way on the map."""
    import numpy as np

    from rudel.cli import _stack_ride, _stack_world
    from rudel.navigation.pilot import Goal

    _stack_ride.ride_of(args)  # refuses bad options before anything is built
    site = _stack_world.open_site(args.world, args.difficulty, args.seed, args.policy)
    goal = (args.x, args.y)
    route = site.way(goal)
    world = _stack_world.with_crates(site, args.crates, [goal], np.random.default_rng(args.seed).spawn(4)[3])
    wanted = _stack_ride.Wanted(
        "goto", lambda pilot: pilot.goto(Goal(goal, args.yaw, checked=True)), [goal], args.yaw, route
    )
    return _stack_ride.carry_out(args, site, world, wanted)
