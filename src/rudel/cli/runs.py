"""`rudel runs`: the training runs on disk; `rudel runs compare A B ...`: side by side."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rudel.cli import _output
from rudel.core.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from rudel.locomotion.training.listing import Run

HELP = "list training runs, newest first; `compare A B ...` shows how they learnt and what they were told"
ACTIONS = ("compare",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("action", metavar="compare", nargs="?", help="compare the runs that follow; without it all are listed")
    add("names", metavar="RUN", nargs="*", help="names as they are listed, or folders")
    add("--dir", type=Path, default=Path("runs"), help="where the runs are (default: runs)")
    add("--out", metavar="DIR", type=Path, help="folder of the comparison (default: compare in the runs' folder)")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """List or compare; 0, or BadInput where there is nothing to show."""
    from rudel.locomotion.training import listing

    if args.action is not None and args.action not in ACTIONS:
        raise UnknownName("action of rudel runs", args.action, ACTIONS)
    found = listing.find(args.dir)
    if args.action is None:
        return _list(found, str(args.dir), as_json=args.json)
    if len(args.names) < 2 or len(set(args.names)) < len(args.names):
        names = ", ".join(run.name for run in found)
        raise BadInput(f"compare needs two or more different runs, got {args.names}. There are: {names}")
    return _compare([listing.pick(found, name) for name in args.names], args.out or args.dir / "compare", args.json)


def _list(found: Sequence[Run], folder: str, *, as_json: bool) -> int:
    if as_json:
        _output.print_json([_plain(run) for run in found])
        return 0
    rows = [
        [
            run.name,
            run.state,
            " ".join(filter(None, (run.skill, run.robot, run.world, "" if run.seed is None else f"#{run.seed}")))
            or "-",
            _time(run.wall_s),
            _steps(run.env_steps),
            _short(run.best.get("vel_error_mps")),
            _short(run.figures.get("vel_error_mps")),
            _short(run.figures.get("yaw_error_radps")),
            _output.number(run.figures.get("falls")),
        ]
        for run in found
    ]
    columns = ("run", "state", "task #seed", "took", "steps", "best", "m/s", "rad/s", "falls")
    _output.print_table(f"training runs in {folder}, newest first", columns, rows, numbers_from=3)
    print(
        "steps: env-steps; best: least velocity error of an iteration [m/s], exploration on; then: the policy's figures"
    )
    for one in found:
        if one.figures and "vel_error_mps" not in one.figures:  # a skill with figures of its own
            print(f"{one.name}: " + ", ".join(f"{k} {_output.number(v)}" for k, v in one.figures.items()))
        if one.problem:
            print(f"{one.name}: {one.problem}")
    return 0


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _compare(chosen: Sequence[Run], out: Path, as_json: bool) -> int:
    from rudel.locomotion.training import compare

    rows = compare.curves(chosen)
    picture, page = out / "compare.png", out / "compare.html"
    compare.draw(picture, rows)
    summary = _summary(chosen)
    compare.page(page, chosen, picture, summary)
    differing = compare.differences(chosen)
    if as_json:
        told = {k: [None if v is compare.MISSING else v for v in values] for k, values in differing}
        runs = [_plain(run) for run in chosen]
        _output.print_json({"runs": runs, "differences": told, "files": [picture, page]})
        return 0
    names = [run.name for run in chosen]
    _output.print_table("what came out", ("", *names), [[label, *texts] for label, texts in summary], numbers_from=1)
    if differing:
        cells = [[key, *map(compare.shown, values)] for key, values in differing]
        _output.print_table("what differs in the settings", ("", *names), cells)
    else:
        print("all settings are the same")
    for name in set(names) - rows.keys():
        print(f"{name} has no learning curve yet")
    print(f"{picture}\n{page}")
    return 0


def _summary(chosen: Sequence[Run]) -> list[tuple[str, list[str]]]:
    from rudel.locomotion.training.compare import FIGURES, HOW

    yes = {True: "yes", False: "no", None: "-"}
    rows = [
        ("began", [_date(run.began_s) for run in chosen]),
        ("state", [run.state for run in chosen]),
        ("took", [_time(run.wall_s) for run in chosen]),
        ("env-steps", [_steps(run.env_steps) for run in chosen]),
        ("iterations", [_output.number(run.iterations) for run in chosen]),
        ("best velocity error while learning [m/s]", [_output.number(r.best.get("vel_error_mps")) for r in chosen]),
        ("targets met", [yes[run.reached] for run in chosen]),
    ]
    others = {key: key.replace("_", " ") for run in chosen for key in run.figures if key not in HOW}
    for key, label in {**others, **FIGURES}.items():
        rows.append((f"policy: {label}", [_output.number(run.figures.get(key)) for run in chosen]))
    return [row for row in rows if any(text != "-" for text in row[1])]


def _plain(run: Run) -> dict[str, Any]:
    told = {f.name: getattr(run, f.name) for f in dataclasses.fields(run) if f.name != "settings"}
    return told | {"began": _date(run.began_s)}


def _date(began_s: float) -> str:
    return datetime.datetime.fromtimestamp(began_s, datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    whole = round(seconds)
    return f"{whole} s" if whole < 600 else f"{whole // 60} min" if whole < 36000 else f"{whole / 3600:.1f} h"


def _steps(steps: int | None) -> str:
    return "-" if steps is None else f"{steps / 1e6:.2f} M"
