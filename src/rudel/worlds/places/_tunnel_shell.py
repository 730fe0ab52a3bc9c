"""The shell of a tunnel: floor, walls, ceiling, lamps, and the pipes and trays that run along it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from rudel.worlds.places import _surfaces
from rudel.worlds.places._region import Region, Vec2, Wall
from rudel.worlds.places._site import Site, spread
from rudel.worlds.places._tunnel_plan import Corridor
from rudel.worlds.things._body import DARK, GREY, Skin
from rudel.worlds.things._mesh import Mesh, box, pipe, quad, ring, rod

HEIGHT_M, PIT_M = 2.6, 0.3  # of the ceiling above and of pits below the floor
LAMP_EVERY_M = 6.0
WALL_M = 0.15  # thickness that a robot can bump into
LOW_PIPE_M = (0.10, 0.16, 0.24)  # radius, distance of its axis from the wall, height
_LAMP = Skin((1.0, 0.98, 0.90, 1.0), emission=1.0)
_PIPES = (  # skin, radius, distance from the wall, height
    (Skin((0.20, 0.42, 0.28, 1.0)), 0.075, 0.14, 1.72),
    (Skin((0.62, 0.62, 0.60, 1.0)), 0.11, 0.18, 2.05),
    (Skin((0.16, 0.32, 0.56, 1.0)), 0.05, 0.10, 1.48),
)
_LOW = Skin((0.55, 0.20, 0.12, 1.0))
_CABLES = (Skin((0.06, 0.06, 0.07, 1.0)), Skin((0.60, 0.28, 0.05, 1.0)), Skin((0.22, 0.22, 0.24, 1.0)))


def add(site: Site, region: Region, rng: np.random.Generator) -> None:
    """Floor with its holes, walls and ceiling."""
    floor = Skin(image=_surfaces.floor(rng), emission=0.05)
    ceiling = Skin((0.78, 0.77, 0.75, 1.0), image=_surfaces.concrete(rng, 512, 512), emission=0.25)
    walls = Skin(image=_surfaces.wall(rng, LAMP_EVERY_M, HEIGHT_M), emission=0.12)
    for x0, x1, y0, y1 in region.floors():
        site.solid((x0, x1), (y0, y1), (-PIT_M, 0.0), block=False)
        site.look(floor, spread((x0, x1, y0, y1), 0.0, 3.0))
    for rect in region.ceilings():
        site.look(ceiling, spread(rect, HEIGHT_M, 3.0, up=False))
    for wall in region.walls:
        (x0, y0), (x1, y1), (nx, ny) = wall.a, wall.b, wall.normal
        x = sorted((x0, x1 if nx == 0 else x0 - nx * WALL_M))
        y = sorted((y0, y1 if ny == 0 else y0 - ny * WALL_M))
        site.solid((x[0], x[1]), (y[0], y[1]), (-PIT_M, HEIGHT_M), block=False)
        site.look(walls, _wall_face(wall))


def lamps(site: Site, corridors: Sequence[Corridor]) -> None:
    """A batten lamp under the ceiling wherever the walls are painted bright."""
    for c in corridors:
        axis = 0 if c.ahead[1] == 0 else 1
        low, high = sorted((c.a[axis], c.b[axis]))
        first = np.ceil((low - LAMP_EVERY_M / 2) / LAMP_EVERY_M) * LAMP_EVERY_M + LAMP_EVERY_M / 2
        for along in np.arange(first, high, LAMP_EVERY_M):
            at = (float(along), c.a[1]) if axis == 0 else (c.a[0], float(along))
            half = (0.6, 0.05) if axis == 0 else (0.05, 0.6)
            site.look(GREY, box((*at, HEIGHT_M - 0.03), (half[0] + 0.03, half[1] + 0.03, 0.03)))
            site.look(_LAMP, box((*at, HEIGHT_M - 0.085), (*half, 0.03)))


def services(site: Site, corridors: Sequence[Corridor], region: Region, half_m: float) -> None:
    """Pipes to the left of the main line, a cable tray to its right, both above a robot's head; a low pipe to touch."""
    line = _main_line(corridors)
    for skin, radius, out, height in _PIPES:
        path = _offset(line, half_m - out)
        site.look(skin, pipe([(*p, height) for p in path], radius, 14))
        for p, along in _every(path, 8.0):
            site.look(DARK, ring((*p, height), (*along, 0.0), radius + 0.012, 0.018, 16, 6))
    tray = _offset(line, -(half_m - 0.2))
    for a, b in itertools.pairwise(tray):
        middle, half = np.add(a, b) / 2, np.abs(np.subtract(b, a)) / 2 + 0.15
        site.look(GREY, box((*middle, 2.02), (*half, 0.008)))
    for k, skin in enumerate(_CABLES):
        site.look(skin, pipe([(*p, 2.055) for p in _offset(line, -(half_m - 0.11 - 0.09 * k))], 0.028, 8))
    for p, _ in _every(tray, 4.0):
        site.look(DARK, rod((*p, 2.0), (*p, HEIGHT_M), 0.012, 6))
    _low_pipes(site, corridors, region, half_m)


