"""How long until a policy for rough ground is better than another one, usually the vendor's, on the gauntlet.

    python benchmarks/train_rough.py --budget 30m --slice 5m --vendor-score 0.35 --json

First `rudel train walk` on level ground, until it walks; then `rudel train walk --world rough --start-from` that, in
slices: each continues from the last one's checkpoint in a process of its own and leaves a policy, which
`rudel gauntlet --quick` then measures (on terrain that no training uses). Wall-clock is the sum of all trainings, the
one on level ground, start-up, export and closing evaluations included, the gauntlets not. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path
from typing import Any

from rudel.locomotion.training import record

sys.path.insert(0, str(Path(__file__).parent))
from train_flat import ROOT, RUDEL, measured

from rudel.cli import _options


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="lite3")
    parser.add_argument("--budget", type=_options.duration_s, default=1800.0, help="of all trainings (default: 30m)")
    parser.add_argument("--level", type=_options.duration_s, default=150.0, help="of the first one (default: 150s)")
    parser.add_argument("--slice", type=_options.duration_s, default=300.0, help="of each other one (default: 5m)")
    parser.add_argument("--vendor-score", type=float, default=0.35, help="that is to be beaten (default: 0.35)")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--envs", type=int, default=512)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "train_rough", help="folder of the runs")
    parser.add_argument("--json", action="store_true", help="one line instead of indented")
    args = parser.parse_args()
    level, rough = args.out / "level", args.out / "rough"
    task = ["--robot", args.robot, "--seed", str(args.seed), "--envs", str(args.envs), "--json"]
    run = measured([*RUDEL, "train", "walk", *task, "--budget", f"{args.level:g}s", "--out", str(level)])
    wall_s, passed_s, policy = run["wall_s"], None, run["output"]["policy"]
    first: dict[str, Any] = {
        "wall_s": wall_s,
        "env_steps": run["output"]["env_steps"],
        "flat": run["output"]["figures"],
    }
    slices: list[dict[str, Any]] = []
    while not slices or wall_s + 0.5 * args.slice < args.budget:
        how = ["--resume"] if slices else []
        words = [*task, "--world", "rough", "--start-from", policy, "--budget", f"{args.slice:g}s"]
        words += ["--out", str(rough), *how]
        run = measured([*RUDEL, "train", "walk", *words])
        result = run["output"]
        wall_s += run["wall_s"]
        found = measured([*RUDEL, "gauntlet", result["policy"], "--quick", "--json"])["output"]
        if passed_s is None and found["score"] > args.vendor_score:
            passed_s = wall_s
        slices.append(
            {
                "wall_s": wall_s,
                "env_steps": result["env_steps"],
                "env_steps_per_s": json.loads((rough / "result.json").read_text())["env_steps_per_s"],
                "levels": _levels(rough / "metrics.csv"),
                "score": found["score"],
                "gauntlet_levels": {name: course["levels"] for name, course in found["families"].items()},
                "flat": result["figures"],
                "load_before": run["load_before"],
            }
        )
    report = {
        "machine": record.machine(),
        "versions": record.versions(),
        "wall_to_vendor_score_s": passed_s,
        "vendor_score": args.vendor_score,
        "wall_s": wall_s,
        "score": slices[-1]["score"],
        "levels": slices[-1]["levels"],
        "env_steps_per_s": slices[-1]["env_steps_per_s"],
        "level_ground": first,
        "slices": slices,
        "load_after": os.getloadavg(),
    }
    print(json.dumps(report, indent=None if args.json else 2))


def _levels(metrics: Path) -> dict[str, float]:
    """Mean level of each course in the last iteration, from 0."""
    with metrics.open(newline="") as file:
        *_, last = csv.DictReader(file)
    return {name.removeprefix("level/"): float(value) for name, value in last.items() if name.startswith("level/")}


if __name__ == "__main__":
    main()
