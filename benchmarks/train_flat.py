"""How long from command to walking policy: `rudel train walk` in a process of its own, for several seeds.

    python benchmarks/train_flat.py --seeds 3 --peer --vendor policy.onnx:src/rudel/robots/lite3/vendor_policy.yaml

Wall-clock counts from the start of the process to its end, memory is the peak that the kernel reports for it. Every
exported policy is measured afterwards by `rudel eval` with a seed that training did not use. ``--peer`` runs
Stable-Baselines3 (see peer_sb3.py; make peer) after each of our runs, on the same cores with the same budget. Prints
one JSON object: figures per seed, medians and the load average.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rudel.locomotion.training import record

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / "build" / "peer" / "bin" / "python"
THRESHOLDS = {"vel_error_mps": 0.10, "yaw_error_radps": 0.15, "falls": 0}
SETTINGS = ("seed", "difficulty", "robots", "seconds", "threads", "rate")  # of no run is the median of interest
EVAL_SEED = 5000  # added to the training's seed, whose own evaluations begin at 1000
RUDEL = (sys.executable, "-m", "rudel")


def measured(command: list[str]) -> dict[str, Any]:
    """Run ``command`` and return its printed JSON object as ``output``, its wall-clock [s] and its peak memory [MB]."""
    print("$", *command, file=sys.stderr)
    load, began = os.getloadavg(), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)  # unlike wait(), tells the memory of this one child
    wall_s = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"exit status {process.returncode} of {' '.join(command)}")
    peak_mb = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {
        "output": json.loads(text.splitlines()[-1]),
        "wall_s": wall_s,
        "peak_rss_mb": peak_mb,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "load_before": load,
        "load_after": os.getloadavg(),
    }


def train(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One training of ours and the evaluation of what it exported."""
    out = args.out / f"{args.robot}_{args.world}_{seed}"
    task = ["--robot", args.robot, "--world", args.world, "--difficulty", str(args.difficulty)]
    words = [*task, "--budget", args.budget, "--seed", str(seed), "--out", str(out), "--json"]
    run = measured([*RUDEL, "train", "walk", *words])
    result = run.pop("output")
    extra = json.loads((out / "result.json").read_text())
    run |= {name: extra[name] for name in ("first_step_s", "env_steps_per_s")}
    run |= {"seed": seed, "iterations": result["iterations"], "env_steps": result["env_steps"]}
    vendor = ["--vendor", args.vendor] if args.vendor else []
    world = ["--world", args.world, "--difficulty", str(args.difficulty), "--seed", str(EVAL_SEED + seed)]
    figures = measured([*RUDEL, "eval", result["policy"], *world, *vendor, "--json"])["output"]
    return run | {"met": met(figures), "eval": figures}


def train_peer(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One training of the peer; it measures itself with the same evaluation."""
    task = ["--robot", args.robot, "--world", args.world, "--difficulty", str(args.difficulty)]
    words = [*task, "--budget", args.budget, "--seed", str(seed), "--eval-seed", str(EVAL_SEED + seed)]
    command = [str(args.peer_python), str(ROOT / "benchmarks" / "peer_sb3.py"), *words]
    command += ["--threads", str(args.peer_threads)] if args.peer_threads else []
    run = measured([*command, "--targets", json.dumps(THRESHOLDS)])
    result = run.pop("output")
    # its own wall_s leaves out the last evaluation, as ours is a process of its own
    return run | result | {"seed": seed, "met": met(result["eval"])}


def met(figures: dict[str, Any]) -> bool:
    """Whether an evaluation is within THRESHOLDS."""
    return all(figures[name] is not None and figures[name] <= limit for name, limit in THRESHOLDS.items())


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Median of every figure, also in objects within the runs; what is not a number in all runs is left out."""
    found: dict[str, Any] = {}
    for name in runs[0]:
        values = [run.get(name) for run in runs]
        if all(isinstance(value, dict) for value in values):
            found[name] = medians(values)  # pyright: ignore[reportArgumentType]  # dictionaries, as just checked
        elif name not in SETTINGS and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            found[name] = statistics.median(values)  # pyright: ignore[reportArgumentType]  # numbers, as just checked
    if "met" in runs[0]:
        found["met"] = f"{sum(run['met'] for run in runs)} of {len(runs)}"
    return found


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="lite3")
    parser.add_argument("--world", default="flat")
    parser.add_argument("--difficulty", type=float, default=0.5)
    parser.add_argument("--budget", default="150s")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default: 3)")
    parser.add_argument("--first-seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "train_flat", help="folder of the runs")
    parser.add_argument("--peer", action="store_true", help="run Stable-Baselines3 beside us")
    parser.add_argument("--peer-python", type=Path, default=PEER, help="interpreter that has it (make peer)")
    parser.add_argument(
        "--peer-threads", type=int, help="of PyTorch (default: all cores; on a busy machine 1 is faster)"
    )
    parser.add_argument("--vendor", metavar="FILE:CONTRACT", help="a policy to measure beside each of ours")
    parser.add_argument("--json", action="store_true", help="one line instead of indented")
    args = parser.parse_args()
    if args.peer and not args.peer_python.exists():
        parser.error(f"no {args.peer_python}: make peer")
    report: dict[str, Any] = {"machine": record.machine(), "versions": record.versions(), "budget": args.budget}
    report |= {"robot": args.robot, "world": args.world, "thresholds": THRESHOLDS}
    ours: list[dict[str, Any]] = []
    peers: list[dict[str, Any]] = []
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        ours.append(train(args, seed))
        if args.peer:
            peers.append(train_peer(args, seed))
    report |= {"runs": ours, "medians": medians(ours)}
    if peers:
        report["peer"] = {"runs": peers, "medians": medians(peers)}
    report["load_after"] = os.getloadavg()
    print(json.dumps(report, indent=None if args.json else 2))


if __name__ == "__main__":
    main()
