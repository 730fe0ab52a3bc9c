"""What an import costs and how true it is: a synthetic cloud of five million points whose every height is known.

    python benchmarks/import_world.py [--points 5000000] [--surveys DIR] > result.json
    python benchmarks/import_world.py --scan-back [tunnel plant ...] [--seed 0] [--difficulty 0.5] [--no-intensity]

Prints one JSON object: seconds and peak memory of `rudel world import` in a process of its own, the error of the
ground's height, how many cells are walkable in the import and in the truth alike, and physics steps/s in the
imported world as a share of flat ground (BatchSim, one thread, robots shifting from one pair of feet to
the other; the machine should have nothing else to do).
With --scan-back built-in places are scanned by our own LiDAR (true poses, honest noise) from their inspection routes,
and the cloud is imported, without options, and compared with the place that it came from; see
tests/worlds/imports/agreement.py for what is compared.
With --surveys every survey below DIR is imported too, and what came of it listed. Linux only (/proc).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # scene and comparison are shared with the tests

import cv2
import numpy as np
import scan_back as scanning

from rudel import robots
from rudel.sim.batch import BatchSim
from rudel.sim.options import SimOptions
from rudel.sim.robot_size import robot_size
from rudel.worlds.imports import formats
from rudel.worlds.place import RobotSize, World, layers_from, load, traversability
from tests.worlds.imports import scenes
from tests.worlds.imports.agreement import compare

ROBOTS, STEPS, REPEATS = 64, 24, 12
SEED = 0
WALL_M = 1.5  # around the place, as high as imports make them


def imported(file: Path, out: Path) -> dict[str, Any]:
    """Run the verb on ``file``: its report, seconds and peak memory [MB]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    started = time.perf_counter()
    # VmHWM and not ru_maxrss: the latter begins with what this process had when it forked
    code = (
        "import sys; from rudel.cli.main import main; status = main(sys.argv[1:]); "
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0], file=sys.stderr); sys.exit(status)"
    )
    command = [sys.executable, "-c", code, "world", "import", str(file), "--out", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    seconds = time.perf_counter() - started
    if done.returncode:
        return {"status": done.returncode, "message": done.stderr.strip().splitlines()[0]}
    return {
        "status": 0,
        "wall_s": round(seconds, 2),
        "cpu_s": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, 2),
        "peak_mb": round(int(done.stderr.split()[-1]) / 1024),
        "report": json.loads(done.stdout),
    }


