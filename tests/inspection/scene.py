"""Boxes, and what the senses of a dog say about them: analytic rays, a little noise, no simulator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rudel.core import frames
from rudel.core.findings import Capture, Target
from rudel.core.readings import CameraPose, DepthImage, GasReading, Image, Intrinsics, Reading, Scan, ThermalImage
from rudel.core.types import Pose
from rudel.inspection.capture import Aim, HeadLimits, Mounted, Rig, Where, aim, in_base

OPTICAL = np.array([0.5, -0.5, 0.5, -0.5])  # base_T_optical of a camera that looks ahead
WIDE = Intrinsics.of_view(240, 180, math.radians(90))
THERMAL = Intrinsics.of_view(160, 120, math.radians(57))
DEPTH = Intrinsics.of_view(160, 120, math.radians(87))
DOWN = np.array([math.cos(0.225), 0.0, math.sin(0.225), 0.0])
RIG = Rig(
    {
        "wide": Mounted(np.array([0.3, 0.0, 0.0]), optics=WIDE),
        "zoom": Mounted(np.array([-0.05, 0.0, 0.25]), optics=WIDE),
        "thermal": Mounted(np.array([-0.05, 0.0, 0.15]), optics=THERMAL),
        "depth": Mounted(np.array([0.3, 0.0, -0.02]), DOWN, DEPTH),
        "scan": Mounted(np.array([0.08, 0.0, 0.2])),
    },
    HeadLimits(),
    ("CH4",),
)
HEIGHT_M, AIR_C = 0.32, 16.0


@dataclass(frozen=True)
class Block:
    """An upright box between two corners [m], its grey level or colour, and its temperature."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    rgb: tuple[int, int, int] = (120, 118, 112)
    celsius: float = AIR_C


def corridor(half_m: float = 1.2) -> list[Block]:
    """Floor and walls along x."""
    return [
        Block((-20, -20, -1), (20, 20, 0)),
        Block((-20, half_m, 0), (20, half_m + 0.2, 2.6), (150, 148, 142)),
        Block((-20, -half_m - 0.2, 0), (20, -half_m, 2.6), (150, 148, 142)),
    ]


def holed(x: float, y: float, half_m: float, depth_m: float = 0.3) -> list[Block]:
    """A floor with a square shaft."""
    return [
        Block((-20, -20, -1), (x - half_m, 20, 0)),
        Block((x + half_m, -20, -1), (20, 20, 0)),
        Block((x - half_m, -20, -1), (x + half_m, y - half_m, 0)),
        Block((x - half_m, y + half_m, -1), (x + half_m, 20, 0)),
        Block((x - half_m, y - half_m, -1), (x + half_m, y + half_m, -depth_m)),
    ]


