"""`rudel patrol [MISSION]`: walk an inspection round, look at every point, and report what was found."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rudel.cli import _options, _stack_options
from rudel.core.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from rudel.cli._patrol_loop import Ran, Shown, Task
    from rudel.cli._patrol_truth import Judged
    from rudel.cli._stack_world import Site
    from rudel.core.findings import Finding, Round
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
    add("--resume", metavar="DIR", type=Path, help="go on with the round in that folder, after it was interrupted")
    add("--out", metavar="DIR", type=Path, default=OUT, help=f"parent of the rounds' folders ({OUT})")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when every round was completed or ended safely, 1 when one failed, 2 when it could not begin."""
    from rudel.cli import _mission_site, _output, _patrol_senses, _patrol_trouble
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
            tell(results[-1])
    failed = any(result["outcome"] == "failed" for result in results)
    if args.json:
        _output.print_json(results[0] if args.rounds == 1 else {"rounds": results})
    return FAILED if failed else 0


def one_round(args: argparse.Namespace, program: Program, site: Site, places: Places, noise: int) -> dict[str, Any]:
    """Walk it, and write everything down."""
    from rudel.cli import _patrol_loop, _patrol_round, _patrol_trouble, _patrol_truth, stop
    from rudel.cli._patrol_look import Inspector
    from rudel.inspection.blanking import Blanking, WarmPeople
    from rudel.recording import Recorder, Store, Stream
    from rudel.runtime.journal import Journal
    from rudel.runtime.stop import StopSwitch
    from rudel.sim.senses.mount import rig

    mission, started_utc = program.mission, time.time()
    if args.resume is None:
        folder = _fresh(args.out / _patrol_round.name_of(started_utc, mission.name, noise))
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
                wait=math.isinf(args.speed),
            )
            inspectors.append(made)
            return made

        switch = stack.enter_context(contextlib.closing(StopSwitch(args.out / stop.FOLDER)))
        if switch.pressed:
            raise BadInput(f"the stop is pressed by {', '.join(switch.pressed)}: rudel stop --release --name WHO")
        task = _patrol_loop.Task(
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
        with status(quiet=args.json) as show:
            ran = _patrol_loop.run(task, stream, inspector, lambda event: _patrol_round.keep(journal, event), show)
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
        "policy": args.policy,
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


def tell(result: dict[str, Any]) -> None:
    """For people: what came of it, and as the last line where the report is."""
    from rich.console import Console

    console = Console()
    seen = f"{result['inspected']} of {result['points']} points"
    why = f" ({result['why']})" if result["why"] else ""
    time = f"{result['duration_s'] / 60:.1f} min (simulated, {result['wall_s']:.0f} s here)"
    walked = f"{result['distance_m']:.0f} m in {time}"
    console.print(f"[bold]{result['outcome']}[/bold]{why}: {seen}, {walked}", highlight=False)
    for finding in result["findings"]:
        console.print(
            f"  {finding['severity']:8} {finding['kind']:16} {finding['point']}", highlight=False, markup=False
        )
    truth = result["truth"]
    if truth["planted"]:
        told = f"{len(truth['found'])} of {truth['planted']} planted faults found"
        told += f", {len(truth['false_alarms'])} false alarms"
        console.print(f"the simulation knows: {told}", highlight=False)
    for path in result["files"][1:]:
        console.print(path, highlight=False, markup=False, soft_wrap=True)
    console.print(result["recording"], highlight=False, markup=False, soft_wrap=True)
    print(result["report"])


@contextlib.contextmanager
def status(*, quiet: bool) -> Iterator[Shown]:
    """A line on standard error that says what the robot is at."""
    if quiet:
        yield lambda time_s, doing, charge, pilot: None
        return
    from rich.console import Console
    from rich.status import Status

    console = Console(stderr=True)
    last_s, plain_s = -math.inf, -math.inf
    with Status("standing up", console=console, spinner="dots") as shown:

        def show(time_s: float, doing: str, charge: float, pilot: Any) -> None:
            nonlocal last_s, plain_s
            now = time.perf_counter()
            if now - last_s < 0.1:
                return
            last_s = now
            where = "" if pilot.estimate is None else "({:.1f}, {:.1f}) ".format(*pilot.estimate.xy)
            trouble = pilot.health.trouble
            line = f"{time_s:6.0f} s  {where}{doing}{', ' + trouble if trouble else ''}, battery {charge:.0%}"
            shown.update(line.replace("[", "("))
            if not console.is_terminal and now - plain_s > 15.0:
                plain_s = now
                console.print(line, highlight=False, markup=False)

        yield show


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1.0:
        raise BadInput(f"--charge {text!r}: write a share of a full battery above 0, for example 0.8")
    return value


def _fresh(folder: Path) -> Path:
    """The folder, or one with a number behind when it is there."""
    for k in range(1000):
        tried = folder if k == 0 else folder.with_name(f"{folder.name}-{k}")
        try:
            tried.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise BadInput(f"--out: {str(tried)!r} cannot be made: {error}") from error
        return tried
    raise BadInput(f"--out: {str(folder)!r} and 999 more are there already: name another folder")
