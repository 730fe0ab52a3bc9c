"""`rudel patrol [MISSION]`: walk an inspection round, look at every point, and report what was found."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rudel.cli import _options, _stack_options
from rudel.core.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from rudel.cli._patrol_task import Ran, Task
    from rudel.cli._patrol_truth import Judged
    from rudel.cli._stack_world import Site
    from rudel.core.findings import Finding, Round
    from rudel.core.types import Event
    from rudel.missions import Program
    from rudel.missions import Site as Places
    from rudel.recording.report import ReportPaths

HELP = "walk an inspection round and report what was found"
MISSION = "tunnel"
LIMIT_S = 7200.0
OUT = Path("runs") / "patrol"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    from rudel.cli import _mission_site

    add = parser.add_argument
    _mission_site.add_arguments(parser, MISSION)
    add("--robot", choices=("sim",), default="sim", help="that walks; only the simulated one so far")
    add(
        "--speed",
        type=_stack_options.pace,
        default=math.inf,
        metavar="max|X",
        help="simulated seconds per second (default: max)",
    )
    add("--rounds", type=_options.whole(1, "--rounds"), default=1, help="one after the other (default: 1)")
    add(
        "--noise", type=_options.whole(0, "--noise"), help="seed of noise and chance on the way (default: --seed, or 0)"
    )
    add("--charge", type=_share, default=1.0, help="of the battery at the start, 0 to 1 (default: 1)")
    add("--fault", action="append", default=[], metavar="SENSE:KIND:FROM:TO", help="break a sense [s], repeatable")
    told = "carried, weak_leg or battery, after so many seconds, repeatable"
    add("--trouble", action="append", default=[], metavar="KIND:AT", help=told)
    add(
        "--limit",
        type=_options.duration_s,
        default=LIMIT_S,
        help=f"end a round after this time (default: {LIMIT_S:g}s)",
    )
    told = "people in pictures before they are kept: where the thermal camera sees somebody warm, or also (strict) all "
    told += "that it does not see, which hides much of what is inspected (default: warm)"
    add("--blank", choices=("warm", "strict"), default="warm", help=told)
    add("--language", choices=("en", "de"), default="en", help="of the report (default: en)")
    told = "tell this https address of major and critical findings at once, signed with $RUDEL_WEBHOOK_SECRET"
    add("--webhook", metavar="URL", help=told)
    add("--webhook-insecure", action="store_true", help="allow plain http and this machine as its address")
    add("--resume", metavar="DIR", type=Path, help="go on with the round in that folder, after it was interrupted")
    add("--out", metavar="DIR", type=Path, default=OUT, help=f"parent of the rounds' folders ({OUT})")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when every round was completed or ended safely, 1 when one failed, 2 when it could not begin."""
    from rudel.cli import _mission_site, _output, _patrol_senses, _patrol_show, _patrol_trouble
    from rudel.cli.main import FAILED
    from rudel.missions import lay_out, load

    for sense in _stack_options.faults(args.fault):  # bad options are refused before anything is built
        if sense not in _patrol_senses.SENSES:
            raise UnknownName("sense", sense, _patrol_senses.SENSES)
    _patrol_trouble.parse(args.trouble)
    if args.resume is not None and args.rounds != 1:
        raise BadInput(f"--resume goes on with one round, not with --rounds {args.rounds}: leave one of them out")
    mission = load(_mission_site.path_of(args.file))
    site, places = _mission_site.open_for(args, mission, mapped=True)
    program = lay_out(mission, places)  # refuses what cannot be done before anything is built
    noise = args.noise if args.noise is not None else args.seed or 0
    results: list[dict[str, Any]] = []
    for k in range(args.rounds):
        results.append(one_round(args, program, site, places, noise + k))
        if not args.json:
            _patrol_show.tell(results[-1])
    failed = any(result["outcome"] == "failed" for result in results)
    if args.json:
        _output.print_json(results[0] if args.rounds == 1 else {"rounds": results})
    return FAILED if failed else 0


