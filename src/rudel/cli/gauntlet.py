"""`rudel gauntlet POLICY ...`: how hard a terrain policies pass, and how well they move there, side by side."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rudel.cli import _options, _output, _policies
from rudel.core.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rudel.locomotion.gauntlet.clips import BestAndWorst
    from rudel.locomotion.gauntlet.protocol import Protocol
    from rudel.locomotion.gauntlet.result import GauntletResult
    from rudel.locomotion.policy import Policy

HELP = "measure policies on slopes, stairs, waves and obstacles, by a published protocol"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    what = "a shipped policy (see rudel policies), FILE.onnx, or FILE.onnx:CONTRACT.yaml"
    add("policies", metavar="POLICY", nargs="+", help=what)
    add("--quick", action="store_true", help="three of the nine frictions, and fewer seeds")
    add("--robot", help="name or spec file of the robot (default: the one that the policy names)")
    add("--seed", type=_options.whole(0, "--seed"), default=0, help="of noise, delays and starts (default: 0)")
    add("--family", action="append", metavar="NAME", help="only this family of terrain; may be given several times")
    add("--payload", action="append", metavar="KG", help="payload in the base, -1 to 3 (default: 0); may be repeated")
    add("--out", metavar="DIR", type=Path, default=Path("runs/gauntlet"), help="of the page (default: runs/gauntlet)")
    add("--clips", action=argparse.BooleanOptionalAction, default=True, help="film the best and the worst crossing")
    add("--json", action="store_true", help="print one JSON object (for several policies a list of them)")


def run(args: argparse.Namespace) -> int:
    """Measure every policy by the same protocol with the same seeds, print the figures and write the page."""
    from rudel.locomotion.gauntlet import page

    protocol = make_protocol(args)
    loaded = [(name, _load(name, args.robot)) for name in args.policies]  # a bad file fails before any is measured
    args.out.mkdir(parents=True, exist_ok=True)  # now, and not after minutes of measuring
    measured = _measure(args, protocol, loaded)
    results = [result for result, _ in measured]
    films, troubles = _films(args, measured)
    files = [args.out / "gauntlet.json", args.out / "gauntlet.html"]
    found = [as_json(result, protocol) for result in results]
    _write(files[0], found)
    page.write(files[1], results, protocol, films)
    files += [path for clips in films.values() for _, path in clips]
    if args.json:
        for one in found:
            one["files"] = [str(file) for file in files]
        _output.print_json(found[0] if len(found) == 1 else found)
    else:
        print_results(results, protocol)
        print("\n".join([*troubles, *map(str, files)]))
    return 0


def make_protocol(args: argparse.Namespace) -> Protocol:
    """The protocol that the options ask for."""
    from rudel.locomotion.gauntlet import protocol

    made = protocol.quick(args.seed) if args.quick else protocol.published(args.seed)
    if args.family:
        made = dataclasses.replace(made, families=tuple(dict.fromkeys(args.family)))
    if args.payload:
        made = dataclasses.replace(made, payloads_kg=tuple(dict.fromkeys(map(_kilograms, args.payload))))
    made.validate()
    return made


def _kilograms(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"--payload {text!r} is no number of kilograms: write for example --payload 2") from None


def _load(name: str, robot: str | None) -> Policy:
    """The policy, refused when it does not fit the robot that it is to be measured on."""
    from rudel.locomotion import policy
    from rudel.locomotion.gauntlet.run import make_setting

    loaded = policy.load(_policies.resolve(name))
    make_setting(loaded, robot, 0)
    return loaded


def _measure(
    args: argparse.Namespace, protocol: Protocol, loaded: Sequence[tuple[str, Policy]]
) -> list[tuple[GauntletResult, BestAndWorst]]:
    """All policies, with a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import Progress

    from rudel.locomotion.gauntlet.clips import BestAndWorst
    from rudel.locomotion.gauntlet.run import run_gauntlet

    measured: list[tuple[GauntletResult, BestAndWorst]] = []
    with Progress(console=Console(stderr=True), disable=args.json, transient=True) as bar:
        for name, policy in loaded:
            task = bar.add_task(name, total=1.0)
            kept = BestAndWorst()

            def watch(what: str, share: float, name: str = name, task: Any = task) -> None:
                bar.update(task, completed=share, description=f"{Path(name).name}: {what}")

            result = run_gauntlet(policy, protocol, name=name, robot=args.robot, keep=kept.show, watch=watch)
            measured.append((result, kept))
    return measured


