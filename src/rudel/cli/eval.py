"""`rudel eval POLICY ...`: measure policies, side by side."""

from __future__ import annotations

import argparse
import dataclasses
import math
from typing import TYPE_CHECKING, Any

from rudel.cli import _options, _output, _policies
from rudel.core.errors import BadInput

if TYPE_CHECKING:
    from rudel.locomotion.policy import Policy

HELP = "measure policies: tracking, falls, drift, effort; or how they get up"
SETTINGS = ("robots", "seconds", "seed")  # of the measurement: no figures to compare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    what = "a shipped policy (see rudel policies), FILE.onnx, or FILE.onnx:CONTRACT.yaml"
    add("policies", metavar="POLICY", nargs="+", help=what)
    add(
        "--world",
        default="flat",
        help="where to measure: a name, see rudel worlds, or DIR; for policies that get up also rough (default: flat)",
    )
    add("--difficulty", type=_options.difficulty, default=0.5, help="of the world, 0 to 1 (default: 0.5)")
    add("--robot", help="name or spec file of the robot (default: the one that the policy names)")
    add("--robots", metavar="N", type=_options.whole(1, "--robots"), help="robots (default: 256; getting up: 1000)")
    add("--seed", type=_options.whole(0, "--seed"), default=1000, help="of robots, noise, commands (default: 1000)")
    add(
        "--physics",
        default="evaluation",
        help="evaluation (finer steps than training), training, or reference: 1 ms steps, elliptic cones, no armature, "
        "full action delay (default: evaluation)",
    )
    add("--vendor", metavar="POLICY", help="one more policy to compare with, measured in the same run")
    add("--json", action="store_true", help="print one JSON object (for several policies a list of them)")


def run(args: argparse.Namespace) -> int:
    """Measure every policy on equal robots with equal commands and print the figures."""
    from rudel.locomotion import evaluators

    names = [*args.policies, *([args.vendor] if args.vendor else [])]
    loaded = [_load(name, args.robot) for name in names]  # all of them first: a bad file fails before any is measured
    skills = sorted({one.contract.skill for one in loaded})
    measures = [evaluators.of(skill) for skill in skills]
    if any(one is not measures[0] for one in measures):
        raise BadInput(f"policies of {' and '.join(skills)} have no figures in common: measure them one by one")
    evaluate = measures[0]
    settings: dict[str, Any] = {"world": args.world, "difficulty": args.difficulty, "physics": args.physics}
    chosen = {"robots": args.robots} if args.robots else {}  # else as many as the measure takes
    measured: list[dict[str, Any]] = []
    for name, one in zip(names, loaded, strict=True):
        figures = evaluate.evaluate_policy(one, robot=args.robot, seed=args.seed, **chosen, **settings)
        measured.append({"policy": name, **settings, **dataclasses.asdict(figures)})
    vendor = measured.pop() if args.vendor else None
    if vendor is not None:
        measured = [{**one, "vendor": vendor, "ratios": ratios(one, vendor)} for one in measured]
    if args.json:
        _output.print_json(measured[0] if len(measured) == 1 else measured)
    else:
        _print_table(measured, vendor)
    return 0


def _load(name: str, robot: str | None) -> Policy:
    """The policy, refused when it does not fit the robot that it is to be measured on."""
    from rudel import robots
    from rudel.locomotion import deploy, policy

    loaded = policy.load(_policies.resolve(name))
    try:
        deploy.check_robot(loaded.contract, robots.load(robot or loaded.contract.robot))
        deploy.config_of(loaded.contract)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from error
    return loaded


def ratios(one: dict[str, Any], other: dict[str, Any]) -> dict[str, float | None]:
    """one / other for every figure; None where there is no such number."""
    found: dict[str, float | None] = {}
    for key, value in one.items():
        if isinstance(value, float | int) and key not in (*SETTINGS, "difficulty"):
            finite = other[key] and math.isfinite(value) and math.isfinite(other[key])
            found[key] = value / other[key] if finite else None
    return found


def _print_table(measured: list[dict[str, Any]], vendor: dict[str, Any] | None) -> None:
    settings = ("policy", "world", "difficulty", "physics", "vendor", "ratios", *SETTINGS)
    one = measured[0]
    title = (
        f"{one['world']} (difficulty {one['difficulty']:g}), {one['robots']} robots x {one['seconds']:g} s, "
        f"seed {one['seed']}, {one['physics']} physics"
    )
    columns = ["figure", *(m["policy"] for m in measured)]
    if vendor is not None:
        columns.append(vendor["policy"])
        columns += ["ratio"] if len(measured) == 1 else [f"ratio {i}" for i in range(1, len(measured) + 1)]
    rows: list[list[str]] = []
    for key in one:
        if key not in settings:
            row = [key, *(_output.number(m[key]) for m in measured)]
            if vendor is not None:
                row += [_output.number(vendor[key]), *(_output.number(m["ratios"][key]) for m in measured)]
            rows.append(row)
    _output.print_table(title, columns, rows, numbers_from=1)
