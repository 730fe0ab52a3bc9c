"""What maps and plans cost: taking in a scan, fusing it with a static map, and finding a way.

    python benchmarks/plan.py

``elevation``: scans of the simulated LiDAR (16 lines, 28 800 rays) along a straight walk in each built-in place.
``plan``: ways between random free cells of one connected part, on layers of about ``--cells`` cells; ``first`` is the
first way on costs never seen before (weights, coarse grid and parts are made for it), ``again`` any other on the same.
Times are milliseconds of CPU of one thread: what it takes on a core that nothing else works on. Other work still adds
to them by way of caches and clock rates, so look at ``load``.
``ratio`` is a route's cost over that of the search without the coarse stage. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import time
from typing import Any

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from rudel import robots, worlds
from rudel.core import frames
from rudel.core.readings import Scan
from rudel.core.types import Pose
from rudel.navigation.map import ElevationMap, ElevationSpec, Fusion, GridMap, costs_of
from rudel.navigation.plan import Home, Planner, PlanSpec, distance_field, frontiers
from rudel.navigation.plan.ground import Ground
from rudel.navigation.types import Costs, Footprint, Route, StampedCloud
from rudel.sim.live import LiveSim
from rudel.sim.robot_size import robot_size
from rudel.sim.senses import rays, surfaces
from rudel.sim.senses.lidar import Lidar, LidarSpec
from rudel.sim.senses.mount import rig
from rudel.sim.senses.sense import Span
from rudel.worlds.place import World, layers_of

PLACES = ("tunnel", "plant", "rubble", "outdoors")
PERIOD_S, SPEED_MPS = 0.02, 0.5


def spread(seconds: list[float]) -> dict[str, float]:
    """Milliseconds."""
    low, high = np.percentile(seconds, [50, 95]) * 1e3
    return {"p50_ms": round(float(low), 2), "p95_ms": round(float(high), 2), "max_ms": round(max(seconds) * 1e3, 2)}


def footprint(robot: str) -> Footprint:
    """Of the robot's model, with the limits that its size suggests."""
    size = robot_size(robots.load(robot))
    return Footprint(size.length_m, size.width_m, size.height_m, size.max_step_m, size.max_slope_rad, 0.05)


def scans(world: World, robot: str, count: int) -> list[StampedCloud]:
    """Deskewed scans along a straight walk from the start, as localisation without error would give them."""
    live = LiveSim(robots.load(robot), world, realtime_factor=None)
    live.reset(live.spec.default_pose)
    mount, here = rig(live.spec)["lidar"], live.true_state().pose
    caster = rays.make(live.model, live.data)
    lidar = Lidar(LidarSpec(), mount, caster, surfaces.albedo(live.model), np.random.default_rng(0))
    yaw = float(frames.yaw_of(here.quat))
    ahead = np.array([math.cos(yaw), math.sin(yaw)])

    def pose(time_s: float) -> Pose:
        xy = here.position[:2] + SPEED_MPS * time_s * ahead
        return Pose(np.array([*xy, float(world.height(xy)) + live.spec.nominal_height_m]), here.quat)

    found: list[StampedCloud] = []
    for k in range(round((count + 2) / lidar.spec.rate_hz / PERIOD_S)):
        start_s = PERIOD_S * k
        span = Span(start_s, start_s + PERIOD_S, pose(start_s), pose(start_s + PERIOD_S), live.data, np.zeros(3))
        for taken in lidar.advance(span):
            scan = taken.reading
            assert isinstance(scan, Scan)
            first, last = pose(scan.time_s), pose(scan.time_s + 0.1)
            share = scan.offsets_s[:, None] / 0.1
            eyes, quat = mount.on(first.position + share * (last.position - first.position), first.quat[None])
            points = (eyes + frames.rotate(np.asarray(quat), scan.points)).astype(np.float32)
            found.append(
                StampedCloud(
                    scan.time_s, points, np.asarray(mount.on(first.position, first.quat)[0], np.float64), first
                )
            )
    return found[:count]


def grid_of(world: World, cells: int) -> GridMap:
    """Layers of about so many cells."""
    width, height = world.size_m
    layers = layers_of(world, math.sqrt(width * height / cells))
    names = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m", "zones")
    return GridMap(layers.resolution_m, layers.origin, *(getattr(layers, name) for name in names))


