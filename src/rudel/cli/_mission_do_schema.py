"""`rudel mission schema`: the JSON Schema of mission files, for editors."""

from __future__ import annotations

import argparse
import json

HELP = "print the JSON Schema of mission files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    parser.add_argument("--json", action="store_true", help="on one line")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from rudel.missions import json_schema

    print(json.dumps(json_schema(), indent=None if args.json else 2))
    return 0
