"""Places made of boxes, and what a robot that moves through them sends, with the noise that is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.readings import Odometry, Scan
from rudel.core.types import Pose, RobotState
from rudel.navigation.localise import PointMap, Rig

Array = NDArray[np.floating]

HEIGHT_M = 0.35  # of the base
RIG = Rig(np.array([0.1, 0.0, 0.15]), np.array([1.0, 0.0, 0.0, 0.0]), HEIGHT_M)
LINES, COLUMNS = 16, 240
PERIOD_S = 0.02


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> list[float]:
    return [x[0], y[0], z[0], x[1], y[1], z[1]]


def room(length_m: float = 9.0, width_m: float = 6.0) -> Array:
    """(n, 6) low and high corners: a room with things that make every place in it different."""
    high, t = 2.6, 0.3
    return np.array(
        [
            *shell((0.0, length_m), (0.0, width_m), high, t),
            box((1.0, 1.6), (0.0, 0.5), (0.0, 1.2)),
            box((4.0, 4.5), (4.8, 5.4), (0.0, 2.6)),
            box((7.2, 9.0), (5.2, 6.0), (0.0, 0.9)),
            box((6.3, 6.8), (1.2, 2.2), (0.0, 0.7)),
            box((0.0, 0.4), (3.6, 4.9), (0.0, 1.8)),
        ]
    )


def tunnel(bare: bool, length_m: float = 260.0, half_m: float = 1.3) -> Array:
    """(n, 6): straight along x around 0, closed further away than a LiDAR sees, bare or with niches in between."""
    boxes = shell((-length_m / 2, length_m / 2), (-half_m, half_m), 2.5, 0.3)
    if not bare:
        boxes += [box((x, x + 0.5), (half_m - 0.4, half_m), (0.0, 2.0)) for x in (-7.0, -3.1, 1.2, 4.5, 8.0)]
        boxes += [box((x, x + 0.4), (-half_m, -half_m + 0.3), (0.0, 2.0)) for x in (-5.2, -0.6, 3.3, 6.4)]
    return np.array(boxes)


def shell(x: tuple[float, float], y: tuple[float, float], high_m: float, t: float) -> list[list[float]]:
    """Floor, ceiling and four walls."""
    (x0, x1), (y0, y1) = x, y
    return [
        box((x0 - t, x1 + t), (y0 - t, y1 + t), (-t, 0.0)),
        box((x0 - t, x1 + t), (y0 - t, y1 + t), (high_m, high_m + t)),
        box((x0 - t, x0), (y0 - t, y1 + t), (0.0, high_m)),
        box((x1, x1 + t), (y0 - t, y1 + t), (0.0, high_m)),
        box((x0, x1), (y0 - t, y0), (0.0, high_m)),
        box((x0, x1), (y1, y1 + t), (0.0, high_m)),
    ]


def cast(boxes: Array, origins: Array, directions: Array, most_m: float = 100.0) -> Array:
    """Distance (n,) to the first box along each ray (slab method); inf beyond ``most_m``."""
    best = np.full(len(origins), np.inf)
    inverse = 1.0 / np.where(np.abs(directions) < 1e-12, 1e-12, directions)
    for low, high in zip(boxes[:, :3], boxes[:, 3:], strict=True):
        a, b = (low - origins) * inverse, (high - origins) * inverse
        near, far = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
        best = np.where((near < far) & (near > 1e-3), np.minimum(best, near), best)
    return np.where(best <= most_m, best, np.inf)


def mapped(boxes: Array, spots: Array, noise_m: float = 0.0, seed: int = 0) -> PointMap:
    """A map of all that is seen from ``spots`` (n, 2), by rays all around."""
    azimuth = np.linspace(-math.pi, math.pi, 480, endpoint=False)
    elevation = np.radians(np.linspace(-60, 60, 49))
    az, el = (a.ravel() for a in np.meshgrid(azimuth, elevation))
    rays = np.column_stack((np.cos(az) * np.cos(el), np.sin(az) * np.cos(el), np.sin(el)))
    rng = np.random.default_rng(seed)
    parts = []
    for x, y in spots:
        eye = np.tile([x, y, 0.6], (len(rays), 1))
        distance = cast(boxes, eye, rays) + rng.normal(size=len(rays)) * noise_m
        good = np.isfinite(distance)
        parts.append(eye[good] + rays[good] * distance[good, None])
    return PointMap.from_points(np.concatenate(parts))


@dataclass(frozen=True)
class Motion:
    """Where the base is: x, y, yaw at any time, level at HEIGHT_M."""

    at: Callable[[float], tuple[float, float, float]]

    def pose(self, time_s: float) -> Pose:
        x, y, yaw = self.at(time_s)
        return Pose(np.array([x, y, HEIGHT_M]), np.asarray(frames.quat_from_yaw(np.asarray(yaw)), np.float64))


def still(x: float, y: float, yaw: float = 0.0) -> Motion:
    return Motion(lambda _: (x, y, yaw))


def straight(x: float, y: float, speed_mps: float) -> Motion:
    return Motion(lambda t: (x + speed_mps * max(0.0, t - 0.5), y, 0.0))


def circle(x: float, y: float, radius_m: float, speed_mps: float) -> Motion:
    """Counter-clockwise around (x, y)."""

    def at(t: float) -> tuple[float, float, float]:
        angle = speed_mps / radius_m * t
        return x + radius_m * math.sin(angle), y - radius_m * math.cos(angle), angle

    return Motion(at)


@dataclass(frozen=True)
class Noise:
    """Standard deviations, and the share of the way that the legs count."""

    range_m: float = 0.015
    gyro: float = 0.002
    tilt: float = 0.003
    step: float = 0.0003
    counted: float = 0.85


EXACT = Noise(0.0, 0.0, 0.0, 0.0, 1.0)


def sweep(boxes: Array, motion: Motion, start_s: float, rng: np.random.Generator, noise_m: float) -> Scan:
    """One scan, every column from where the LiDAR is at its own time."""
    azimuth = np.repeat(np.linspace(-math.pi, math.pi, COLUMNS, endpoint=False), LINES)
    elevation = np.tile(np.radians(np.linspace(-15, 15, LINES)), COLUMNS)
    local = np.column_stack(
        (np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation))
    )
    times = start_s + np.arange(COLUMNS) * (0.1 / COLUMNS)
    where = np.array([motion.at(float(t)) for t in times]).repeat(LINES, axis=0)
    quats = frames.quat_from_yaw(where[:, 2])
    base = np.column_stack((where[:, :2], np.full(len(where), HEIGHT_M)))
    eyes = base + frames.rotate(quats, np.broadcast_to(RIG.lidar_position, base.shape))
    distance = cast(boxes, eyes, np.asarray(frames.rotate(quats, local), np.float64))
    distance = distance + rng.normal(size=len(distance)) * noise_m
    good = np.isfinite(distance)
    offsets = np.repeat(np.arange(COLUMNS) * (0.1 / COLUMNS), LINES)[good]
    ring = np.tile(np.arange(LINES), COLUMNS)[good].astype(np.uint16)
    points = (local[good] * distance[good, None]).astype(np.float32)
    return Scan(start_s, "lidar", points, offsets.astype(np.float32), ring, np.ones(int(good.sum()), np.float32))


Message = RobotState | Odometry | Scan


def stream(boxes: Array, motion: Motion, seconds: float, noise: Noise = Noise(), seed: int = 0) -> Iterator[Message]:
    """States and odometry every PERIOD_S, a scan every 0.1 s, as they would arrive."""
    rng = np.random.default_rng(seed)
    counted = np.zeros(3)
    heading = 0.0
    bias = rng.normal() * noise.gyro
    before = motion.at(0.0)
    for k in range(round(seconds / PERIOD_S) + 1):
        t = k * PERIOD_S
        x, y, yaw = motion.at(t)
        gyro = np.array([*rng.normal(size=2) * noise.gyro, (yaw - motion.at(t - 1e-4)[2]) / 1e-4 + bias])
        tilt = rng.normal(size=2) * noise.tilt / 2
        quat = frames.multiply(frames.quat_from_yaw(np.asarray(yaw)), np.array([1.0, *tilt, 0.0]))
        quat = np.asarray(quat / np.linalg.norm(quat), np.float64)
        zero = np.zeros(12)
        yield RobotState(t, zero, zero, zero, quat, gyro, np.array([0.0, 0.0, 9.81]), np.ones(4))
        step = np.array([x - before[0], y - before[1], 0.0])
        body = frames.rotate_inverse(frames.quat_from_yaw(np.asarray((yaw + before[2]) / 2)), step)
        heading += yaw - before[2] + bias * PERIOD_S * (k > 0)
        moved = body * (noise.counted, noise.counted, 1.0) + rng.normal(size=3) * noise.step
        counted = counted + frames.rotate(frames.quat_from_yaw(np.asarray(heading)), moved)
        before = (x, y, yaw)
        odom_quat = np.asarray(frames.quat_from_yaw(np.asarray(heading)), np.float64)
        yield Odometry(t, "odom", counted, odom_quat, np.asarray(body / PERIOD_S, np.float64), gyro)
        if k >= 6 and (k - 6) % 5 == 0:  # a sweep of 0.1 s is complete, and 20 ms on its way
            yield sweep(boxes, motion, (k - 6) * PERIOD_S, rng, noise.range_m)
