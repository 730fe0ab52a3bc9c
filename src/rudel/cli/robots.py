"""`rudel robots`: the robots that there are."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from rudel.cli import _output

HELP = "list the robots"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    """List name, summary and what matters most of each robot."""
    from rudel import robots

    listed = [describe(name) for name in robots.names()]
    if args.json:
        _output.print_json(listed)
        return 0
    rows = [
        [r["name"], r["summary"], f"{r['mass_kg']:.1f}", f"{r['nominal_height_m']:.2f}", _twist(r["max_twist"])]
        for r in listed
    ]
    _output.print_table("robots", ["name", "what it is", "mass [kg]", "height [m]", "fastest [m/s, rad/s]"], rows)
    print("One's own robot: rudel train walk --robot FILE.yaml, a spec file beside its model")
    return 0


def describe(name: str) -> dict[str, Any]:
    """One robot as a mapping."""
    from rudel import robots

    spec = robots.load(name)
    module = importlib.import_module(f"{robots.__name__}.{name}")
    return {
        "name": name,
        "summary": (module.__doc__ or "").strip().partition("\n")[0],
        "mass_kg": spec.mass_kg,
        "nominal_height_m": spec.nominal_height_m,
        "joints": spec.joints,
        "max_twist": spec.max_twist,
        "source": spec.source,
    }


def _twist(twist: tuple[float, float, float]) -> str:
    return "vx {:g}, vy {:g}, wz {:g}".format(*twist)
