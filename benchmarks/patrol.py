"""Seeded inspection rounds with planted faults and injected failures: how many end well, and what they find.

    python benchmarks/patrol.py --rounds 40 --seed 1000 --json

Each seed draws a place (tunnel or plant), its faults, the noise, and a failure on the way (or none): a camera that
stops or freezes, a LiDAR that freezes or stops, a thermal camera that sends no numbers, a robot that is carried away,
a weak leg, a battery that is nearly empty. `rudel patrol` walks each round in a process of its own. Prints one JSON
object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

RUDEL = [sys.executable, "-m", "rudel"]
PLACES = {
    "tunnel": "{name: tunnel, difficulty: 0.25, with: {length_m: 64, things: 20, fault_rate: 0.34, level: true}}",
    "plant": "{name: plant, difficulty: 0.25, with: {bays: 8, things: 28}}",
}
FAILURES = ("none", "camera", "zoom", "thermal", "lidar_short", "lidar_long", "carried", "weak_leg", "battery")
MISSION = """rudel_mission: 1
name: bench-{place}
world: {world}
battery: {{reserve: 15}}
defaults: {{retries: 1, on_failure: skip}}
steps:
  - inspect: {{route: inspection}}
"""


def main() -> None:
    """Walk, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="number of rounds (default: 40)")
    parser.add_argument(
        "--seed", type=int, default=1000, help="of the first; each further one has the next (default: 1000)"
    )
    parser.add_argument("--place", choices=(*PLACES, "both"), default="both", help="where (default: both)")
    parser.add_argument(
        "--failures", choices=("drawn", "none"), default="drawn", help="injected or not (default: drawn)"
    )
    parser.add_argument("--limit", default="1500s", help="simulated time after which a round is ended (default: 1500s)")
    parser.add_argument("--out", type=Path, default=Path("build") / "patrol", help="folder of missions and rounds")
    parser.add_argument("--json", action="store_true", help="one line instead of indented")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    rounds = [one(args, seed) for seed in range(args.seed, args.seed + args.rounds)]
    result = {**summary(rounds), "wall_s": time.perf_counter() - began, "load": os.getloadavg()[0], "rounds": rounds}
    print(json.dumps(result) if args.json else json.dumps(result, indent=1))


def one(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One round and what it came to; a crash is an outcome, too."""
    rng = np.random.default_rng(seed)
    place = str(rng.choice(sorted(PLACES))) if args.place == "both" else args.place
    failure = str(rng.choice(FAILURES)) if args.failures == "drawn" else "none"
    at = float(rng.uniform(20.0, 120.0))
    mission = args.out / f"{place}.yaml"
    mission.write_text(MISSION.format(place=place, world=PLACES[place]))
    words = ["patrol", str(mission), "--seed", str(seed), "--speed", "max", "--limit", args.limit, "--json"]
    words += ["--out", str(args.out / f"{place}-{seed}"), *injected(failure, at)]
    began = time.perf_counter()
    ran = subprocess.run([*RUDEL, *words], capture_output=True, text=True, check=False)
    wall_s = time.perf_counter() - began
    told = {"seed": seed, "place": place, "failure": failure, "at_s": at, "wall_s": wall_s, "exit": ran.returncode}
    try:
        result = json.loads(ran.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {**told, "outcome": "crashed", "why": ran.stderr.strip()[-500:]}
    kept = ("outcome", "why", "points", "inspected", "distance_m", "duration_s", "contacts", "truth", "report")
    explained = result["inspected"] + len(result["unvisited"]) >= result["points"]
    kinds = Counter(f"{alarm['kind']} by {alarm['detector']}" for alarm in result["truth"]["false_alarms"])
    return {**told, **{key: result[key] for key in kept}, "explained": explained, "false_alarm_kinds": dict(kinds)}


def injected(failure: str, at_s: float) -> list[str]:
    """Options of `rudel patrol` that bring a failure about."""
    senses = {
        "camera": f"overview:stop:{at_s}:1e9",
        "zoom": f"zoom:freeze:{at_s}:1e9",
        "thermal": f"thermal:nan:{at_s}:1e9",
        "lidar_short": f"lidar:freeze:{at_s}:{at_s + 3}",
        "lidar_long": f"lidar:stop:{at_s}:1e9",
    }
    if failure in senses:
        return ["--fault", senses[failure]]
    return [] if failure == "none" else ["--trouble", f"{failure}:{at_s}"]


def summary(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares over all rounds; recall of the faults at points that were inspected, and of all on the lists."""
    ended = [r for r in rounds if r["outcome"] in ("completed", "ended_safely")]
    judged = [r["truth"] for r in rounds if "truth" in r]
    planted, found = sum(t["planted"] for t in judged), sum(len(t["found"]) for t in judged)
    alarms = sum(len(t["false_alarms"]) for t in judged)
    unseen = sum(len(t["not_inspected"]) for t in judged)
    return {
        "completed": len(ended) / len(rounds),
        "to_the_end": sum(r["outcome"] == "completed" for r in rounds) / len(rounds),
        "explained": sum(r.get("explained", False) for r in rounds) / len(rounds),
        "recall": found / (planted - unseen) if planted > unseen else None,
        "recall_of_all": found / planted if planted else None,
        "false_alarms_per_round": alarms / max(1, len(judged)),
        "failed_seeds": [r["seed"] for r in rounds if r not in ended or not r.get("explained", False)],
        "largest_memory_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