def _low_pipes(site: Site, corridors: Sequence[Corridor], region: Region, half_m: float) -> None:
    from rudel.worlds.place import Cylinder

    radius, out, height = LOW_PIPE_M
    for c in corridors:
        if c.kind != "main":
            continue
        nx, ny = c.ahead[1], -c.ahead[0]  # from the wall on the left into the room
        for wall in region.walls:
            if wall.normal != (nx, ny) or wall.length_m < 4.0:
                continue
            inner = np.array([wall.at(0.6, out), wall.at(wall.length_m - 0.6, out)])
            ends = sorted(_along(c, p) for p in inner)
            if abs(_left(c, inner[0]) - (half_m - out)) > 1e-6 or ends[1] < 0 or ends[0] > c.length_m:
                continue
            a, b = (c.at(float(np.clip(e, 0.3, c.length_m - 0.3)), half_m - out) for e in ends)
            if np.hypot(b[0] - a[0], b[1] - a[1]) < 1.0:
                continue
            site.shapes.append(Cylinder((*a, height), (*b, height), radius, seen=False))
            x, y = sorted((a[0], b[0])), sorted((a[1], b[1]))
            site.blocked.append((x[0] - radius, x[1] + radius, y[0] - radius, y[1] + radius))
            site.look(_LOW, rod((*a, height), (*b, height), radius, 14))
            for p, along in _every([a, b], 3.0):
                site.look(DARK, ring((*p, height), (*along, 0.0), radius + 0.008, 0.014, 14, 6))
                site.look(DARK, box((*p, height / 2 - radius / 2), (0.03, 0.03, (height - radius) / 2)))


def _along(c: Corridor, p: np.ndarray) -> float:
    return float((p - c.a) @ np.array(c.ahead))


def _left(c: Corridor, p: np.ndarray) -> float:
    return float((p - c.a) @ np.array((-c.ahead[1], c.ahead[0])))


def _wall_face(wall: Wall) -> Mesh:
    """Seen from the room; it is brightest below the lamps, half way between multiples of their distance."""
    nx, ny = wall.normal
    right = np.array((-ny, nx))
    ends = sorted((wall.a, wall.b), key=lambda p: float(right @ p))
    along = [float(right @ p) / LAMP_EVERY_M for p in ends]
    (x0, y0), (x1, y1) = ends
    face = quad((x0, y0, HEIGHT_M), (x1 - x0, y1 - y0, 0), (0, 0, -HEIGHT_M))
    uv = face.uv.copy()
    uv[:, 0] = along[0] + uv[:, 0] * (along[1] - along[0])
    return Mesh(face.vertices, face.faces, uv)


def _main_line(corridors: Sequence[Corridor]) -> list[Vec2]:
    """Corners of the main line: what lies straight on is joined."""
    forward = [c for c in corridors if c.kind == "main"]
    points: list[Vec2] = [forward[0].a]
    for c in forward:
        end = c.b if c.b[0] >= c.a[0] else c.a  # the stretch beside the loop is walked backwards
        if len(points) > 1 and np.allclose(
            np.cross((*np.subtract(points[-1], points[-2]), 0), (*np.subtract(end, points[-1]), 0)), 0
        ):
            points.pop()
        if end != points[-1]:
            points.append(end)
    return points


def _offset(line: Sequence[Vec2], left_m: float) -> list[Vec2]:
    """A polyline with right-angled bends, ``left_m`` to the left."""
    ahead = np.diff(np.asarray(line), axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    left = np.stack((-ahead[:, 1], ahead[:, 0]), axis=1) * left_m
    out = [np.add(line[0], left[0])]
    out += [np.add(line[k], left[k - 1] + left[k]) for k in range(1, len(line) - 1)]
    out.append(np.add(line[-1], left[-1]))
    return [(float(x), float(y)) for x, y in out]


def _every(path: Sequence[Vec2], step_m: float) -> list[tuple[Vec2, Vec2]]:
    """Points ``step_m`` apart on each stretch of a polyline, with its direction."""
    found: list[tuple[Vec2, Vec2]] = []
    for a, b in itertools.pairwise(path):
        d = np.subtract(b, a)
        length = float(np.hypot(*d))
        for along in np.arange(step_m / 2, length, step_m):
            p, u = np.add(a, d * along / length), d / length
            found.append(((float(p[0]), float(p[1])), (float(u[0]), float(u[1]))))
    return found
