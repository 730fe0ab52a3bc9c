"""What senses cost: rays, a LiDAR at 10 Hz, and pictures.

    python benchmarks/senses.py

CPU time of this process (all its threads) unless a name says wall; the best of several rounds, because other work on
the machine only ever adds. ``rays_per_s`` casts whole scans of 28 800 rays from one spot and nothing else; ``lidar`` is
the sensor with noise on a robot that walks and turns, at 50 control periods a second. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import time
from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
from threadpoolctl import threadpool_limits

from rudel import robots, worlds
from rudel.core import frames
from rudel.core.errors import GiveUp
from rudel.core.types import Pose
from rudel.sim.live import LiveSim
from rudel.sim.senses import depth, rays, surfaces, thermal
from rudel.sim.senses.camera import Camera, CameraSpec
from rudel.sim.senses.lidar import Lidar, LidarSpec
from rudel.sim.senses.mount import OPTICAL, rig
from rudel.sim.senses.sense import Span
from rudel.sim.senses.studio import Studio
from rudel.sim.senses.sweep import Spinning
from rudel.worlds.place import Box, Shape, Waypoint, World

ROUNDS, PERIOD_S = 7, 0.02
SPEED_MPS, TURNING_RADPS = 0.5, 0.3


def corridor(boxes: int) -> World:
    """A corridor of 40 x 4 x 3 m: half of the boxes are its walls, the rest stand and hang along them."""
    rng, shapes = np.random.default_rng(0), list[Shape]()
    edges = np.linspace(-20, 20, boxes // 4 + 1)
    for a, b in itertools.pairwise(edges.tolist()):
        for side in (-1, 1):
            y = side * (2 + rng.uniform(0, 0.2))
            shapes.append(Box(((a + b) / 2, y, 1.5), ((b - a) / 2, 0.1, 1.5)))
    while len(shapes) < boxes - 4:
        place = (rng.uniform(-19.5, 19.5), rng.choice([-1, 1]) * rng.uniform(1.2, 1.9), rng.uniform(0.1, 2.8))
        shapes.append(Box(place, tuple(rng.uniform(0.05, 0.3, 3))))
    shapes += [Box((0, 0, z), (20.0, 3.0, 0.1)) for z in (-0.1, 3.1)]
    shapes += [Box((x, 0, 1.5), (0.1, 3.0, 2.0)) for x in (-20.1, 20.1)]
    return World("corridor", Waypoint("start", (0.0, 0.0)), (-20, 20, -2, 2), shapes=tuple(shapes))


def best_ms(act: Callable[[], Any], rounds: int = ROUNDS) -> dict[str, float]:
    """CPU and wall time of ``act`` [ms]."""
    cpu, wall = [], []
    act()
    for _ in range(rounds):
        c, w = time.process_time(), time.perf_counter()
        act()
        cpu.append(time.process_time() - c)
        wall.append(time.perf_counter() - w)
    return {"cpu_ms": 1e3 * min(cpu), "wall_ms": 1e3 * min(wall)}


def measure_rays(live: LiveSim, engine: str) -> dict[str, Any]:
    """Bare rays, and the LiDAR that uses them."""
    caster = rays.make(live.model, live.data, engine)
    here = live.true_state().pose
    mount = rig(live.spec)["lidar"]
    eye, _ = mount.on(here.position, here.quat)
    all_around = Spinning().directions(0, 1800).reshape(1, -1, 3)
    bare = best_ms(lambda: caster.cast(eye[None].astype(np.float32), all_around, live.data))
    lidar = Lidar(LidarSpec(), mount, caster, surfaces.albedo(live.model), np.random.default_rng(0))
    period = 0

    def scan() -> None:
        nonlocal period
        for _ in range(5):
            start, end = (walked(here, PERIOD_S * k) for k in (period, period + 1))
            lidar.advance(Span(PERIOD_S * period, PERIOD_S * (period + 1), start, end, live.data, np.zeros(3)))
            period += 1

    scan_cost = best_ms(scan, 2 * ROUNDS)
    return {
        "rays_per_s": all_around.shape[1] / bare["cpu_ms"] * 1e3,
        "lidar_scan": scan_cost,
        "lidar_share_of_a_core_at_10_hz": scan_cost["cpu_ms"] / 100,
    }


def walked(start: Pose, seconds: float) -> Pose:
    """Where a robot is that walks to and fro and turns."""
    way = SPEED_MPS * np.sin(seconds)
    turn = frames.quat_from_yaw(np.asarray(TURNING_RADPS * np.sin(seconds)))
    return Pose(start.position + np.array([way, 0, 0]), np.asarray(frames.multiply(turn, start.quat), np.float64))


def measure_pictures(live: LiveSim) -> dict[str, Any]:
    """Pictures of 640 x 480 and thermal ones of 160 x 120."""
    here, caster, model = live.true_state().pose, rays.make(live.model, live.data), live.model
    mounts, world = rig(live.spec), live.terrain if isinstance(live.terrain, World) else None
    span = Span(0.0, 1.0, here, here, live.data, np.zeros(3))
    report: dict[str, Any] = {}
    spec = thermal.ThermalSpec(rate_hz=1e6)
    camera = thermal.ThermalCamera(spec, mounts["thermal"], caster, model, world, np.random.default_rng(0))
    steps = iter(range(1, 10_000))

    def later() -> Span:
        k = next(steps)
        return Span(float(k), float(k + 1), here, here, span.data, span.gyro)

    report["thermal_160x120"] = best_ms(lambda: camera.advance(later()))
    small = depth.DepthCamera(
        depth.DepthSpec.small(), mounts["depth"], depth.CastDepth(caster), np.random.default_rng(0)
    )
    report["depth_cast_160x120"] = best_ms(lambda: small.advance(later()))
    large = depth.CastDepth(caster)
    eye, quat = mounts["camera"].on(here.position, here.quat)
    turned = frames.multiply(quat, OPTICAL)
    report["depth_cast_640x480_no_noise"] = best_ms(lambda: large(depth.D435, eye, turned, live.data), 3)
    for shadows in (False, True):
        with Studio(model, shadows=shadows) as studio:
            colour = Camera(CameraSpec(), mounts["camera"], studio, np.random.default_rng(0))
            drawn = depth.DepthCamera(depth.DepthSpec(), mounts["depth"], studio.depth, np.random.default_rng(0))
            try:
                name = "colour_640x480" + ("_with_shadows" if shadows else "")
                report[name] = best_ms(lambda colour=colour: colour.advance(later()))
            except GiveUp as nothing:
                return report | {"no_graphics": str(nothing)}
            if not shadows:
                report["depth_640x480"] = best_ms(lambda drawn=drawn: drawn.advance(later()))
                report["colour_drawing_alone"] = best_ms(
                    lambda studio=studio: studio.colour(CameraSpec().intrinsics, eye, turned, live.data)
                )
    return report


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="lite3")
    args = parser.parse_args()
    places: dict[str, Any] = {"corridor_300": corridor(300), "corridor_1000": corridor(1000)}
    places["tunnel"] = worlds.open_world("tunnel", 0.5, np.random.default_rng(0))
    report: dict[str, Any] = {"robot": args.robot, "machine": platform.processor() or platform.machine()}
    report |= {"mujoco": mujoco.__version__, "load_before": os.getloadavg(), "engine": rays.engine()}
    for name, world in places.items():
        live = LiveSim(robots.load(args.robot), world, realtime_factor=None)
        live.reset(live.spec.default_pose)
        found: dict[str, Any] = {"geoms": int(live.model.ngeom), "seen": len(rays.seen_geoms(live.model))}
        engines = rays.ENGINES if rays.engine() == "embree" else rays.ENGINES[1:]
        report[name] = found | {engine: measure_rays(live, engine) for engine in engines} | measure_pictures(live)
    report["load_after"] = os.getloadavg()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
