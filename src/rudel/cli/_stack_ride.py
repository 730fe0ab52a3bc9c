"""A ride from the command line: run it, record it, draw it, print it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rudel.cli import _output, _stack, _stack_options, _stack_picture, _stack_report, _stack_show
from rudel.cli._stack_record import Recorder
from rudel.cli._stack_world import Site
from rudel.core.errors import UnknownName
from rudel.navigation.pilot import PilotAside
from rudel.navigation.types import XY, Route
from rudel.sim.live import LiveSim
from rudel.worlds.place import Box, World


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a verb wants done.

    Attributes:
        verb: its name.
        begin: gives the pilot its task.
        goals: for the picture; the last one is where it is to arrive.
        yaw: heading to arrive with [rad].
        route: the way on the map, or None.
        arrives: is the last goal where it is to end?
        look: shown every moment, too.
        dress: given the simulation before it starts, for example to open a window on it.
    """

    verb: str
    begin: Callable[[PilotAside], None]
    goals: Sequence[XY] = ()
    yaw: float | None = None
    route: Route | None = None
    arrives: bool = True
    look: _stack.Look | None = None
    dress: Callable[[LiveSim], None] | None = None


def ride_of(args: argparse.Namespace) -> _stack.Ride:
    """How to run, from the shared options."""
    faults = _stack_options.faults(args.fault)
    for sense in faults:
        if sense not in _stack.SENSES:
            raise UnknownName("sense", sense, _stack.SENSES)
    return _stack.Ride(args.seed, args.limit, args.speed, faults, placed=not args.unplaced)


def carry_out(
    args: argparse.Namespace,
    site: Site,
    world: World,
    wanted: Wanted,
    more: Callable[[_stack.Ran], dict[str, Any]] | None = None,
    ride: _stack.Ride | None = None,
) -> int:
    """Do it; 0 when it succeeded, 1 when not.

    Args:
        args: shared options.
        site, world: maps, and where it really walks.
        wanted: the task.
        more: further figures for the report.
        ride: how; None: as ``args`` say.
    """
    from rudel.cli.main import FAILED

    believed: list[tuple[float, float]] = []
    header = {"verb": wanted.verb, "world": args.world, "difficulty": args.difficulty, "seed": args.seed}
    header |= {"policy": site.policy_name, "goals": wanted.goals, "command": args.command}
    args.out.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(args.out / "ride.jsonl", header)
    with _stack_show.status_line(quiet=args.json) as show, recorder:

        def look(moment: _stack.Moment) -> None:
            recorder(moment)
            show(moment)
            if wanted.look is not None:
                wanted.look(moment)
            known = moment.estimate is not None and moment.estimate.known
            believed.append(moment.estimate.xy if known and moment.estimate else (np.nan, np.nan))

        ran = _stack.run(site, world, ride or ride_of(args), wanted.begin, look, wanted.dress)
    shortest_m = None if wanted.route is None else wanted.route.length_m
    goal = wanted.goals[-1] if wanted.goals and wanted.arrives else None
    figures = _stack_report.figures(ran, goal, wanted.yaw, shortest_m)
    if more is not None:
        figures |= more(ran)
    crates = [shape for shape in world.shapes[len(site.world.shapes) :] if isinstance(shape, Box)]
    title = (
        f"rudel {wanted.verb}, {site.world.name}: {ran.outcome.reason}, {ran.judge.path_m:.1f} m, {ran.time_s:.0f} s"
    )
    drawn = _stack_picture.Drawn(
        title,
        ran.known,
        np.zeros((0, 2)) if wanted.route is None else wanted.route.points,
        np.array(believed).reshape(-1, 2)[::5],
        np.array(ran.judge.track)[:, 1:3],
        wanted.goals,
        crates,
        ran.events,
    )
    picture = args.out / f"{wanted.verb}.png"
    _stack_picture.draw(drawn, picture)
    files = [str(picture), str(recorder.path)]
    if args.json:
        _output.print_json({**header, **figures, "crates": len(crates), "files": files})
    else:
        _stack_report.print_figures(figures, files)
    return 0 if ran.outcome.success else FAILED
