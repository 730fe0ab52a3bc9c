"""Ship a trained policy: copy it into the package and measure it, so that its figures lie beside it.

    python scripts/ship_policy.py runs/walk walk [--gauntlet gauntlet.json]

Evaluates by the measure of the policy's skill, with seeds that training did not use: three in the evaluation's own
physics (median of each figure, sum of the falls), one in physics that no policy was trained on; a policy that gets up
also on rough ground. The command that made the policy, its seed, commit and versions
come from the policy file itself. Where a training started from another one, that one's command, seed, commit and
wall-clock come along, and so on to the first. ``--gauntlet`` takes what `rudel gauntlet POLICY --json` printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from rudel.locomotion import evaluators, getup_evaluate, policy
from rudel.locomotion.courses import ROUGH
from rudel.locomotion.training import record

POLICIES = Path(__file__).parent.parent / "src" / "rudel" / "locomotion" / "policies"
SEEDS = (5001, 5002, 5003)


def measure(walker: policy.Policy, physics: str, seeds: Sequence[int], world: str = "flat") -> dict[str, Any]:
    """Median of each figure over the seeds; of falls the sum."""
    evaluate = evaluators.of(walker.contract.skill).evaluate_policy
    runs = [dataclasses.asdict(evaluate(walker, seed=seed, physics=physics, world=world)) for seed in seeds]
    figures: dict[str, Any] = {name: statistics.median(run[name] for run in runs) for name in runs[0] if name != "seed"}
    falls = {"falls": sum(run["falls"] for run in runs)} if "falls" in figures else {}
    return figures | falls | {"seeds": seeds}


def earlier(run: Path) -> list[dict[str, Any]]:
    """The trainings that the one in ``run`` started from, the first one first."""
    request = record.first_request(run / "run.json")
    if request.get("start_from") is None:  # a run of before there was such a thing has no such key
        return []
    before = Path(request["start_from"])
    if before.suffix == ".onnx" and not (before.parent / "run.json").exists():
        return shipped(before)
    before = before.parent if before.suffix == ".onnx" else before  # the policy that a run has left
    made, result = (json.loads((before / name).read_text()) for name in ("run.json", "result.json"))
    facts = {
        "command": record.first_request(before / "run.json")["command"],
        "seed": made["request"]["seed"],
        "commit": made["commit"],
        "wall_s": result["result"]["wall_s"],
        "iterations": result["result"]["iterations"],
        "env_steps": result["result"]["env_steps"],
    }
    return [*earlier(before), facts]


def shipped(path: Path) -> list[dict[str, Any]]:
    """The trainings behind a policy that lies in no run: what its own file says, and what lies beside it."""
    facts = dict(policy.load(path).contract.provenance)
    beside = path.with_suffix(".json")
    known = json.loads(beside.read_text()) if beside.exists() else {}
    named = ("command", "seed", "commit", "wall_s", "iterations", "env_steps")
    return [*known.get("started_from", []), {name: (facts | known).get(name) for name in named}]


def gauntlet(path: Path) -> dict[str, Any]:
    """Score, levels and pushes of one policy's gauntlet, and how it was measured."""
    found = json.loads(path.read_text())
    return {
        "score": found["score"],
        "levels": {name: course["levels"] for name, course in found["families"].items()},
        "scores": {name: course["score"] for name, course in found["families"].items()},
        "push_ns": found["push"]["mean_ns"],
        "protocol": found["protocol"],
    }


def main() -> None:
    """Copy, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a training")
    parser.add_argument("name", help="what the policy is called, for example walk")
    parser.add_argument("--gauntlet", metavar="JSON", type=Path, help="result of this policy's gauntlet")
    args = parser.parse_args()
    (source,) = args.run.glob("*.onnx")
    before = earlier(args.run)
    with threadpool_limits(1):
        walker = policy.load(source)
        contract = walker.contract
        figures = measure(walker, "evaluation", SEEDS)
        reference = measure(walker, "reference", SEEDS[:1])
        rough: dict[str, Any] = {}
        if evaluators.of(contract.skill) is getup_evaluate:
            rough["figures_on_rough_ground"] = measure(walker, "evaluation", SEEDS, ROUGH)
    result = json.loads((args.run / "result.json").read_text())
    target = POLICIES / contract.robot / f"{args.name}.onnx"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    facts = (
        dict(contract.provenance)
        | rough
        | ({"started_from": before} if before else {})
        | ({"gauntlet": gauntlet(args.gauntlet)} if args.gauntlet else {})
        | {
            "skill": contract.skill,
            "wall_s": result["result"]["wall_s"],
            "figures": figures,
            "figures_in_untrained_physics": reference,
            "machine": record.machine(),
        }
    )
    record.write_json(target.with_suffix(".json"), facts)
    print(target)
    print(target.with_suffix(".json"))


if __name__ == "__main__":
    main()
