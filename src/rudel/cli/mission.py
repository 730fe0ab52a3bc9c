"""`rudel mission ...`: mission files, checked and tried before a robot gets them."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from types import ModuleType

from rudel import cli
from rudel.core.errors import UnknownName

HELP = "check, show, dry-run and make mission files"
_PREFIX = "_mission_do_"  # a module of this name here is an action


def actions() -> tuple[str, ...]:
    """Sorted names of the actions."""
    found = (module.name for module in pkgutil.iter_modules(cli.__path__))
    return tuple(sorted(n.removeprefix(_PREFIX).replace("_", "-") for n in found if n.startswith(_PREFIX)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which action, and its own arguments."""
    width = max(map(len, actions()))
    lines = [f"  {name:<{width}}  {_load(name).HELP}" for name in actions()]
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = "rudel mission ACTION ..."
    parser.epilog = "\n".join(["actions:", *lines, "", "rudel mission ACTION --help explains an action"])
    parser.add_argument("action", metavar="ACTION", help=f"one of: {', '.join(actions())}")
    parser.add_argument("rest", metavar="...", nargs=argparse.REMAINDER, help="what belongs to the action")


def run(args: argparse.Namespace) -> int:
    """Run the action."""
    from rudel.cli import main

    if args.action not in actions():
        raise UnknownName("action of rudel mission", args.action, actions())
    module = _load(args.action)
    own = main.parse(f"rudel mission {args.action}", module, args.rest)
    own.command = args.command
    return module.run(own)


def _load(action: str) -> ModuleType:
    return importlib.import_module(f"{cli.__name__}.{_PREFIX}{action.replace('-', '_')}")
