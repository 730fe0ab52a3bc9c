"""`rudel mission list`: the missions that rudel brings, and the kinds of steps."""

from __future__ import annotations

import argparse

from rudel.cli import _output

HELP = "list the missions that rudel brings, and the kinds of steps"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print both."""
    from rudel import missions
    from rudel.cli import _mission_site
    from rudel.missions import steplist

    found = {name: missions.load(_mission_site.path_of(name)) for name in _mission_site.shipped()}
    steps = {kind: steplist.summary(kind) for kind in steplist.names()}
    if args.json:
        listed = [{"name": n, "about": m.about, "path": m.source} for n, m in found.items()]
        _output.print_json({"missions": listed, "steps": steps})
        return 0
    _output.print_table("missions", ["name", "about", "file"], [[n, m.about, m.source] for n, m in found.items()])
    _output.print_table("steps", ["step", "what it does"], [[kind, text] for kind, text in steps.items()])
    return 0
