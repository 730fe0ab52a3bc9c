"""Rubble of a collapsed building: leaning slabs with voids below, mounds, stones, broken walls, and dummies to find."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds._layout import lerp
from rudel.worlds.place import HeightField, Light, Waypoint, World
from rudel.worlds.places import _debris, _furnish, _surfaces
from rudel.worlds.places._debris import Slab
from rudel.worlds.places._furnish import Placed, Spot
from rudel.worlds.places._region import Region, Vec2
from rudel.worlds.places._site import Site
from rudel.worlds.things._body import Skin

KINDS = ("dummy", "marker", "gas_bottle", "gauge", "dummy", "nameplate", "valve", "leak", "dummy", "cable_joint")
SIZE_RANGE_M = (12.0, 60.0)
RESOLUTION_M = 0.1
LANE_M = 4.6  # distance of the lanes of the way, which winds through the place
_WALL_LOW_M, _WALL_HIGH_M = 1.1, 2.6
_KEEP_M = 0.55  # what stays clear to either side of the way: a Lite3 is 0.4 m wide with its legs
Array = np.ndarray


def build(
    difficulty: float,
    rng: np.random.Generator,
    size_m: float = 20.0,
    things: int = 12,
    fault_rate: float = 0.25,
    dust: float = 0.3,
) -> World:
    """A collapsed building.

    Args:
        difficulty: 0 to 1: rougher ground on the way (1 to 5 cm), steeper mounds (5 to 15 degrees), more debris,
            lower voids to walk through (1.1 to 0.7 m).
        rng: all randomness.
        size_m: edge of the square.
        things: how many things to find, every third of them a dummy.
        fault_rate: share of those that can fail which has a fault.
        dust: in the air, 0 to 1.

    Raises:
        BadInput: a value out of range.
    """
    if not 0.0 <= difficulty <= 1.0:
        raise BadInput(f"difficulty {difficulty} is outside [0, 1]")
    if not SIZE_RANGE_M[0] <= size_m <= SIZE_RANGE_M[1]:
        raise BadInput(f"size_m {size_m} is outside [{SIZE_RANGE_M[0]:g}, {SIZE_RANGE_M[1]:g}]")
    ground_rng, thing_rng, debris_rng, look_rng = rng.spawn(4)
    wanted = _furnish.deck(thing_rng, KINDS, things, fault_rate)
    way = _way(size_m)
    ground = _ground(size_m, way, difficulty, ground_rng)
    site = Site()
    concrete = Skin(image=_surfaces.concrete(look_rng, 512, 512, 150), emission=0.05)
    corners = ((0.0, 0.0), (size_m, 0.0), (size_m, size_m), (0.0, size_m))
    for a, b in zip(corners, (*corners[1:], corners[0]), strict=True):
        _debris.jagged_wall(site, concrete, a, b, debris_rng, _WALL_LOW_M, _WALL_HIGH_M)
    region = Region([(0.0, size_m, 0.0, size_m)])

    def free(xy: Vec2, margin_m: float) -> bool:
        return region.inside(xy) and region.to_wall(xy) >= margin_m

    placed = _furnish.furnish(site, wanted, _spots(size_m, way, ground), thing_rng, free)
    clear = [way, *(np.array([_nearest(way, p.stand), p.stand, p.spot.at[:2]]) for p in placed)]
    _shelters(site, concrete, placed, ground, debris_rng)
    _voids(site, concrete, way, ground, lerp(1.1, 0.7, difficulty), clear, debris_rng)
    _scatter(site, concrete, size_m, clear, ground, difficulty, debris_rng)
    dirt = Skin(image=_surfaces.concrete(look_rng, 512, 512, 120))
    return site.world(
        "rubble",
        Waypoint("start", (float(way[0, 0]), float(way[0, 1])), float(np.pi / 2), kind="start"),
        (-0.2, size_m + 0.2, -0.2, size_m + 0.2),
        _round(site, way, placed),
        title=f"Collapsed building, {size_m:.0f} x {size_m:.0f} m",
        made_by="rudel.worlds.places.rubble",
        licence="Apache-2.0",
        ground=ground,
        ground_material=site.material(dirt, texture_m=2.0),
        ambient=(0.46, 0.46, 0.47),
        lights=(Light((0.0, 0.0, 10.0), "directional", (0.45, 0.3, -0.84), (0.50, 0.47, 0.42)),),
        air_c=12.0,
        dust=dust,
        notes={"difficulty": difficulty, "indoors": False, "left_out": len(wanted) - len(placed)},
    )


def _way(size: float) -> Array:
    """(n, 2) corners of the way: up and down in lanes from west to east."""
    count = max(2, int((size - 3.0) / LANE_M) + 1)
    lanes = np.linspace(1.6, size - 1.6, count)
    low, high = 1.6, size - 1.6
    points: list[tuple[float, float]] = []
    for k, x in enumerate(lanes.tolist()):
        points += [(x, low), (x, high)] if k % 2 == 0 else [(x, high), (x, low)]
    return np.array(points)


def _ground(size: float, way: Array, difficulty: float, rng: np.random.Generator) -> HeightField:
    """Broad mounds, debris off the way and small bumps on it."""
    n = round(size / RESOLUTION_M) + 1
    x, y = np.meshgrid(np.linspace(0, size, n), np.linspace(0, size, n))
    heights = np.zeros_like(x)
    steepest = np.tan(np.deg2rad(lerp(5.0, 15.0, difficulty)))
    for _ in range(int(size * size / 30)):
        cx, cy, sigma = rng.uniform(1.5, size - 1.5), rng.uniform(1.5, size - 1.5), rng.uniform(1.2, 2.2)
        top = steepest * sigma / 0.61 * rng.uniform(0.3, 0.75)  # a Gaussian is steepest at sigma: 0.61 top / sigma
        heights = np.maximum(heights, top * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma**2)))
    off = np.clip((_distance(way, np.stack((x, y), -1)) - _KEEP_M) / 0.5, 0.0, 1.0)
    bumps = rng.uniform(-1.0, 1.0, x.shape)
    bumps = (bumps + np.roll(bumps, 1, 0) + np.roll(bumps, 1, 1) + np.roll(bumps, (1, 1), (0, 1))) / 4
    on_way, beside = lerp(0.01, 0.05, difficulty), lerp(0.05, 0.14, difficulty)
    heights += bumps * (on_way + (beside - on_way) * off)
    return HeightField(heights.astype(np.float32), RESOLUTION_M, (0.0, 0.0))


def _spots(size: float, way: Array, ground: HeightField) -> list[Spot]:
    """Along the broken walls, and for dummies between the lanes."""
    spots: list[Spot] = []

    def add(at: Vec2, normal: Vec2, mounts: tuple[str, ...], room: float, only: tuple[str, ...] = ()) -> None:
        z = float(ground.at(np.array(at)))
        ahead = float(ground.at(np.add(at, np.multiply(normal, 1.2))))
        level = max(z, ahead) if "wall" in mounts else z
        spots.append(Spot((*at, level), normal, mounts, _along(way, at), room, only))

    for s in np.arange(1.4, size - 1.4, 0.6).tolist():
        for at, normal in (
            ((s, 0.0), (0.0, 1.0)),
            ((s, size), (0.0, -1.0)),
            ((0.0, s), (1.0, 0.0)),
            ((size, s), (-1.0, 0.0)),
        ):
            add(at, normal, ("wall",), 0.7)
            add(at, normal, ("floor_at_wall",), 0.7)
    lanes = np.unique(way[:, 0])
    for x0, x1 in itertools.pairwise(lanes):
        for y in np.arange(3.2, size - 3.2, 1.1).tolist():
            middle = float(x0 + x1) / 2
            add((middle, y), (-1.0, 0.0), ("floor",), 1.0, ("dummy",))
            add((middle, y + 0.5), (1.0, 0.0), ("floor",), 1.0, ("dummy",))
    return spots


def _shelters(site: Site, skin: Skin, placed: Sequence[Placed], ground: HeightField, rng: np.random.Generator) -> None:
    """A slab that leans over every other dummy, open to where it can be seen from."""
    for k, p in enumerate(p for p in placed if p.id.startswith("X")):
        if k % 2:
            continue
        n = np.array(p.spot.normal)
        foot = np.array(p.spot.at[:2]) - n * 0.95
        tilt = float(np.deg2rad(rng.uniform(40, 52)))
        heading = float(np.arctan2(n[1], n[0]))
        z = float(ground.at(foot)) - 0.05
        _debris.slab(site, skin, Slab((*foot.tolist(), z), heading, tilt, (0.95, float(rng.uniform(0.9, 1.2)))), rng)


def _voids(
    site: Site,
    skin: Skin,
    way: Array,
    ground: HeightField,
    free_m: float,
    clear: Sequence[Array],
    rng: np.random.Generator,
) -> None:
    """Slabs that lie on two blocks across the way: one walks below them."""
    for a, b in zip(way[::2], way[1::2], strict=True):
        at = a + (b - a) * float(rng.uniform(0.4, 0.6))
        if min(_distance(line, at[None])[0] for line in clear[1:]) < 1.6 if len(clear) > 1 else False:
            continue
        near = at + np.stack(np.meshgrid(np.linspace(-0.6, 0.6, 9), np.linspace(-0.6, 0.6, 9)), -1).reshape(-1, 2)
        top = float(ground.at(near).max()) + free_m
        for side in (-1.0, 1.0):
            x = at[0] + side * (_KEEP_M + 0.28)
            site.solid((x - 0.2, x + 0.2), (at[1] - 0.5, at[1] + 0.5), (-0.5, top), block=False)
            from rudel.worlds.things._mesh import box

            site.look(skin, box((x, at[1], (top - 0.5) / 2), (0.2, 0.5, (top + 0.5) / 2), 0.5))
        _debris.slab(site, skin, Slab((float(at[0]) - 1.25, float(at[1]), top + 0.11), 0.0, 0.02, (1.25, 0.7)), rng)


def _scatter(
    site: Site,
    skin: Skin,
    size: float,
    clear: Sequence[Array],
    ground: HeightField,
    difficulty: float,
    rng: np.random.Generator,
) -> None:
    """Slabs and stones wherever they block neither the way nor a view."""
    for _ in range(round(size * size * lerp(0.25, 0.5, difficulty))):
        half = float(rng.uniform(0.5, 1.2)), float(rng.uniform(0.4, 0.8))
        tilt, heading = float(np.deg2rad(rng.uniform(8, 40))), float(rng.uniform(0, 2 * np.pi))
        middle = rng.uniform(1.0, size - 1.0, 2)
        if min(_distance(line, middle[None])[0] for line in clear) < _KEEP_M + float(np.hypot(*half)):
            continue
        foot = middle - np.array((np.cos(heading), np.sin(heading))) * half[0] * np.cos(tilt)
        _debris.slab(site, skin, Slab((*foot.tolist(), float(ground.at(foot)) - 0.05), heading, tilt, half), rng)
    for _ in range(round(size * size * lerp(0.7, 1.3, difficulty))):
        radius = float(rng.uniform(0.10, lerp(0.28, 0.42, difficulty)))
        at = rng.uniform(0.5, size - 0.5, 2)
        if min(_distance(line, at[None])[0] for line in clear) < _KEEP_M + radius:
            continue
        _debris.stone(site, (*at.tolist(), float(ground.at(at)) + 0.15 * radius), radius, rng)


def _distance(line: Array, xy: Array) -> Array:
    """Distance [m] of points (..., 2) from a polyline (n, 2) -> (...)."""
    best = np.full(xy.shape[:-1], np.inf)
    for a, b in itertools.pairwise(line):
        d = b - a
        t = np.clip(((xy - a) @ d) / max(float(d @ d), 1e-12), 0.0, 1.0)
        best = np.minimum(best, np.linalg.norm(xy - (a + t[..., None] * d), axis=-1))
    return best


def _nearest(line: Array, xy: Vec2) -> Array:
    """The point of a polyline that is nearest to xy, (2,)."""
    points = _points(line)
    return points[np.argmin(np.linalg.norm(points - xy, axis=1))]


def _along(line: Array, xy: Vec2) -> float:
    """How far along a polyline its point nearest to xy lies [m], to 5 cm."""
    return 0.05 * float(np.argmin(np.linalg.norm(_points(line) - xy, axis=1)))


def _points(line: Array) -> Array:
    """Points 5 cm apart on a polyline, (m, 2)."""
    lengths = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))))
    at = np.arange(0.0, lengths[-1], 0.05)
    return np.stack([np.interp(at, lengths, line[:, k]) for k in (0, 1)], axis=1)


def _round(site: Site, way: Array, placed: Sequence[Placed]) -> list[str]:
    """Along the way; from its nearest point to each thing and back."""
    lengths = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))))
    stops = [(float(s), [f"way_{k:02d}"]) for k, s in enumerate(lengths)]
    site.points += [Waypoint(f"way_{k:02d}", (float(x), float(y))) for k, (x, y) in enumerate(way)]
    for p in placed:
        at = _nearest(way, p.stand)
        name = f"turn_{p.id}"
        site.points.append(Waypoint(name, (float(at[0]), float(at[1]))))
        stops.append((_along(way, p.stand), [name, p.id, name]))
    return [stop for _, group in sorted(stops, key=lambda s: s[0]) for stop in group]
