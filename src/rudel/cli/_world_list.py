"""`rudel world list`: the built-in places, and the worlds in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rudel.cli import _output
from rudel.core.errors import BadInput, RudelError

HELP = "list the built-in places, and the worlds in a folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?", help="also list the worlds in this folder")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    """Name, kind and one line about each."""
    listed = _built_in() + (_in_folder(args.folder) if args.folder else [])
    if args.json:
        _output.print_json(listed)
        return 0
    rows = [[one["name"], one["kind"], one["summary"]] for one in listed]
    _output.print_table("places", ["name", "kind", "what it is"], rows)
    return 0


def _built_in() -> list[dict[str, Any]]:
    from rudel import worlds
    from rudel.core import discovery
    from rudel.worlds import PLACES

    found: list[dict[str, Any]] = []
    for name in worlds.place_names():
        module = discovery.load(PLACES, name, kind="place")
        summary = (module.__doc__ or "").strip().partition("\n")[0]
        found.append({"name": name, "kind": "built in", "summary": summary})
    return found


def _in_folder(folder: Path) -> list[dict[str, Any]]:
    """Worlds directly below ``folder``; a damaged one is listed with what is wrong with it."""
    from rudel.worlds.place import is_world, load

    if not folder.is_dir():
        raise BadInput(f"{str(folder)!r} is no folder")
    found: list[dict[str, Any]] = []
    for path in sorted(path for path in folder.iterdir() if is_world(path)):
        try:
            world = load(path)
            summary = world.title or world.source or world.name
        except RudelError as error:
            summary = f"cannot be opened: {error}"
        found.append({"name": str(path), "kind": "folder", "summary": summary})
    return found
