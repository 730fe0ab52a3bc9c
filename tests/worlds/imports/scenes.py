"""A place whose every height is known: a room with a table, stairs up to a tunnel, walls and ceilings throughout."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROOM = (0.0, 8.0, 0.0, 6.0)  # x_min, x_max, y_min, y_max [m]; its floor is at 0
PASSAGE = (2.0, 4.0)  # y of stairs and tunnel
STEPS, RISE, TREAD = 6, 0.12, 0.30
TUNNEL_END, HEADROOM = 24.0, 2.6
TABLE = (5.0, 6.0, 4.0, 5.0, 0.5)  # a solid block: x, y and its height


def height(x: Array, y: Array) -> Array:
    """Ground or block under (x, y) [m]; NaN where the place does not reach."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    found = np.full(np.broadcast(x, y).shape, np.nan)
    room = (x >= ROOM[0]) & (x <= ROOM[1]) & (y >= ROOM[2]) & (y <= ROOM[3])
    found[room] = 0.0
    table = (x >= TABLE[0]) & (x <= TABLE[1]) & (y >= TABLE[2]) & (y <= TABLE[3])
    found[table] = TABLE[4]
    passage = (x > ROOM[1]) & (x <= TUNNEL_END) & (y >= PASSAGE[0]) & (y <= PASSAGE[1])
    step = np.clip(np.floor((x - ROOM[1]) / TREAD) + 1, 0, STEPS)
    found[passage] = (RISE * step)[passage]
    return found


def points(count: int, rng: np.random.Generator, noise_m: float = 0.004) -> Array:
    """(count, 3) points, uniformly on all surfaces, with noise [m]."""
    x0, x1, y0, y1 = ROOM
    top = RISE * STEPS
    end = ROOM[1] + STEPS * TREAD
    patches: list[tuple[Array, Array, Array]] = []  # corner, two edges

    def patch(corner: tuple, u: tuple, v: tuple) -> None:
        patches.append((np.array(corner, float), np.array(u, float), np.array(v, float)))

    length, width, passage = x1 - x0, y1 - y0, PASSAGE[1] - PASSAGE[0]
    patch((x0, y0, 0), (length, 0, 0), (0, width, 0))
    patch((x0, y0, HEADROOM), (length, 0, 0), (0, width, 0))
    for y in (y0, y1):
        patch((x0, y, 0), (length, 0, 0), (0, 0, HEADROOM))
    patch((x0, y0, 0), (0, width, 0), (0, 0, HEADROOM))
    patch((x1, y0, 0), (0, PASSAGE[0] - y0, 0), (0, 0, HEADROOM))
    patch((x1, PASSAGE[1], 0), (0, y1 - PASSAGE[1], 0), (0, 0, HEADROOM))
    for k in range(STEPS):
        patch((x1 + k * TREAD, PASSAGE[0], k * RISE), (0, passage, 0), (0, 0, RISE))
        patch((x1 + k * TREAD, PASSAGE[0], (k + 1) * RISE), (TREAD, 0, 0), (0, passage, 0))
    patch((end, PASSAGE[0], top), (TUNNEL_END - end, 0, 0), (0, passage, 0))
    patch((x1, PASSAGE[0], HEADROOM + top), (TUNNEL_END - x1, 0, 0), (0, passage, 0))
    for y in PASSAGE:
        patch((x1, y, 0), (TUNNEL_END - x1, 0, 0), (0, 0, HEADROOM + top))
    patch((TUNNEL_END, PASSAGE[0], top), (0, passage, 0), (0, 0, HEADROOM))
    a0, a1, b0, b1, h = TABLE
    patch((a0, b0, h), (a1 - a0, 0, 0), (0, b1 - b0, 0))
    for y in (b0, b1):
        patch((a0, y, 0), (a1 - a0, 0, 0), (0, 0, h))
    for x in (a0, a1):
        patch((x, b0, 0), (0, b1 - b0, 0), (0, 0, h))

    areas = np.array([np.linalg.norm(np.cross(u, v)) for _, u, v in patches])
    which = rng.choice(len(patches), count, p=areas / areas.sum())
    corners, us, vs = (np.array([p[k] for p in patches]) for k in range(3))
    a, b = rng.random((2, count, 1))
    found = corners[which] + a * us[which] + b * vs[which] + rng.normal(scale=noise_m, size=(count, 3))
    under = ~((found[:, 2] < h - 0.05) & _inside(found, 0.02))  # nobody sees the floor under the block
    return found[under]


def _inside(found: Array, margin: float) -> NDArray[np.bool_]:
    x, y = found[:, 0], found[:, 1]
    a0, a1, b0, b1, _ = TABLE
    return (x > a0 + margin) & (x < a1 - margin) & (y > b0 + margin) & (y < b1 - margin)


def write_ply(path: Path, cloud: Array, intensity: NDArray[np.floating] | None = None) -> Path:
    """Binary PLY of doubles, with the intensities (n,) as floats if there are any."""
    fields = [(axis, "<f8") for axis in "xyz"] + ([] if intensity is None else [("intensity", "<f4")])
    records = np.zeros(len(cloud), fields)
    for k, axis in enumerate("xyz"):
        records[axis] = cloud[:, k]
    if intensity is not None:
        records["intensity"] = intensity
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(cloud)}\n"
    head += "".join(f"property {'double' if kind == '<f8' else 'float'} {name}\n" for name, kind in fields)
    path.write_bytes(head.encode() + b"end_header\n" + records.tobytes())
    return path


def write_las(path: Path, cloud: Array, scale: float = 0.001) -> Path:
    """LAS 1.2, point format 0."""
    offset = np.floor(cloud.min(axis=0))
    whole = np.rint((cloud - offset) / scale).astype("<i4")
    records = np.zeros(len(cloud), [("xyz", "<i4", 3), ("rest", "u1", 8)])
    records["xyz"] = whole
    head = bytearray(227)
    head[:4], head[24], head[25] = b"LASF", 1, 2
    struct.pack_into("<HII", head, 94, 227, 227, 0)
    struct.pack_into("<BHI", head, 104, 0, 20, len(cloud))
    struct.pack_into("<6d", head, 131, scale, scale, scale, *offset)
    path.write_bytes(bytes(head) + records.tobytes())
    return path
