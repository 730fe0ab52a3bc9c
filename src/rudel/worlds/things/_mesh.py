"""Triangle meshes with texture coordinates, put together from simple solids. Only for what things look like."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rudel.core import frames

Array = NDArray[np.float64]
Vec3 = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles, seen from the side on which their corners run anticlockwise.

    Attributes:
        vertices: (n, 3) [m]. A vertex belongs to one smooth surface: edges that shall look sharp have their own.
        faces: (m, 3) indices of vertices.
        uv: (n, 2) texture coordinates: u to the right, v downwards, (0, 0) is the top left corner of the picture.
    """

    vertices: Array
    faces: NDArray[np.int32]
    uv: Array

    def turned(self, rotation: ArrayLike) -> Mesh:
        """Rotated by a matrix (3, 3) about the origin."""
        return Mesh(self.vertices @ np.asarray(rotation).T, self.faces, self.uv)

    def moved(self, by: ArrayLike) -> Mesh:
        """Shifted by (3,) [m]."""
        return Mesh(self.vertices + np.asarray(by), self.faces, self.uv)


def merge(meshes: Iterable[Mesh]) -> Mesh:
    """All as one mesh."""
    parts = list(meshes)
    starts = np.cumsum([0, *(len(m.vertices) for m in parts)])
    return Mesh(
        np.concatenate([m.vertices for m in parts]),
        np.concatenate([m.faces + start for m, start in zip(parts, starts, strict=False)]).astype(np.int32),
        np.concatenate([m.uv for m in parts]),
    )


def quad(corner: ArrayLike, right: ArrayLike, down: ArrayLike, repeat: tuple[float, float] = (1.0, 1.0)) -> Mesh:
    """A rectangle seen from the side where ``right`` points right and ``down`` down; the picture ``repeat`` times."""
    c, r, d = (np.asarray(v, np.float64) for v in (corner, right, down))
    u, v = repeat
    return Mesh(
        np.array([c, c + d, c + d + r, c + r]),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.array([[0, 0], [0, v], [u, v], [u, 0]], np.float64),
    )


def box(centre: ArrayLike, half: ArrayLike, per_m: float = 0.0) -> Mesh:
    """An axis-aligned box; the texture repeats ``per_m`` times a metre on every side, 0: once per side."""
    c, h = np.asarray(centre, np.float64), np.asarray(half, np.float64)
    sides: list[Mesh] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            n = sign * np.eye(3)[axis]
            right = np.eye(3)[(axis + 1) % 3] if axis < 2 else np.eye(3)[0]
            if axis == 1:
                right = np.eye(3)[0]
            down = frames.cross(right, n)
            if down @ np.ones(3) > 0 and axis < 2:  # keep z pointing up in the picture
                right, down = -right, -down
            size = 2 * float(abs(right) @ h), 2 * float(abs(down) @ h)
            repeat = (size[0] * per_m, size[1] * per_m) if per_m else (1.0, 1.0)
            corner = c + n * h[axis] - right * size[0] / 2 - down * size[1] / 2
            sides.append(quad(corner, right * size[0], down * size[1], repeat))
    return merge(sides)


def disc(centre: ArrayLike, normal: ArrayLike, radius: float, sides: int = 40, up: ArrayLike = (0, 0, 1)) -> Mesh:
    """A round plate seen from where ``normal`` points; the picture's inscribed circle covers it."""
    right, up_ = _across(normal, up)
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)
    rim = np.asarray(centre) + radius * (c[:, None] * right + s[:, None] * up_)
    vertices = np.vstack((np.asarray(centre, np.float64), rim))
    uv = np.vstack(([0.5, 0.5], np.stack((0.5 + 0.5 * c, 0.5 - 0.5 * s), axis=1)))
    k = np.arange(sides)
    faces = np.stack((np.zeros_like(k), k + 1, (k + 1) % sides + 1), axis=1)
    return Mesh(vertices, faces.astype(np.int32), uv)


def lathe(start: ArrayLike, axis: ArrayLike, profile: Sequence[tuple[float, float]], sides: int = 24) -> Mesh:
    """A body of revolution: ``profile`` lists (distance along ``axis``, radius) [m]; every band has sharp edges."""
    ahead = _unit(axis)
    right, up = _across(ahead, (0, 0, 1) if abs(ahead[2]) < 0.9 else (1, 0, 0))
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    ring = np.cos(turn)[:, None] * right + np.sin(turn)[:, None] * up
    along = np.linspace(0, 1, sides + 1)
    bands: list[Mesh] = []
    k = np.arange(sides)
    for (a, ra), (b, rb) in itertools.pairwise(profile):
        vertices = np.vstack([np.asarray(start) + ahead * d + r * ring for d, r in ((a, ra), (b, rb))])
        n = sides + 1
        faces = np.vstack((np.stack((k, k + 1, k + 1 + n), 1), np.stack((k, k + 1 + n, k + n), 1)))
        uv = np.vstack((np.stack((along, np.zeros(n)), 1), np.stack((along, np.ones(n)), 1)))
        bands.append(Mesh(vertices, faces.astype(np.int32), uv))
    return merge(bands)


