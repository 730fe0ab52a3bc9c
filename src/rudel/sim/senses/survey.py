"""A survey of a world: a LiDAR carried along a way, and all that it measured in the frame of the world."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.readings import Scan
from rudel.core.types import Pose
from rudel.sim.senses import rays, surfaces
from rudel.sim.senses.lidar import Lidar, LidarSpec
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.outfit import SMOKE_PER_M
from rudel.sim.senses.sense import Span
from rudel.worlds.place import World

Array = NDArray[np.floating]

SPEED_MPS = 0.5  # a Lite3's walk
EVERY_M = 0.1  # from one sweep that is kept to the next: 5 a second of the 10 that it makes


def survey(
    world: World,
    way: Array,
    base_height_m: float,
    mount: Mount,
    rng: np.random.Generator,
    spec: LidarSpec | None = None,
    every_m: float = EVERY_M,
) -> NDArray[np.float32]:
    """Points (n, 3) in the world [m] that a LiDAR measures on the way: ``returns`` without intensities."""
    return returns(world, way, base_height_m, mount, rng, spec, every_m)[:, :3]


def returns(
    world: World,
    way: Array,
    base_height_m: float,
    mount: Mount,
    rng: np.random.Generator,
    spec: LidarSpec | None = None,
    every_m: float = EVERY_M,
) -> NDArray[np.float32]:
    """Points in the world [m] and the intensities of their returns (n, 4), put together by the LiDAR's true poses.

    The base is level and faces where it walks. The robot itself is left out: from its mount the LiDAR looks over it.

    Args:
        world: where. Its dust is in the air unless ``spec`` says otherwise.
        way: (k, 2) corners of the way [m].
        base_height_m: of the robot's base above the ground.
        mount: of the LiDAR on the base.
        rng: of its noise.
        spec: what it can do; None: a LidarSpec with the world's dust.
        every_m: from one sweep to the next.

    Raises:
        BadInput: no way, or over a place without ground.
    """
    spec = spec or LidarSpec(dust_per_m=SMOKE_PER_M * world.dust)
    base = _bases(world, way, base_height_m, every_m)
    model_spec = mujoco.MjSpec()
    world.add_to(model_spec)
    model = model_spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    lidar = Lidar(spec, mount, rays.make(model, data), surfaces.albedo(model), rng)
    period_s = 1 / spec.rate_hz
    apart = max(2, math.ceil(every_m / SPEED_MPS * spec.rate_hz))  # sweeps between two that are looked at, at least one
    parts: list[NDArray[np.float32]] = []
    for k, here in enumerate(base):
        ahead = base[min(k + 1, len(base) - 1)].position - base[max(k - 1, 0)].position
        length = float(np.linalg.norm(ahead))
        step = ahead * (SPEED_MPS * period_s / length) if length > 0 else np.zeros(3)
        start_s = k * apart * period_s
        end = Pose(here.position + step, here.quat)
        for taken in lidar.advance(Span(start_s, start_s + period_s, here, end, data, np.zeros(3))):
            assert isinstance(taken.reading, Scan)
            parts.append(_in_world(taken.reading, here.position, step / period_s, here.quat, mount))
    return np.concatenate(parts)


def _in_world(scan: Scan, position: Array, velocity: Array, quat: Array, mount: Mount) -> NDArray[np.float32]:
    """Each point from where the sensor was when it was measured, and its intensity."""
    eye, turned = mount.on(position, quat)
    moved = scan.offsets_s.astype(np.float64)[:, None] * velocity
    points = frames.rotate(turned, scan.points.astype(np.float64)) + eye + moved
    return np.column_stack((points, scan.intensity)).astype(np.float32)


def _bases(world: World, way: Array, base_height_m: float, every_m: float) -> list[Pose]:
    """Poses of the base along the corners of ``way``, ``every_m`` apart."""
    corners = np.asarray(way, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 2 or not np.isfinite(corners).all():
        raise BadInput(f"a way has shape {corners.shape}, needs (k, 2) finite numbers with k of 2 at least")
    legs = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    keep = np.append(True, legs > 1e-9)
    corners, legs = corners[keep], legs[legs > 1e-9]
    if not len(legs):
        raise BadInput("a way needs two different corners at least, all of these are one")
    along = np.concatenate(([0.0], np.cumsum(legs)))
    at = np.linspace(0.0, along[-1], max(2, math.ceil(along[-1] / every_m) + 1))
    xy = np.stack([np.interp(at, along, corners[:, k]) for k in (0, 1)], axis=1)
    leg = np.clip(np.searchsorted(along, at, "right") - 1, 0, len(legs) - 1)
    ahead = corners[leg + 1] - corners[leg]
    ground = world.height(xy)
    if not np.isfinite(ground).all():
        x, y = xy[~np.isfinite(ground)][0]
        raise BadInput(f"the way leads over ({x:.2f}, {y:.2f}), where {world.name!r} has no ground")
    quats = frames.quat_from_yaw(np.arctan2(ahead[:, 1], ahead[:, 0]))
    return [
        Pose(np.array([x, y, z + base_height_m]), np.asarray(quat, np.float64))
        for (x, y), z, quat in zip(xy.tolist(), ground.tolist(), quats, strict=True)
    ]
