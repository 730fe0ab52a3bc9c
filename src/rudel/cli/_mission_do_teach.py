"""`rudel mission teach`: a mission file of a round that a robot was driven along."""

from __future__ import annotations

import argparse
from pathlib import Path

from rudel.cli import _mission_site, _options, _output, _stack_options
from rudel.core.errors import BadInput

HELP = "make a mission file of a round that rudel teach wrote"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    add = parser.add_argument
    add("round", metavar="ROUND", type=Path, help="a round, JSON (rudel teach writes them)")
    add("file", metavar="FILE", type=Path, help="the mission file to write, YAML")
    add("--add", action="store_true", help="add to the mission in FILE; its comments are kept")
    add("--world", metavar="NAME|DIR", help="where (default: as the round says); - for none: all stops become photos")
    add("--difficulty", type=_options.difficulty, help="of a built-in place")
    add("--seed", type=_options.whole(0, "--seed"), help="of a built-in place")
    _stack_options.add_policy(parser)
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when the file is written."""
    from rudel import missions
    from rudel.missions import edit, teach
    from rudel.navigation.pilot import Round

    driven = Round.load(args.round)
    known = edit.Document(_text(args.file), str(args.file)) if args.add else None
    if not args.add and args.file.exists():
        raise BadInput(f"{args.file} is there already: give another name, or --add to add to it")
    world = "" if args.world == "-" else args.world or driven.world
    site = None
    if world:
        args.world = world
        base = known.mission() if known else missions.parse("rudel_mission: 1\nname: x\nsteps: [wait: 0]")
        _, site = _mission_site.open_for(args, base)
    prefix = "stop" if known is None else args.round.stem
    taught = teach.learn(driven, site, prefix)
    if known is None:
        text = teach.written(taught, args.file.stem, world, args.round.name)
        missions.parse(text, str(args.file))  # what is written can be read
    else:
        known.add_points(taught.points)
        known.add_steps(taught.steps)
        known.mission()
        text = known.text
    args.file.parent.mkdir(parents=True, exist_ok=True)
    args.file.write_text(text, encoding="utf-8")
    figures = {"file": str(args.file), "points": len(taught.points), "steps": len(taught.steps), "world": world}
    if args.json:
        _output.print_json(figures)
    else:
        print(f"{args.file}: {len(taught.steps)} steps, {len(taught.points)} points of its own")
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be added to: {error}") from error