def truth(world: World, robot: RobotSize) -> dict[str, float]:
    """Height error and walkable agreement with the analytic place."""
    layers = world.layers
    assert layers is not None
    xy = layers.centres() + np.array(world.origin[:2])
    height = scenes.height(xy[..., 0], xy[..., 1]) - world.origin[2]
    cell = layers.resolution_m
    # cells that an edge (wall, riser, table) crosses have two heights: the error is taken of all others
    even = np.isfinite(height)
    for dx in (-cell, 0.0, cell):
        for dy in (-cell, 0.0, cell):
            even &= np.abs(scenes.height(xy[..., 0] + dx, xy[..., 1] + dy) - world.origin[2] - height) < 1e-9
    known = even & layers.known()
    off = (layers.elevation - height)[known]
    inside = cv2.dilate(np.isfinite(height).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    walled = np.where(np.isnan(height) & inside, WALL_M, height)
    wanted = traversability(layers_from(walled, None, cell, layers.origin), robot).walkable
    got = traversability(layers, robot).walkable
    # on the very edge of what is walkable a cell more or less is a question of where the grid begins
    disc = np.ones((3, 3), np.uint8)
    may = [cv2.dilate(grid.astype(np.uint8), disc) > 0 for grid in (wanted, got)]
    wrong = (wanted & ~may[1]) | (got & ~may[0])
    return {
        "height_rms_m": round(float(np.sqrt((off**2).mean())), 5),
        "height_p99_m": round(float(np.quantile(np.abs(off), 0.99)), 5),
        "known_of_even_cells": round(float(known.sum() / even.sum()), 5),
        "walkable_agreement": round(float((wanted == got)[np.isfinite(height)].mean()), 5),
        "walkable_agreement_but_for_edges": round(float(1 - wrong[np.isfinite(height)].mean()), 5),
        "walkable_iou": round(float((wanted & got).sum() / (wanted | got).sum()), 5),
    }


def steps_per_s(world: World | None) -> float:
    """Physics steps of one robot per CPU second, best of several runs; None is flat ground."""
    spec = robots.load("lite3")
    sim = BatchSim(spec, ROBOTS, SimOptions(), add_world=None if world is None else world.add_to, threads=1)
    rng = np.random.default_rng(SEED)
    qpos = np.tile(sim.model.qpos0, (ROBOTS, 1))
    qpos[:, sim.qpos_joints] = spec.default_pose
    xy = np.zeros((ROBOTS, 2))
    if world is not None:
        assert world.layers is not None
        walk = traversability(world.layers, robot_size(spec)).component == 1
        cells = np.argwhere(walk)[rng.integers(0, int(walk.sum()), ROBOTS)]
        xy = np.array(world.layers.origin) + (cells[:, ::-1] + 0.5) * world.layers.resolution_m
    qpos[:, :2] = xy
    around = xy[:, None] + rng.uniform(-0.3, 0.3, (1, 40, 2))
    qpos[:, 2] = spec.nominal_height_m + 0.02 + (0.0 if world is None else world.height(around).max(axis=1))
    sim.reset(np.arange(ROBOTS), qpos, np.zeros((ROBOTS, sim.qvel.shape[1])))
    stance = np.tile(spec.default_pose, (ROBOTS, 1))
    delay = np.zeros(ROBOTS, int)
    best = 0.0
    for run in range(REPEATS):
        started = time.process_time()
        for k in range(STEPS):
            lift = np.zeros((4, 3))
            lift[[0, 3] if k // 4 % 2 else [1, 2]] = [0.0, -0.15, 0.3]  # diagonal feet in turn, every 80 ms
            targets = stance + lift.ravel()
            sim.step(targets, targets, delay)
        spent = time.process_time() - started
        if run:  # the first run warms up
            best = max(best, STEPS * sim.substeps * ROBOTS / spent)
    return best


def surveys(folder: Path, out: Path) -> list[dict[str, Any]]:
    """Import every file of a known kind below ``folder``; pictures with a YAML file count once."""
    known = tuple(formats())
    files = sorted(
        p for p in folder.rglob("*") if p.is_file() and p.name.lower().endswith(known) and p.suffix != ".pgm"
    )
    found = []
    for k, file in enumerate(files):
        if file.stem.upper().startswith(("README", "SOURCE", "LICENSE")):
            continue
        result = imported(file, out / str(k))
        report = result.pop("report", None)
        if report:
            keys = ("format", "size_m", "resolution_m", "walkable_m2", "walkable_share", "repairs")
            result |= {key: report[key] for key in keys} | {"parts": len(report["parts_m2"])}
            result |= {key: [report[key]["value"], round(report[key]["sure"], 2)] for key in ("unit", "up", "floor")}
        found.append({"file": str(file.relative_to(folder)), **result})
    return found


def scan_back(cases: list[str], difficulty: float, seed: int, folder: Path, intensity: bool) -> dict[str, Any]:
    """Scan built-in places, import the clouds, compare."""
    robot = robot_size(robots.load("lite3"))
    found: dict[str, Any] = {"difficulty": difficulty, "seed": seed, "intensity": intensity}
    for case in cases:
        file, out = folder / f"{case}.ply", folder / case
        place, scan = scanning.scanned(case, difficulty, seed, file, intensity)
        result = imported(file, out)
        file.unlink()
        if not result["status"]:
            report = result.pop("report")
            world = load(out)
            result["cell_m"] = report["resolution_m"]
            result["truth"] = compare(place, world, robot).figures()
            flat = steps_per_s(None)
            result["physics_share"] = round(steps_per_s(world) / flat, 3)
        found[case] = {**scan, **result}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=5_000_000)
    parser.add_argument("--surveys", type=Path)
    parser.add_argument("--scan-back", nargs="*", choices=sorted(scanning.PLACES), metavar="CASE", default=None)
    parser.add_argument("--difficulty", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--no-intensity", action="store_true", help="write clouds without the returns' intensities")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.scan_back is not None:
            cases = args.scan_back or list(scanning.PLACES)
            print(
                json.dumps(scan_back(cases, args.difficulty, args.seed, Path(folder), not args.no_intensity), indent=1)
            )
            return
        cloud = scenes.points(args.points, np.random.default_rng(SEED))
        file = scenes.write_las(Path(folder) / "scene.las", cloud)
        result: dict[str, Any] = {"points": len(cloud), "seed": SEED, **imported(file, Path(folder) / "world")}
        del cloud
        if not result["status"]:
            world = load(Path(folder) / "world")
            result["truth"] = truth(world, robot_size(robots.load("lite3")))
            flat, here = steps_per_s(None), steps_per_s(world)
            result["physics"] = {
                "flat_steps_s": round(flat),
                "world_steps_s": round(here),
                "share": round(here / flat, 3),
            }
        if args.surveys:
            result["surveys"] = surveys(args.surveys, Path(folder) / "surveys")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
