"""`rudel train SKILL`: learn a skill and export the policy."""

from __future__ import annotations

import argparse
from pathlib import Path

from rudel.cli import _options, _output, _policies
from rudel.core import discovery
from rudel.core.errors import UnknownName

HELP = "train a skill on this machine's cores and export the policy"
DEFAULT_BUDGET_S = 150.0
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    skills = discovery.names("rudel.locomotion.skills")
    add("skill", metavar="SKILL", type=_options.choice("skill", skills), help=f"one of: {', '.join(skills)}")
    add("--robot", default="lite3", help="name (see rudel robots) or spec file of one's own (default: lite3)")
    add(
        "--world",
        default="flat",
        help="where to train: a name, see rudel worlds, a DIR, or rough: slopes, stairs, waves and obstacles that get "
        "harder as the robots get better (default: flat)",
    )
    add("--difficulty", type=_options.difficulty, default=0.5, help="of the world, 0 to 1 (default: 0.5)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--budget",
        metavar="TIME",
        type=_options.duration_s,
        help="most time to take, from process start: 150s, 2m, 1h, or plain seconds (default: 150s)",
    )
    length.add_argument(
        "--iterations",
        metavar="N",
        type=_options.whole(1, "--iterations"),
        help="do exactly N updates instead; the same seed then gives the same bytes",
    )
    add("--keep-going", action="store_true", help="spend the whole budget, also when the figures are met before")
    add("--seed", type=_options.whole(0, "--seed"), default=0, help="of all randomness (default: 0)")
    add("--out", type=Path, help="folder of the run (default: runs/SKILL)")
    add("--resume", action="store_true", help="continue the run in that folder from its last checkpoint")
    add(
        "--start-from",
        metavar="RUN|POLICY",
        help="begin with what the run in that folder, or that policy (a shipped name or FILE.onnx), has learnt",
    )
    add("--envs", metavar="N", type=_options.whole(1, "--envs"), default=512, help="robots at once (default: 512)")
    add(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="change a setting, for example ppo.epochs=3 or rewards.alive=1.0; may be given several times",
    )
    add("--json", action="store_true", help="print nothing but the result, as one JSON object")
    add("--quiet", action="store_true", help="no progress display")


def run(args: argparse.Namespace) -> int:
    """Train; 130 when interrupted (the checkpoint is written and --resume continues from it)."""
    overrides = _options.overrides(args.set)
    from rudel.locomotion.training.progress import make_reporter
    from rudel.locomotion.training.run import TrainRequest, train

    counted = args.iterations is not None
    request = TrainRequest(
        skill=args.skill,
        robot=args.robot,
        world=args.world,
        difficulty=args.difficulty,
        seed=args.seed,
        budget_s=None if counted else args.budget or DEFAULT_BUDGET_S,
        iterations=args.iterations,
        out=args.out or Path("runs") / args.skill,
        resume=args.resume,
        envs=args.envs,
        start_from=None if args.start_from is None else _start(args.start_from),
        until_met=not (counted or args.keep_going),
        command=args.command,
        overrides=overrides,
    )
    result = train(request, make_reporter(args.json or args.quiet))
    if args.json:
        _output.print_json(result)
    else:
        print(*result.artefacts, sep="\n")
    return INTERRUPTED if result.interrupted else 0


def _start(text: str) -> Path:
    """The folder of a run, or the file of a policy; UnknownName says which shipped ones there are."""
    if Path(text).is_dir():
        return Path(text)
    try:
        return Path(_policies.resolve(text))
    except UnknownName as error:
        raise UnknownName("start (folder of a run, policy file or shipped policy)", text, error.choices) from error