def rod(start: ArrayLike, end: ArrayLike, radius: float, sides: int = 12) -> Mesh:
    """A cylinder with flat ends."""
    d = np.asarray(end, np.float64) - np.asarray(start)
    length = float(np.linalg.norm(d))
    return lathe(start, d, ((0, 0), (0, radius), (length, radius), (length, 0)), sides)


def capsule(start: ArrayLike, end: ArrayLike, radius: float, sides: int = 14) -> Mesh:
    """A cylinder with round ends, the centres of which are given."""
    d = np.asarray(end, np.float64) - np.asarray(start)
    length = float(np.linalg.norm(d))
    turn = np.linspace(0, np.pi / 2, 5)
    head = [(-radius * np.cos(t), radius * np.sin(t)) for t in turn]
    tail = [(length + radius * np.sin(t), radius * np.cos(t)) for t in turn]
    return lathe(start, d if length else (0, 0, 1), [*head, *tail], sides)


def ring(centre: ArrayLike, axis: ArrayLike, radius: float, thickness: float, sides: int = 28, round_: int = 8) -> Mesh:
    """A torus: ``radius`` to the middle of a tube of radius ``thickness``."""
    a = _unit(axis)
    right, up = _across(a, (0, 0, 1) if abs(a[2]) < 0.9 else (1, 0, 0))
    big, small = (np.linspace(0, 2 * np.pi, n + 1) for n in (sides, round_))
    out = np.cos(big)[:, None] * right + np.sin(big)[:, None] * up  # (sides + 1, 3)
    vertices = (
        np.asarray(centre)
        + out[:, None] * (radius + thickness * np.cos(small)[None, :, None])
        + a * (thickness * np.sin(small)[None, :, None])
    ).reshape(-1, 3)
    i, j = (k.ravel() for k in np.meshgrid(np.arange(sides), np.arange(round_), indexing="ij"))
    n = round_ + 1
    p, q = i * n + j, (i + 1) * n + j
    faces = np.vstack((np.stack((p, q, q + 1), 1), np.stack((p, q + 1, p + 1), 1)))
    u, v = np.meshgrid(np.linspace(0, 1, sides + 1), np.linspace(0, 1, n), indexing="ij")
    return Mesh(vertices, faces.astype(np.int32), np.stack((u.ravel(), v.ravel()), 1))


def pipe(path: ArrayLike, radius: float, sides: int = 10) -> Mesh:
    """A tube along a polyline (n, 3), mitred at the bends, open at its ends."""
    points = np.asarray(path, np.float64)
    ahead = np.diff(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    right, up = _across(ahead[0], (0, 0, 1) if abs(ahead[0, 2]) < 0.9 else (1, 0, 0))
    ring_ = points[0] + radius * (np.cos(turn)[:, None] * right + np.sin(turn)[:, None] * up)
    rings = [ring_]
    for k in range(1, len(points)):
        # slide every point of the ring along its segment up to the plane that halves the bend
        cut = ahead[k - 1] + ahead[k] if k < len(ahead) else ahead[k - 1]
        reach = (points[k] - rings[-1]) @ cut / (ahead[k - 1] @ cut)
        rings.append(rings[-1] + reach[:, None] * ahead[k - 1])
    bands: list[Mesh] = []
    k, n = np.arange(sides), sides + 1
    faces = np.vstack((np.stack((k, k + 1, k + 1 + n), 1), np.stack((k, k + 1 + n, k + n), 1))).astype(np.int32)
    along = np.linspace(0, 1, n)
    for a, b in itertools.pairwise(rings):
        length = float(np.linalg.norm(b.mean(0) - a.mean(0)))
        uv = np.vstack((np.stack((along, np.zeros(n)), 1), np.stack((along, np.full(n, length)), 1)))
        bands.append(Mesh(np.vstack((a, b)), faces, uv))
    return merge(bands)


def facing(normal: ArrayLike) -> Array:
    """(3, 3) rotation that turns x into ``normal`` and keeps z as far up as it can (for a vertical normal, y left)."""
    x = _unit(normal)
    up = np.array([0.0, 0.0, 1.0]) if abs(x[2]) < 0.999 else np.array([-np.sign(x[2]), 0.0, 0.0])
    y = _unit(frames.cross(up, x))
    return np.stack((x, y, np.asarray(frames.cross(x, y), np.float64)), axis=1)


def _across(normal: ArrayLike, up: ArrayLike) -> tuple[Array, Array]:
    """Unit vectors right and up as seen by somebody who looks against ``normal``."""
    n = _unit(normal)
    right = _unit(frames.cross(np.asarray(up, np.float64), n))
    return right, np.asarray(frames.cross(n, right), np.float64)


def _unit(v: ArrayLike) -> Array:
    a = np.asarray(v, np.float64)
    return a / np.linalg.norm(a)
