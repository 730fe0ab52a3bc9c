"""`rudel policies`: the policies that come with rudel, and where they come from."""

from __future__ import annotations

import argparse

from rudel.cli import _output, _policies

HELP = "list the shipped policies, their figures and the command that made each"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    """List the shipped policies."""
    listed = _policies.shipped()
    if args.json:
        own = ("name", "robot", "skill", "path")
        _output.print_json(
            [{"figures": None, "command": None, **p.record, **{k: getattr(p, k) for k in own}} for p in listed]
        )
        return 0
    if not listed:
        print("No policy is shipped with this version. Train one: rudel train walk")
        return 0
    rows: list[list[str]] = []
    for p in listed:
        figures = p.record.get("figures") or {}
        shown = [_output.number(figures.get(key)) for key in ("vel_error_mps", "yaw_error_radps", "falls")]
        rows.append([p.name, p.robot, p.skill, *shown, str(p.record.get("command") or "-")])
    columns = ["name", "robot", "skill", "vel error [m/s]", "yaw error [rad/s]", "falls", "made by"]
    _output.print_table("policies", columns, rows)
    return 0
