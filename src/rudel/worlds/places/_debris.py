"""Broken concrete: slabs that lean or lie, stones, bent bars, jagged walls."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from rudel.worlds.place import Box, Convex, Cylinder
from rudel.worlds.places._region import Vec2
from rudel.worlds.places._site import Site, Vec3
from rudel.worlds.things._body import Skin
from rudel.worlds.things._mesh import Mesh, box, pipe

SLAB_M = 0.09  # half thickness
_BAR_M = 0.008  # radius of a reinforcement bar of 16 mm
_RUST = Skin((0.36, 0.20, 0.12, 1.0))
_SHADES = ((0.55, 0.53, 0.50, 1.0), (0.47, 0.46, 0.44, 1.0), (0.60, 0.56, 0.51, 1.0), (0.50, 0.36, 0.30, 1.0))


@dataclass(frozen=True)
class Slab:
    """A slab whose lower edge lies at ``foot`` and which rises towards ``heading`` [rad].

    Attributes:
        half: half length along the rise, half width [m].
        tilt: against the ground [rad].
    """

    foot: Vec3
    heading: float
    tilt: float
    half: tuple[float, float]

    def rotation(self) -> np.ndarray:
        """(3, 3): x along the rise, z out of its upper face."""
        c, s = np.cos(self.heading), np.sin(self.heading)
        ct, st = np.cos(self.tilt), np.sin(self.tilt)
        ahead = np.array((c * ct, s * ct, st))
        left = np.array((-s, c, 0.0))
        return np.stack((ahead, left, np.cross(ahead, left)), axis=1)

    def centre(self) -> np.ndarray:
        """(3,) of the slab."""
        return np.array(self.foot) + self.rotation()[:, 0] * self.half[0]


def slab(site: Site, skin: Skin, one: Slab, rng: np.random.Generator) -> None:
    """Put a slab with bars that stick out of its upper edge and that one had better not walk into."""
    turn, centre = one.rotation(), one.centre()
    quat = (
        np.cos(one.heading / 2) * np.cos(-one.tilt / 2),
        -np.sin(one.heading / 2) * np.sin(-one.tilt / 2),
        np.cos(one.heading / 2) * np.sin(-one.tilt / 2),
        np.sin(one.heading / 2) * np.cos(-one.tilt / 2),
    )
    half = (*one.half, SLAB_M)
    w, i, j, k = (np.array(quat) / np.linalg.norm(quat)).tolist()
    x, y, z = centre.tolist()
    site.shapes.append(Box((x, y, z), half, (w, i, j, k), seen=False))
    site.look(skin, box((0, 0, 0), half, 0.5).turned(turn).moved(centre))
    for y in np.arange(-one.half[1] + 0.15, one.half[1] - 0.1, 0.3):
        bend = rng.uniform(-0.18, 0.18, 2)
        reach = float(rng.uniform(0.12, 0.4))
        path = [
            (one.half[0] - 0.02, y, 0),
            (one.half[0] + reach / 2, y, 0),
            (one.half[0] + reach, y + bend[0], bend[1]),
        ]
        site.look(_RUST, pipe(path, _BAR_M, 5).turned(turn).moved(centre))
        ends: list[Vec3] = [(x, y, z) for x, y, z in (np.array(path) @ turn.T + centre).tolist()]
        site.shapes += [Cylinder(a, b, _BAR_M, round_ends=True, seen=False) for a, b in itertools.pairwise(ends)]


def stone(site: Site, at: Vec3, radius: float, rng: np.random.Generator) -> None:
    """An angular block, part of it below the ground."""
    points = rng.normal(size=(12, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points *= radius * rng.uniform(0.75, 1.1, (12, 1)) * np.array((1.0, 0.8, 0.6))
    shade = _SHADES[int(rng.integers(len(_SHADES)))]
    site.shapes.append(Convex(points + np.array(at), rgba=shade))


def jagged_wall(site: Site, skin: Skin, a: Vec2, b: Vec2, rng: np.random.Generator, low: float, high: float) -> None:
    """What is left of a wall from a to b, 0.2 m thick behind the line seen from its left; a broken upper edge."""
    d = np.subtract(b, a)
    length = float(np.hypot(*d))
    ahead = d / length
    back = np.array((ahead[1], -ahead[0])) * 0.2
    cuts = np.concatenate(([0.0], np.sort(rng.uniform(0.1, length - 0.1, max(1, int(length / 0.9)))), [length]))
    heights = np.clip(np.cumsum(rng.normal(0, 0.35, len(cuts))) + (low + high) / 2, low, high)
    ends = [np.array(a) + ahead * c for c in cuts]
    for k in range(len(cuts) - 1):
        p, q = ends[k], ends[k + 1]
        hp, hq = float(heights[k]), float(heights[k + 1])
        front = _strip(p, q, hp, hq, float(cuts[k]), float(cuts[k + 1]))
        rear = _strip(q + back, p + back, hq, hp, float(cuts[k + 1]), float(cuts[k]))
        top = np.array([(*(p + back), hp), (*p, hp), (*q, hq), (*(q + back), hq)])
        cap = Mesh(top, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.array([[0, 0], [0, 0.1], [1, 0.1], [1, 0]]))
        site.look(skin, front, rear, cap)
    corners = np.array([a, b, a + back, b + back])
    (x0, y0), (x1, y1) = corners.min(0).tolist(), corners.max(0).tolist()
    site.solid((x0, x1), (y0, y1), (-1.0, low), block=False)


def _strip(p: np.ndarray, q: np.ndarray, hp: float, hq: float, u0: float, u1: float) -> Mesh:
    """An upright quadrangle on the line p q, seen from its left, down to 1 m below the ground."""
    vertices = np.array([(*q, hq), (*q, -1.0), (*p, -1.0), (*p, hp)])
    uv = np.array([[u1, -hq], [u1, 1.0], [u0, 1.0], [u0, -hp]]) / 3.0
    return Mesh(vertices, np.array([[0, 2, 1], [0, 3, 2]], np.int32)[:, ::-1], uv)