def _films(
    args: argparse.Namespace, measured: Sequence[tuple[GauntletResult, BestAndWorst]]
) -> tuple[dict[str, list[tuple[str, Path]]], list[str]]:
    """Per policy (caption, MP4), and why there is none."""
    films: dict[str, list[tuple[str, Path]]] = {}
    if not args.clips:
        return films, []
    from rudel import robots
    from rudel.core.errors import GiveUp
    from rudel.locomotion.gauntlet import clips

    for i, (result, kept) in enumerate(measured, start=1):
        spec = robots.load(args.robot or result.robot)
        stem = re.sub(r"[^A-Za-z0-9]+", "_", Path(result.policy.partition(":")[0]).with_suffix("").name).strip("_")
        mine = films.setdefault(result.policy, [])
        for what, trace in (("best", kept.best), ("worst", kept.worst)):
            if trace is None:
                continue
            path = args.out / f"{i}_{stem}_{what}.mp4"
            try:
                clips.render(trace, spec, path)
            except GiveUp as error:
                return films, [f"no films: {error}"]
            mine.append((clips.caption(trace), path))
    return films, []


def as_json(result: GauntletResult, protocol: Protocol) -> dict[str, Any]:
    """A result as plain data, headline figures first."""
    courses = {
        course.name: {
            "levels": course.levels,
            "mean_level": course.mean_level,
            "score": course.score,
            "scored": course.scored,
            "metrics": course.metrics,
            "outcomes": course.outcomes,
        }
        for course in result.courses
    }
    whole = {
        "policy": result.policy,
        "robot": result.robot,
        "period_s": result.period_s,
        "score": result.score,
        "metrics": result.metrics,
        "families": courses,
        "push": result.push,
        "flat": result.flat,
        "load": result.load,
        "faults": result.faults,
        "seconds": result.seconds,
        "protocol": protocol,
    }
    return _output.plain(whole)


def _write(path: Path, found: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def print_results(results: Sequence[GauntletResult], protocol: Protocol) -> None:
    """Tables for people: levels of every course, then the figures."""
    names = [result.policy for result in results]
    frictions = " ".join(f"{f:g}" for f in protocol.frictions)
    rows: list[list[str]] = []
    for course in results[0].courses:
        if course.mean_level is None:
            continue
        mine = [result.course(course.name) for result in results]
        label = course.name.replace("_", " ") + ("" if course.scored else " *")
        rows.append([label, *(f"{c.mean_level:.1f}  ({' '.join(map(str, c.levels))})" for c in mine)])
    title = f"highest level passed of 10: mean (at friction {frictions}); * not in the score"
    _output.print_table(title, ["course", *names], rows, numbers_from=1)
    figures = [
        ("score", [r.score for r in results]),
        *((f"score {c.name.replace('_', ' ')}", [r.course(c.name).score for r in results]) for c in results[0].courses),
        *((f"metric {m.replace('_', ' ')}", [r.metrics[m] for r in results]) for m in results[0].metrics),
        ("push, mean of 8 directions [N s]", [r.push.mean_ns for r in results]),
        ("push, worst direction [N s]", [r.push.least_ns for r in results]),
        ("flat velocity error [m/s]", [r.flat.vel_error_mps for r in results]),
        ("flat yaw-rate error [rad/s]", [r.flat.yaw_error_radps for r in results]),
        ("flat falls", [r.flat.falls for r in results]),
        ("cost of transport, flat", [r.flat.cost_of_transport for r in results]),
        ("torque / motor's line, p99", [r.load.torque_p99 for r in results]),
        ("torque always within line", ["yes" if r.load.within_line else "no" for r in results]),
        ("joint speed / no-load, p99", [r.load.speed_p99 for r in results]),
        ("faults (not finite)", [len(r.faults) for r in results]),
        ("took [s]", [r.seconds for r in results]),
    ]
    _output.print_table(
        f"gauntlet, seed {protocol.seed}",
        ["figure", *names],
        [[label, *(_output.number(value) for value in values)] for label, values in figures],
        numbers_from=1,
    )
    for result in results:
        for fault in result.faults[:10]:
            print(f"{result.policy}: not finite, counted as a fall: {fault}")
        if len(result.faults) > 10:
            print(f"{result.policy}: and {len(result.faults) - 10} more")