def cast(blocks: Sequence[Block], start: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance (n,) and index of the block (n,) that rays (n, 3) meet; infinite and -1: none."""
    best, which = np.full(len(unit), np.inf), np.full(len(unit), -1)
    safe = np.where(np.abs(unit) < 1e-9, 1e-9, unit)
    for k, block in enumerate(blocks):
        a, b = (np.array(block.low) - start) / safe, (np.array(block.high) - start) / safe
        near, far = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
        hit = (near <= far) & (near > 1e-6) & (near < best)
        best[hit], which[hit] = near[hit], k
    return best, which


def base(x: float, y: float, yaw: float = 0.0) -> Pose:
    return Pose(np.array([x, y, HEIGHT_M]), np.asarray(frames.quat_from_yaw(np.asarray(yaw)), np.float64))


def _through(blocks: Sequence[Block], pose: Pose, optics: Intrinsics, camera: CameraPose) -> tuple[np.ndarray, ...]:
    local = optics.directions().reshape(-1, 3).astype(np.float64)
    length = np.linalg.norm(local, axis=1)
    start = pose.position + frames.rotate(pose.quat, camera.position)
    unit = frames.rotate(frames.multiply(pose.quat, camera.quat), local / length[:, None])
    far, which = cast(blocks, start, unit)
    shape = optics.height, optics.width
    return (far / length).reshape(shape), which.reshape(shape)


def shoot(
    blocks: Sequence[Block],
    pose: Pose,
    target: Target,
    senses: Sequence[str] = ("wide", "zoom", "thermal", "depth", "scan"),
    seed: int = 0,
    time_s: float = 10.0,
    believed: Pose | None = None,
    aimed: Aim | None = None,
) -> Capture:
    """A capture by senses on RIG from a pose; ``believed``: what the robot thinks its pose is."""
    rng, readings = np.random.default_rng(seed), dict[str, Reading]()
    believed = believed or pose
    for sense in senses:
        if sense == "gas":
            readings[sense] = GasReading(time_s, "gas", "CH4", 0.0)
            continue
        sensor = RIG.sensors[sense]
        if sense == "scan":
            readings[sense] = in_base(_scan(blocks, pose, sensor, rng, time_s), sensor)
            continue
        optics, quat, angles = sensor.optics, sensor.quat, (0.0, 0.0, 1.0)
        assert optics is not None
        if sense == "zoom":
            wanted = aimed or aim(target, Where(believed), RIG)
            assert wanted is not None
            angles = wanted.pan_rad, wanted.tilt_rad, wanted.zoom
            tilt = np.array([math.cos(wanted.tilt_rad / 2), 0.0, math.sin(wanted.tilt_rad / 2), 0.0])
            quat = frames.multiply(frames.quat_from_yaw(np.asarray(wanted.pan_rad)), tilt)
            focal = optics.fx * wanted.zoom
            optics = Intrinsics(optics.width, optics.height, focal, focal, optics.cx, optics.cy)
        camera = CameraPose(
            np.asarray(sensor.position, np.float64), np.asarray(frames.multiply(quat, OPTICAL), np.float64), *angles
        )
        depth, which = _through(blocks, pose, optics, camera)
        if sense == "depth":
            seen = np.isfinite(depth) & (depth >= 0.28) & (depth <= 10)
            z = np.where(seen, depth, 0.0)
            z += 0.005 * z**2 * rng.standard_normal(depth.shape)
            readings[sense] = DepthImage(time_s, sense, z.astype(np.float32), optics, camera)
        elif sense == "thermal":
            celsius = np.array([AIR_C, *(b.celsius for b in blocks)])[which + 1] + 0.1 * rng.standard_normal(
                which.shape
            )
            readings[sense] = ThermalImage(time_s, sense, (celsius + 1.5).astype(np.float32), optics, camera)
        else:
            colour = np.array([(0, 0, 0), *(b.rgb for b in blocks)])[which + 1] + 2.5 * rng.standard_normal(
                (*which.shape, 1)
            )
            readings[sense] = Image(time_s, sense, np.clip(colour, 0, 255).astype(np.uint8), optics, camera)
    return Capture(target, time_s, believed, 0.03, 0.01, readings)


def _scan(blocks: Sequence[Block], pose: Pose, sensor: Mounted, rng: np.random.Generator, time_s: float) -> Scan:
    turn, rise = np.meshgrid(np.deg2rad(np.arange(0, 360, 0.4)), np.deg2rad(np.arange(-15, 16, 2.0)))
    turn, rise = turn.ravel(), rise.ravel()
    unit = np.stack((np.cos(turn) * np.cos(rise), np.sin(turn) * np.cos(rise), np.sin(rise)), axis=1)
    start = pose.position + frames.rotate(pose.quat, sensor.position)
    far, _ = cast(blocks, start, frames.rotate(pose.quat, unit))
    good = np.isfinite(far)
    far = far[good] + 0.015 * rng.standard_normal(int(good.sum()))
    points, n = (unit[good] * far[:, None]).astype(np.float32), int(good.sum())
    zeros = np.zeros(n, np.float32)
    return Scan(time_s, "lidar", points, zeros, np.zeros(n, np.uint16), zeros)


def garbage(capture: Capture) -> list[tuple[str, Capture]]:
    """The same capture with broken readings, by what is wrong with them."""
    import dataclasses

    def each(change: str) -> Capture:
        readings: dict[str, Reading] = {}
        for name, reading in capture.readings.items():
            fields = {"wide": "pixels", "zoom": "pixels", "thermal": "celsius", "depth": "depth_m", "scan": "points"}
            field = fields.get(name.split("/")[0], "ppm")
            value = np.asarray(getattr(reading, field))
            blank = 0 if value.dtype.kind != "f" else {"nan": np.nan, "zero": 0.0, "inf": np.inf}[change]
            new = np.full_like(value, blank) if value.ndim else float(blank)
            same: Any = reading  # one of several dataclasses, each with a field of its own
            readings[name] = dataclasses.replace(same, **{field: new})
        return dataclasses.replace(capture, readings=readings)

    swapped = dict(zip(capture.readings, reversed(list(capture.readings.values())), strict=True))
    far = Pose(np.full(3, np.nan), np.full(4, np.nan))
    return [
        *((change, each(change)) for change in ("nan", "zero", "inf")),
        ("nothing", dataclasses.replace(capture, readings={})),
        ("of other senses", dataclasses.replace(capture, readings=swapped)),
        ("nowhere", dataclasses.replace(capture, pose=far)),
    ]
