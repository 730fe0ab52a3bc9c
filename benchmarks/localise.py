"""How well the robot knows where it is: walks in simulated places, measured against the truth.

    python benchmarks/localise.py [--runs 3] [--seed 0] [--world plant ...] [--hall-log DIR] > out.json

Every run walks a Lite3 with the shipped policy through a place, with the standard LiDAR and odometry, and feeds what
they send to localisers side by side:

    tracked      in the map of the place that `rudel goto` makes, with the start given 0.15 m wrong
    odometry     without a map; the drift is the distance between believed and true end over the way
    carried      in the map; the robot is set down elsewhere several times: how long until it knows where
    bare_tunnel  in a survey of a straight tunnel: the error after 100 m of bare walls, and the greatest one on the way

and, in the first place, each fault of each sensor: how long until it is named. ``--hall-log`` takes the folder of a log
of a hall with poses (log_0p15m.npz: points_2mm, offsets, poses, stamps): LiDAR alone, at 2 Hz. Costs are CPU time of
this process. Prints one JSON object, and every run to stderr as it ends; ``relocalised`` sums the carries up, and runs
that missed a bound are listed with their seed under ``failed``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import localise_carry as carrying
import localise_walk as walks
import numpy as np
from localise_hall import hall
from localise_score import Score
from numpy.typing import NDArray
from place_walk import walk
from threadpoolctl import threadpool_limits

from rudel import robots
from rudel.cli import _stack_world
from rudel.core.types import Pose
from rudel.navigation.localise import Localiser, PointMap, Rig
from rudel.sim.senses.fault import KINDS, Fault
from rudel.sim.senses.mount import rig
from rudel.sim.senses.survey import survey
from rudel.worlds.place import World

PLACES = ("plant", "tunnel", "rubble", "outdoors")
TRACKED_M, DRIFT, BARE_M, NOTICED_S = 0.15, 0.02, 1.0, 1.0  # bounds: what is worse has failed
FAULTY_S, FAULT_S = 9.0, 5.0
NAMES = {"stop": "stopped", "freeze": "frozen", "nan": "nan", "past": "past"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="seeds per world")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--world", nargs="+", default=[*PLACES, "bare_tunnel"], choices=[*PLACES, "bare_tunnel"])
    parser.add_argument("--seconds", type=float, default=90.0, help="of walking in each run, bare_tunnel excepted")
    parser.add_argument("--carries", type=int, default=8, help="in each run")
    parser.add_argument("--difficulty", type=float, default=0.0, help="of the places")
    parser.add_argument("--hall-log", type=Path, help="folder of a log")
    args = parser.parse_args()
    report: dict[str, Any] = {"machine": platform.processor() or platform.machine(), "load_before": os.getloadavg()}
    failed: list[dict[str, Any]] = []
    for name in args.world:
        runs = []
        for seed in range(args.seed, args.seed + args.runs):
            if name == "bare_tunnel":
                result = bare(seed, args.carries)
            else:
                result = place(name, seed, args.seconds, args.difficulty, args.carries)
            if seed == args.seed and name == next((w for w in args.world if w in PLACES), None):
                result["faults_noticed_s"] = faults(name, seed, args.difficulty)
            runs.append({"seed": seed} | result)
            print(json.dumps({name: runs[-1]}, default=float), file=sys.stderr, flush=True)  # this takes minutes a run
            failed += [{"world": name, "seed": seed, "what": what} for what in misses(result)]
        report[name] = runs
    told = {name: [one for run in report[name] for one in run["carried"]] for name in args.world}
    places = [one for name in args.world if name in PLACES for one in told[name]]
    report["relocalised"] = {name: carrying.summary(some) for name, some in told.items()}
    report["relocalised"]["all_places"] = carrying.summary(places)
    if args.hall_log is not None:
        report["hall"] = hall(args.hall_log)
    print(json.dumps(report | {"failed": failed, "load_after": os.getloadavg()}, indent=2, default=float))


def misses(result: dict[str, Any]) -> Iterator[str]:
    """Bounds that a run did not keep."""
    if "fell" in result:
        yield "fell"
    for key in ("tracked", "bare"):
        if key in result and not result[key]["known"] >= 0.99:
            yield f"{key}: known only {result[key]['known']:.2f} of the time"
    if "tracked" in result and not result["tracked"]["rms_m"] <= TRACKED_M:
        yield "tracked"
    if "odometry" in result and not result["odometry"]["drift"] <= DRIFT:
        yield "odometry"
    if "bare" in result and not result["bare"]["worst_m"] <= BARE_M:
        yield "bare_tunnel"
    for k, one in enumerate(() if "bare" in result else result.get("carried", ())):  # what nothing tells, nobody finds
        if not carrying.fine(one):
            yield f"carry {k}"
    for what, seconds in result.get("faults_noticed_s", {}).items():
        if seconds is None or seconds > NOTICED_S:
            yield what


def place(name: str, seed: int, seconds: float, difficulty: float, carries: int) -> dict[str, Any]:
    """One walk along the way, tracked and by odometry; another one with carrying."""
    world, way, target = prepared(name, seed, difficulty)
    result: dict[str, Any] = {"map": {"points": len(target.points), "planes": len(target)}}
    first = standing(world, way)
    scores = {
        "tracked": Score(Localiser(lite3(), target, nudged(first))),
        "odometry": Score(Localiser(lite3(), None, first)),
    }
    try:
        for message in walks.Walker(world, way, seed).messages(seconds):
            for score in scores.values():
                score.take(message)
    except walks.FellError as error:
        result["fell"] = str(error)
    result |= {key: score.report() for key, score in scores.items()}
    return result | carried(world, way, target, seed, carries)


def carried(world: World, way: NDArray[np.floating], target: PointMap, seed: int, count: int) -> dict[str, Any]:
    """A walk with ``count`` carries."""
    chosen = carrying.carries(world, way, count, np.random.default_rng(seed + 1000))
    walker = walks.Walker(world, way, seed, carried=chosen)
    score = Score(Localiser(lite3(), target, nudged(standing(world, way))))
    result: dict[str, Any] = {}
    try:
        for message in walker.messages(carrying.FIRST_S + carrying.EVERY_S * count):
            score.take(message)
    except walks.FellError as error:
        result["carried_fell"] = str(error)
    return result | {"carried": carrying.outcomes(score, walker.set_down), "carried_cost": score.costs()}


def bare(seed: int, carries: int) -> dict[str, Any]:
    """Straight through the bare tunnel, in its map and without one, and carried."""
    world = walks.bare_tunnel()
    low, high = -walks.BARE_START_M + 1.0, 105.0 + 0.9 * walks.BARE_START_M
    xs = np.arange(low, high, 0.5)
    way = np.column_stack((xs, np.zeros(len(xs))))
    target, costs = mapped(world, way, seed)
    first = standing(world, way)
    scores = {
        "bare": Score(Localiser(lite3(), target, nudged(first))),
        "odometry": Score(Localiser(lite3(), None, first)),
    }
    result: dict[str, Any] = {"map": costs}
    try:
        for message in walks.Walker(world, way, seed).messages():
            for score in scores.values():
                score.take(message)
    except walks.FellError as error:
        result["fell"] = str(error)
    result |= {key: score.report() for key, score in scores.items()}
    result["bare"]["after_100_m_m"] = scores["bare"].error_when(lambda position: position[0] >= 100.0)
    return result | carried(world, way, target, seed, carries)


def faults(name: str, seed: int, difficulty: float) -> dict[str, float | None]:
    """How long until each fault is named [s]; None: not at all."""
    world, way, target = prepared(name, seed, difficulty)
    noticed: dict[str, float | None] = {}
    for sense in ("lidar", "odometry"):
        for kind in KINDS:
            walker = walks.Walker(world, way, seed, faults={sense: (Fault(kind, FAULT_S),)})
            localiser, wanted = Localiser(lite3(), target, standing(world, way)), f"{sense} {NAMES[kind]}"
            score = Score(localiser)
            when = None
            for message in walker.messages(FAULTY_S):
                score.take(message)
                if when is None and wanted in localiser.estimate().faults:
                    when = round(message.true_s - FAULT_S, 3)
            noticed[f"{sense} {kind}"] = when
    return noticed


def prepared(name: str, seed: int, difficulty: float) -> tuple[World, NDArray[np.floating], PointMap]:
    """A place, a way through it, and the map of it that rides have."""
    site = _stack_world.open_site(name, difficulty, seed, "lite3/walk")
    assert site.points is not None
    return site.world, walk(site.world), site.points


def mapped(world: World, way: NDArray[np.floating], seed: int) -> tuple[PointMap, dict[str, Any]]:
    """A map of what a survey along the way sees, and what that cost."""
    spec = robots.load("lite3")
    cloud = survey(
        world, way, spec.nominal_height_m, rig(spec)["lidar"], np.random.default_rng(seed + 500), every_m=0.5
    )
    started = time.process_time()
    made = PointMap.from_points(cloud)
    return made, {"points": len(made.points), "planes": len(made), "cpu_s": round(time.process_time() - started, 2)}


def lite3() -> Rig:
    spec = robots.load("lite3")
    mount = rig(spec)["lidar"]
    return Rig(mount.position, mount.quat, spec.nominal_height_m)


def standing(world: World, way: NDArray[np.floating]) -> Pose:
    """Where a walk begins, as somebody would state it."""
    ahead, z = way[1] - way[0], float(world.height(way[:1])[0])
    yaw = float(np.arctan2(ahead[1], ahead[0]))
    position = np.array([way[0, 0], way[0, 1], z + robots.load("lite3").nominal_height_m])
    return Pose(position, np.array([np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)]))


def nudged(pose: Pose) -> Pose:
    """0.15 m wrong."""
    return Pose(pose.position + np.array([0.12, -0.09, 0.0]), pose.quat)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
