"""`rudel stop`: make the robot of a patrol sit down now, from any terminal; it stays until the stop is released."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path

from rudel.cli import _output
from rudel.core.errors import BadInput

HELP = "stop the robot of a patrol that runs; `--release` takes the stop back"
FOLDER = "stop"  # below the parent of the rounds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("--dir", type=Path, default=Path("runs") / "patrol", help="--out of the patrol (default: runs/patrol)")
    add("--name", help="who presses; the same name releases (default: the user's)")
    add("--release", action="store_true", help="take the stop back; a round that was ended by it stays ended")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when it is pressed, or released."""
    from rudel.runtime.stop import StopSwitch

    if not args.dir.is_dir():
        raise BadInput(f"--dir {str(args.dir)!r}: there is no such folder; name the --out of the patrol")
    switch = StopSwitch(args.dir / FOLDER)
    name = args.name or getpass.getuser()
    if args.release:
        switch.release(name)
    else:
        switch.press(name)
    pressed = switch.pressed
    switch.close()
    if args.json:
        _output.print_json({"pressed": list(pressed), "folder": str(args.dir / FOLDER)})
    else:
        print(f"stop pressed by {', '.join(pressed)}" if pressed else "no stop is pressed")
    return 0