def measure_elevation(clouds: list[StampedCloud], robot: str, static: GridMap | None) -> dict[str, Any]:
    """Update, layers, costs around the robot, costs of everything."""
    print_of = footprint(robot)
    spec = ElevationSpec(stand_m=robots.load(robot).nominal_height_m)
    live = ElevationMap(print_of, spec if static is None else spec.on(static), static)
    fusion = Fusion(static, print_of)
    times: dict[str, list[float]] = {"update": [], "layers": [], "fuse": []}
    for cloud in clouds:
        marks = [time.process_time()]
        live.update(cloud)
        marks.append(time.process_time())
        live.grid()
        marks.append(time.process_time())
        fusion.update(live)
        marks.append(time.process_time())
        for name, seconds in zip(times, np.diff(marks).tolist(), strict=True):
            times[name].append(seconds)
    points = float(np.mean([len(cloud.points) for cloud in clouds]))
    report: dict[str, Any] = {"points_per_scan": round(points), "cells": live.grid().elevation.size}
    return report | {name: spread(values[2:]) for name, values in times.items()}


def measure_plans(grid: GridMap, robot: str, pairs: int, seed: int) -> dict[str, Any]:
    """Ways between random cells of the largest connected part."""
    costs, rng = costs_of(grid, footprint(robot)), np.random.default_rng(seed)
    ground = Ground(costs, PlanSpec())
    count = np.bincount(ground.parts[ground.parts > 0])
    cells = np.argwhere(ground.parts == int(np.argmax(count)))
    ends = [
        [ground.centre((int(j), int(i))) for j, i in pair] for pair in cells[rng.integers(len(cells), size=(pairs, 2))]
    ]
    planner, whole = Planner(), Planner(PlanSpec(whole_cells=10**9))
    first, again, ratios, lengths = list[float](), list[float](), list[float](), list[float]()
    for k, (start, goal) in enumerate(ends):
        fresh = Planner()
        before = time.process_time()
        fresh.plan(costs, start, goal)
        middle = time.process_time()
        made = planner.ground(costs).coarse, planner.ground(costs).parts  # before the clock runs
        assert len(made) == 2
        ready = time.process_time()
        route = planner.plan(costs, start, goal)
        again.append(time.process_time() - ready)
        first.append(middle - before)
        assert isinstance(route, Route)
        lengths.append(route.length_m)
        if k % 5 == 0:
            best = whole.plan(costs, start, goal)
            assert isinstance(best, Route)
            ratios.append(route.total_cost / max(best.total_cost, 1e-9))
    report = {"cells": costs.cost.size, "free_share": round(float(np.mean(costs.free)), 3)}
    report |= {"first": spread(first), "again": spread(again)}
    report |= {"mean_length_m": round(float(np.mean(lengths)), 1), "longest_m": round(max(lengths), 1)}
    return (
        report
        | {"ratio_mean": round(float(np.mean(ratios)), 4), "ratio_max": round(max(ratios), 4)}
        | others(costs, ends)
    )


def others(costs: Costs, ends: list[list[tuple[float, float]]]) -> dict[str, Any]:
    """One look at everything else that is asked now and then [ms]."""
    found: dict[str, float] = {}
    for name, act in {
        "home": lambda: Home(costs, ends[0][0]).length_from(ends[0][1]),
        "frontiers": lambda: frontiers(costs, ends[0][0]),
        "coarse_distance_field": lambda: distance_field(costs, ends[0][0]),
    }.items():
        before = time.process_time()
        act()
        found[f"{name}_ms"] = round((time.process_time() - before) * 1e3, 1)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="lite3")
    parser.add_argument("--cells", type=int, default=350_000)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--scans", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    report: dict[str, Any] = {"robot": args.robot, "machine": platform.processor() or platform.machine()}
    report |= {"opencv": cv2.__version__, "numpy": np.__version__}
    for name in PLACES:
        world = worlds.build_place(name, 0.5, np.random.default_rng(args.seed))
        grid = grid_of(world, args.cells)
        clouds = scans(world, args.robot, args.scans)
        report[name] = {
            "elevation": measure_elevation(clouds, args.robot, None) | {"load": os.getloadavg()[0]},
            "plan": measure_plans(grid, args.robot, args.pairs, args.seed) | {"load": os.getloadavg()[0]},
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    with threadpool_limits(1):
        main()