def one_round(args: argparse.Namespace, program: Program, site: Site, places: Places, noise: int) -> dict[str, Any]:
    """Walk it, and write everything down."""
    from rudel.cli import (
        _patrol_alarm,
        _patrol_loop,
        _patrol_round,
        _patrol_show,
        _patrol_task,
        _patrol_trouble,
        _patrol_truth,
        stop,
    )
    from rudel.cli._patrol_look import Inspector
    from rudel.inspection.blanking import Blanking, WarmPeople
    from rudel.recording import Recorder, Store, Stream
    from rudel.runtime.journal import Journal
    from rudel.runtime.stop import StopSwitch
    from rudel.sim.senses.mount import rig

    mission, started_utc = program.mission, time.time()
    if args.resume is None:
        folder = _patrol_round.fresh(args.out / _patrol_round.name_of(started_utc, mission.name, noise))
    else:
        folder = args.resume.resolve()
        if not (folder / "journal").is_file():
            raise BadInput(f"--resume {str(folder)!r}: there is no journal of an interrupted round")
    name, parent = folder.name, folder.parent
    place = [args.world, args.difficulty, args.seed]  # None: as the mission says, whose digest is there too
    about = {"mission": mission.name, "digest": mission.digest, "world": site.world.name, "place": place}
    about |= {"noise": noise}
    change_path = _patrol_round.change_path(parent, mission=mission.name, world=site.world.name)
    blanking = Blanking(WarmPeople(unseen=args.blank == "strict"))
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Journal(folder / "journal", about))
        before = _patrol_round.events_of(journal)
        progress, start, charge = _patrol_round.left_off(before) if before else (None, None, args.charge)
        store = stack.enter_context(Store(parent / "rounds.sqlite"))
        recorder = stack.enter_context(Recorder(folder / "recording", about))
        stream = stack.enter_context(Stream([recorder]))  # captures come blanked, and nothing else has pictures
        change = _patrol_round.load_change(change_path)
        earlier = {point: store.history(point, mission=mission.name) for point in program.points}
        told = (name, mission.name, site.spec.name)

        def given_up(event: Event) -> None:
            stream.publish("event", event.time_s, event)

        alarm = stack.enter_context(
            _patrol_alarm.alarms(
                args.webhook,
                args.out,
                args.webhook_insecure,
                told,
                given_up,
            )
        )
        inspectors: list[Inspector] = []

        def inspector() -> Inspector:
            inlet = rig(site.spec)["gas"].position
            made = Inspector(
                folder,
                stream,
                blanking,
                lambda point: earlier.get(point, ()),
                change,
                inlet,
                alarm,
                wait=math.isinf(args.speed),
            )
            inspectors.append(made)
            return made

        switch = stack.enter_context(contextlib.closing(StopSwitch(parent / stop.FOLDER)))
        if switch.pressed:
            raise BadInput(f"the stop is pressed by {', '.join(switch.pressed)}: rudel stop --release --name WHO")
        task = _patrol_task.Task(
            mission,
            places,
            site,
            site.world,
            noise,
            args.speed,
            args.limit,
            _stack_options.faults(args.fault),
            charge,
            resume=progress,
            start=start,
            stop=switch,
            tamper=_patrol_trouble.tamper(_patrol_trouble.parse(args.trouble)),
        )
        with _patrol_show.status(quiet=args.json) as show:
            try:
                ran = _patrol_loop.run(task, stream, inspector, lambda event: _patrol_round.keep(journal, event), show)
            except KeyboardInterrupt:
                print(f"the same command with --resume {shlex.quote(str(folder))} goes on", file=sys.stderr)
                raise
        smelt = inspectors[0].gas.on_the_way(ran.ended_s)
        leaks = _patrol_round.believable(smelt, executor_findings(ran), site.costs)
        if ran.outcome.outcome == "completed":
            inspectors[0].learn()
        chart = _patrol_round.draw_map(site.costs, folder / "map.png")
        data = facts(args, task, ran, chart) | {"detectors": inspectors[0].limits}
        done = _patrol_round.round_of(name, task, ran, tuple(leaks), started_utc, time.time(), data)
        stream.publish("round", ran.ended_s, done)
        judged = _patrol_truth.judge(done, site.world)
        paths = _patrol_round.close_round(done, folder, store, change, chart, args.language)
    return result_of(done, ran, judged, folder, paths)


def executor_findings(ran: Ran) -> list[Finding]:
    """Of all inspections."""
    return [finding for inspection in ran.executor.inspections for finding in inspection.findings]


def facts(args: argparse.Namespace, task: Task, ran: Ran, chart: Any) -> dict[str, Any]:
    """Further facts of a round, for its report and for repeating it."""
    return {
        "seed": args.seed,
        "noise": task.seed,
        "policy": task.site.policy_name,
        "zone": None if task.mission.schedule is None else task.mission.schedule.zone,
        "command": args.command,
        "battery": {"start": ran.charge[0], "end": ran.charge[1], "drawn_wh": ran.drawn_wh},
        "map_picture": {"path": chart.path.name, "extent_m": list(chart.extent_m)},
        "recording": "recording",
        "contacts": ran.judge.contacts,
        "wall_s": ran.wall_s,
        "resumed": task.resume is not None,
    }


def result_of(done: Round, ran: Ran, judged: Judged, folder: Path, paths: ReportPaths) -> dict[str, Any]:
    """What is printed."""
    from rudel.core.findings import to_plain

    position_m, _ = ran.judge.errors()
    status: dict[str, int] = {}
    for inspection in done.inspections:
        status[inspection.status] = status.get(inspection.status, 0) + 1
    return {
        "round": done.id,
        "outcome": done.outcome,
        "why": done.why,
        "world": done.world,
        "points": len(done.points),
        "inspected": len({i.point for i in done.inspections}),
        "unvisited": dict(done.unvisited),
        "inspections": status,
        "findings": [to_plain(finding) for finding in done.all_findings],
        "truth": judged.to_plain(),
        "distance_m": ran.judge.path_m,
        "duration_s": done.duration_s,
        "wall_s": ran.wall_s,
        "contacts": ran.judge.contacts,
        "position_error_m": position_m,
        "battery": list(ran.charge),
        "recording": str(folder / "recording"),
        "report": str(paths.html),
        "files": [str(p) for p in dataclasses.astuple(paths)],
    }


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1.0:
        raise BadInput(f"--charge {text!r}: write a share of a full battery above 0, for example 0.8")
    return value
