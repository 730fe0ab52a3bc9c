"""Logs of two-dimensional lasers (CARMEN .log, .clf; also .gz and .bz2) whose poses have been corrected: a floor plan.

Format: CARMEN Robot Navigation Toolkit; FLASER n ranges x y theta odom_x odom_y odom_theta. A log with plain odometry
makes no map (walls would appear several times): it is refused, told by how well its scans agree.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import _text
from rudel.worlds.imports._source import FREE, OCCUPIED, UNKNOWN, FloorPlan

WHAT = "CARMEN laser log"
SUFFIXES = (".clf", ".clf.gz", ".clf.bz2", ".log", ".log.gz", ".log.bz2")

_CELL_M = 0.05
_MOST_BYTES = 512 << 20
_MOST_EDGE_M, _MOST_CELLS = 500.0, 40_000_000
_LEAST_SCANS = 20
_FAR_M = 30.0  # readings beyond mean "nothing there" or are coarse
_DISAGREE = 0.25  # share of the hits that other scans look through, beyond which poses are wrong
_HALF_TURN = np.pi  # what the lasers of these logs sweep


def read(path: Path) -> FloorPlan:
    """The plan that the scans make, if their poses are good enough for one."""
    scans = list(_scans(path))
    if len(scans) < _LEAST_SCANS:
        raise BadInput(f"{path} has {len(scans)} laser scans (FLASER), at least {_LEAST_SCANS} make a map")
    poses = np.array([pose for _, pose in scans])
    reach = min(_FAR_M, max(float(ranges[ranges < _FAR_M].max(initial=1.0)) for ranges, _ in scans))
    low, high = poses[:, :2].min(axis=0) - reach - 1, poses[:, :2].max(axis=0) + reach + 1
    nx, ny = (int(n) for n in np.ceil((high - low) / _CELL_M))
    if max(high - low) > _MOST_EDGE_M or nx * ny > _MOST_CELLS:
        raise BadInput(f"{path}: its poses span {high[0] - low[0]:.0f} x {high[1] - low[1]:.0f} m: that is no building")
    seen, hit = np.zeros((ny, nx), np.uint16), np.zeros((ny, nx), np.uint16)
    for ranges, pose in scans:
        _enter(seen, hit, ranges, pose, low)
    share = hit / np.maximum(seen, 1)
    cells = np.full((ny, nx), UNKNOWN, np.int8)
    cells[seen >= 2] = FREE
    cells[(hit >= 2) & (share > 0.25)] = OCCUPIED
    through = float(hit[(hit > 0) & (share <= 0.25)].sum() / max(1, hit.sum()))
    if through > _DISAGREE:
        raise BadInput(
            f"{path}: {through:.0%} of what its scans hit lies where other scans look through: its poses are plain "
            "odometry or wrong. Correct them first (SLAM), or import the map made from them (YAML with PGM)"
        )
    return FloorPlan(cells, _CELL_M, (float(low[0]), float(low[1])))


def _scans(path: Path) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Ranges (n,) [m] and the pose (x, y, theta) of the laser, of every front scan."""
    for number, line in enumerate(_unpacked(path).split(b"\n"), 1):
        if not line.startswith(b"FLASER"):
            continue
        words = line.split()
        count = int(words[1]) if len(words) > 1 and words[1].isdigit() and len(words[1]) < 6 else 0
        values = _text.numbers(b" ".join(words[2 : 5 + count]))
        if not count or values is None or values.size != count + 3 or not np.isfinite(values[-3:]).all():
            raise BadInput(f"{path}: line {number} is no laser scan: it is cut off or damaged")
        yield values[:count], values[count:]


def _unpacked(path: Path) -> bytes:
    opened = {".bz2": bz2.open, ".gz": gzip.open}.get(path.suffix.lower(), open)
    try:
        with opened(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BadInput(f"{path} cannot be unpacked ({error}). Fetch it again") from None
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{path} unpacks to more than {_MOST_BYTES} bytes")
    return data


def _enter(seen: NDArray[np.uint16], hit: NDArray[np.uint16], ranges: NDArray, pose: NDArray, low: NDArray) -> None:
    """Mark the cells that the beams of a scan cross, and those where they end."""
    n = len(ranges)
    angles = pose[2] - _HALF_TURN / 2 + np.arange(n) * _HALF_TURN / max(1, n - (n % 2))
    valid = np.isfinite(ranges) & (ranges > 0.05)
    far = np.minimum(np.where(valid, ranges, 0.0), _FAR_M)
    ends = pose[:2] + far[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    hits = valid & (ranges < _FAR_M)
    corners = np.concatenate([[pose[:2]], ends[valid & hits]])
    # the fan of beams as one polygon: cells inside have been looked through
    pixels = ((corners - low) / _CELL_M * 16).astype(np.int64)
    x0, y0 = np.maximum(pixels.min(axis=0) // 16 - 1, 0)
    x1, y1 = pixels.max(axis=0) // 16 + 2
    fan = np.zeros((int(y1 - y0), int(x1 - x0)), np.uint8)
    cv2.fillPoly(fan, [(pixels - np.array([x0, y0]) * 16).astype(np.int32)], [1], shift=4)
    seen[y0:y1, x0:x1] += fan[: seen.shape[0] - y0, : seen.shape[1] - x0]
    at = np.unique(np.floor((ends[hits] - low) / _CELL_M).astype(np.int64), axis=0)
    inside = (at >= 0).all(axis=1) & (at < np.array(hit.shape[::-1])).all(axis=1)
    x, y = at[inside].T
    hit[y, x] += 1
    outside = fan[np.clip(y - y0, 0, fan.shape[0] - 1), np.clip(x - x0, 0, fan.shape[1] - 1)] == 0
    seen[y[outside], x[outside]] += 1
