"""`rudel world ...`: places as one description for simulator, planner and console."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from types import ModuleType

from rudel import cli
from rudel.core.errors import UnknownName

HELP = "import, list, look at and check places to work in"
_PREFIX = "_world_"  # a module of this name here is an action


def actions() -> tuple[str, ...]:
    """Sorted names of the actions."""
    found = (module.name for module in pkgutil.iter_modules(cli.__path__))
    return tuple(sorted(name.removeprefix(_PREFIX) for name in found if name.startswith(_PREFIX)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which action, and its own arguments."""
    width = max(map(len, actions()))
    lines = [f"  {name:<{width}}  {_load(name).HELP}" for name in actions()]
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = "rudel world ACTION ..."
    parser.epilog = "\n".join(["actions:", *lines, "", "rudel world ACTION --help explains an action"])
    parser.add_argument("action", metavar="ACTION", help=f"one of: {', '.join(actions())}")
    parser.add_argument("rest", metavar="...", nargs=argparse.REMAINDER, help="what belongs to the action")


def run(args: argparse.Namespace) -> int:
    """Run the action."""
    from rudel.cli import main

    if args.action not in actions():
        raise UnknownName("action of rudel world", args.action, actions())
    module = _load(args.action)
    own = main.parse(f"rudel world {args.action}", module, args.rest)
    own.command = args.command
    return module.run(own)


def _load(action: str) -> ModuleType:
    return importlib.import_module(f"{cli.__name__}.{_PREFIX}{action}")
