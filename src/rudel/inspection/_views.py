"""Geometry of one capture: where pictures were taken from, what of the map is where in them, and points in the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.findings import Capture
from rudel.core.readings import DepthImage, Image, Scan, ThermalImage
from rudel.core.types import Pose

Floats = NDArray[np.floating]
Picture = Image | DepthImage | ThermalImage
Box = tuple[int, int, int, int]

BASE = "base"  # frame of scans in captures: "base", or "base from x y z" with the place of the sensor in it [m]


def eye(pose: Pose, picture: Picture) -> tuple[Floats, Floats]:
    """map_T_optical: position (3,) [m] and quat (4,)."""
    position = pose.position + frames.rotate(pose.quat, picture.pose.position)
    return position, frames.multiply(pose.quat, picture.pose.quat)


def project(points: Floats, pose: Pose, picture: Picture) -> tuple[Floats, Floats]:
    """Pixels (n, 2) of points (n, 3) in the map, and their depths (n,) along the axis [m]; behind it: not above 0."""
    position, quat = eye(pose, picture)
    local = frames.rotate_inverse(quat, np.asarray(points, np.float64).reshape(-1, 3) - position)
    optics, z = picture.intrinsics, local[:, 2]
    safe = np.where(z > 1e-6, z, np.nan)
    uv = np.stack((optics.fx * local[:, 0] / safe + optics.cx, optics.fy * local[:, 1] / safe + optics.cy), axis=1)
    return uv, z


def box_around(point: Floats, half_m: float, pose: Pose, picture: Picture) -> Box | None:
    """x, y, width, height [pixels] of a ball around a point, cut at the edges; None: its middle is outside."""
    uv, z = project(np.asarray(point), pose, picture)
    optics = picture.intrinsics
    if not z[0] > 0.05:
        return None
    (u, v), depth = uv[0], float(z[0])
    if not (0 <= u < optics.width and 0 <= v < optics.height):
        return None
    rx, ry = optics.fx * half_m / depth, optics.fy * half_m / depth
    x0, y0 = max(0, int(u - rx)), max(0, int(v - ry))
    x1, y1 = min(optics.width, int(u + rx) + 1), min(optics.height, int(v + ry) + 1)
    return x0, y0, x1 - x0, y1 - y0


@dataclass(frozen=True, eq=False)
class Rays:
    """What was measured along lines of sight: (n, 3) where each began and where it met something, in the map [m]."""

    starts: Floats
    ends: Floats

    def __len__(self) -> int:
        return len(self.ends)


def depth_rays(pose: Pose, depth: DepthImage) -> Rays:
    """Of the pixels of a depth picture that have an answer."""
    z = np.asarray(depth.depth_m, np.float64)
    good = np.isfinite(z) & (z > 0)
    position, quat = eye(pose, depth)
    local = depth.intrinsics.directions()[good] * z[good][:, None]
    ends = frames.rotate(quat, local.astype(np.float64)) + position
    return Rays(np.broadcast_to(position, ends.shape), ends)


def scan_rays(pose: Pose, scan: Scan) -> Rays:
    """Of a scan in the base frame (see ``capture.in_base``). Empty: it is in another frame."""
    points, start = np.asarray(scan.points, np.float64), scan_start(scan)
    good = points[:0] if start is None else points[np.isfinite(points).all(axis=1)]
    origin = pose.position + frames.rotate(pose.quat, np.zeros(3) if start is None else start)
    ends = frames.rotate(pose.quat, good) + pose.position
    return Rays(np.broadcast_to(origin, ends.shape), ends)


def scan_start(scan: Scan) -> Floats | None:
    """Where the sensor sits in the base (3,) [m], from the name of the scan's frame; None: it is not the base frame."""
    name, _, place = scan.frame.partition(" from ")
    if name != BASE:
        return None
    try:
        start = np.array([float(v) for v in place.split()] if place else [0.0, 0.0, 0.0])
    except ValueError:
        return None
    return start if start.shape == (3,) and bool(np.isfinite(start).all()) else None


def rays(capture: Capture) -> Rays:
    """All of a capture, from its depth picture and its scan; empty when it has neither."""
    found = [Rays(np.zeros((0, 3)), np.zeros((0, 3)))]
    depth, scan = capture.readings.get("depth"), capture.readings.get("scan")
    if isinstance(depth, DepthImage):
        found.append(depth_rays(capture.pose, depth))
    if isinstance(scan, Scan):
        found.append(scan_rays(capture.pose, scan))
    return Rays(np.concatenate([f.starts for f in found]), np.concatenate([f.ends for f in found]))


def floor_z(ends: Floats, around: Floats, radius_m: float, below_m: float) -> float | None:
    """Height [m] of the floor near ``around`` (3,): where most points below ``below_m`` lie; None: too few."""
    near = np.hypot(ends[:, 0] - around[0], ends[:, 1] - around[1]) < radius_m
    z = ends[near & (ends[:, 2] < below_m) & (ends[:, 2] > below_m - 1.0), 2]
    if len(z) < 20:
        return None
    counts, edges = np.histogram(z, bins=50, range=(below_m - 1.0, below_m))
    low = float(edges[int(np.argmax(counts))])
    level = z[(z > low - 0.02) & (z < low + 0.04)]
    return float(np.median(level)) if len(level) >= 10 else None
