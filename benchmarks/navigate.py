"""How well the whole stack gets about: rides drawn from seeds, with crates that no map shows and senses that break.

    python benchmarks/navigate.py --runs 20 [--seed 1000] [--world NAME|DIR] [--processes 1] [--camera] [--json]

Start, goal, crates (0 to 3) and faults (in a third of the rides a LiDAR or the odometry stops, freezes, sends NaN or
the past for 0.8 to 2.5 s) come from the seed; `rudel replay SEED` shows a ride again. Prints one JSON object: success
(the robot says that it is there, and really is within half a metre), SPL (shortest way on the map over the way really
walked, 0 for a failure), contacts of anything but feet per km, root mean square distance from the goal where it was
reached, simulated seconds per wall second, and the seeds that failed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import multiprocessing
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from rudel.cli import _output, _stack, _stack_report, _stack_scenario
from rudel.core.errors import RudelError
from rudel.navigation.pilot import Goal, PilotAside

ARRIVED_M = 0.5  # a robot that says it has arrived and really stands further off has not


def ride(seed: int, places: Sequence[str], sites: dict[tuple[str, int], Any], more: tuple[str, ...]) -> dict[str, Any]:
    """One ride and its figures; ``more``: senses that are on besides."""
    place = _stack_scenario.place_of(seed, places)
    if place not in sites:
        sites.clear()  # one place at a time: their maps are large
        sites[place] = _stack_scenario.site_of(seed, places)
    scenario = _stack_scenario.draw(seed, places, sites[place])

    def begin(pilot: PilotAside) -> None:
        pilot.goto(Goal(scenario.goal, checked=True))

    told = dataclasses.replace(scenario.ride, senses=(*scenario.ride.senses, *more))
    ran = _stack.run(sites[place], scenario.world, told, begin)
    figures = _stack_report.figures(ran, scenario.goal, None, scenario.shortest_m)
    if figures["success"] and figures["true"]["goal_error_m"] > ARRIVED_M:
        figures |= {"success": False, "spl": 0.0, "reason": "elsewhere", "message": "it only believed to be there"}
    faults = [f"{sense}:{fault.kind}" for sense, some in scenario.ride.faults.items() for fault in some]
    return {
        "seed": seed,
        "world": scenario.world_name,
        "place_seed": scenario.place_seed,
        "crates": scenario.crates,
        "faults": faults,
        **figures,
        "wall_s": ran.wall_s,
        "slowest_control_ms": float(ran.control_ms.max(initial=0.0)),
    }


def rides(job: tuple[list[int], tuple[str, ...], tuple[str, ...]]) -> list[dict[str, Any]]:
    """The rides of some seeds, one after the other; says on standard error how each came out."""
    seeds, places, more = job
    sites: dict[tuple[str, int], Any] = {}
    found: list[dict[str, Any]] = []
    for seed in seeds:
        try:
            found.append(ride(seed, places, sites, more))
        except RudelError as error:
            name, place_seed = _stack_scenario.place_of(seed, places)
            found.append({"seed": seed, "world": name, "place_seed": place_seed, "success": False, "error": str(error)})
        one = found[-1]
        print(f"seed {seed} {one['world']}: {words(one)}", file=sys.stderr, flush=True)
    return found


def words(one: dict[str, Any]) -> str:
    """How a ride came out."""
    if "error" in one:
        return one["error"]
    return f"{one['reason']} {one['message']} ({one['path_m']:.1f} m of {one['shortest_m']:.1f}, {one['time_s']:.0f} s)"


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What the rides come to together."""
    ran = [one for one in found if "error" not in one]
    way_km = sum(one["path_m"] for one in ran) / 1000
    errors = [one["true"]["goal_error_m"] for one in ran if one["success"]]
    simulated, wall = sum(one["time_s"] for one in ran), sum(one["wall_s"] for one in ran)
    return {
        "runs": len(found),
        "success": sum(one["success"] for one in found) / max(len(found), 1),
        "spl": sum(one.get("spl") or 0.0 for one in found) / max(len(found), 1),
        "contacts_per_km": sum(one["contacts"] for one in ran) / way_km if way_km else math.nan,
        "km": way_km,
        "goal_rms_m": float(np.sqrt(np.mean(np.square(errors)))) if errors else math.nan,
        "pose_rms_m": float(np.sqrt(np.mean([one["true"]["pose_rms_m"] ** 2 for one in ran]))) if ran else math.nan,
        "falls": sum(one["true"]["fallen"] for one in ran),
        "realtime_factor": simulated / wall if wall else math.nan,
        "control_p99_ms": max((one["control_ms"]["p99"] for one in ran), default=math.nan),
        "failed_seeds": [one["seed"] for one in found if not one["success"]],
        "failures": {one["seed"]: words(one) for one in found if not one["success"]},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1000, help="of the first ride")
    parser.add_argument("--world", help="a built-in place or a world's folder (default: the built-in places in turn)")
    parser.add_argument("--processes", type=int, choices=(1, 2), default=1)
    parser.add_argument("--camera", action="store_true", help="with its colour pictures, ten a second, for the speed")
    parser.add_argument("--json", action="store_true", help="leave the single rides out of what is printed")
    args = parser.parse_args()
    places = (args.world,) if args.world else _stack_scenario.PLACES
    load = os.getloadavg()
    seeds = range(args.seed, args.seed + args.runs)
    ordered = sorted(seeds, key=lambda seed: (_stack_scenario.place_of(seed, places), seed))
    half = -(-len(ordered) // args.processes)
    more = ("camera",) if args.camera else ()
    jobs = [(ordered[at : at + half], places, more) for at in range(0, len(ordered), half)]
    if args.processes == 1:
        parts = [rides(job) for job in jobs]
    else:
        with multiprocessing.get_context("spawn").Pool(args.processes) as pool:
            parts = pool.map(rides, jobs)
    found = sorted((one for part in parts for one in part), key=lambda one: one["seed"])
    answer: dict[str, Any] = {**summary(found), "load": [load, os.getloadavg()], "processes": args.processes}
    if not args.json:
        answer["rides"] = found
    print(json.dumps(_output.plain(answer), allow_nan=False))


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
