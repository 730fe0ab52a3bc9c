"""Hills from a real elevation model at a walkable size, with a trail, trees, rocks and boards to read."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds._layout import lerp
from rudel.worlds.place import Convex, Cylinder, HeightField, Light, Waypoint, World
from rudel.worlds.places import _elevation, _furnish
from rudel.worlds.places._furnish import Placed, Spot
from rudel.worlds.places._region import Region, Vec2
from rudel.worlds.places._site import Site
from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import Skin
from rudel.worlds.things._mesh import lathe

KINDS = ("gauge", "marker", "display", "dummy", "nameplate", "valve", "crate", "cable_joint")
SIZE_RANGE_M = (24.0, 120.0)
RESOLUTION_M = 0.25
_TRAIL_M, _BOARD_OFF_M, _KEEP_M = 1.3, 1.15, 1.0  # width of the trail; boards and trees from its middle
_NODE_EVERY = 4  # metres from point to point of the round
_PX_PER_M, _MOST_PX = 30, 3000  # of the picture of the ground
_BARK, _LEAVES = Skin((0.30, 0.21, 0.13, 1.0)), (Skin((0.12, 0.27, 0.10, 1.0)), Skin((0.18, 0.33, 0.11, 1.0)))
Array = np.ndarray


def build(
    difficulty: float,
    rng: np.random.Generator,
    size_m: float = 50.0,
    things: int = 14,
    fault_rate: float = 0.25,
) -> World:
    """Open hills.

    Args:
        difficulty: 0 to 1: steeper (8 to 22 degrees), rougher ground (0 to 4 cm), more trees and rocks.
        rng: all randomness, the choice of the cut included.
        size_m: edge of the square.
        things: how many things to find.
        fault_rate: share of those that can fail which has a fault.

    Raises:
        BadInput: a value out of range.
    """
    if not 0.0 <= difficulty <= 1.0:
        raise BadInput(f"difficulty {difficulty} is outside [0, 1]")
    if not SIZE_RANGE_M[0] <= size_m <= SIZE_RANGE_M[1]:
        raise BadInput(f"size_m {size_m} is outside [{SIZE_RANGE_M[0]:g}, {SIZE_RANGE_M[1]:g}]")
    ground_rng, thing_rng, tree_rng, look_rng = rng.spawn(4)
    wanted = _furnish.deck(thing_rng, KINDS, things, fault_rate)
    half = size_m / 2
    trail = _trail(half, ground_rng)
    ground = _ground(size_m, trail, difficulty, ground_rng)
    site, region = Site(), Region([(-half, half, -half, half)])

    def free(xy: Vec2, margin_m: float) -> bool:
        return region.inside(xy) and region.to_wall(xy) >= margin_m + 1.0

    placed = _furnish.furnish(site, wanted, _spots(trail, ground), thing_rng, free)
    _grow(site, trail, placed, ground, half, difficulty, tree_rng)
    picture = Skin(image=_picture(size_m, trail, ground, look_rng))
    start = Waypoint("start", (float(trail[0, 0]), float(trail[0, 1])), _heading(trail, 0), kind="start")
    return site.world(
        "outdoors",
        start,
        (-half, half, -half, half),
        _round(site, trail, placed),
        title=f"Hills, {size_m:.0f} x {size_m:.0f} m",
        source=f"{_elevation.FILE} of matplotlib's sample data, scaled",
        made_by="rudel.worlds.places.outdoors",
        licence="matplotlib licence (relief), Apache-2.0 (all else)",
        ground=ground,
        ground_material=site.material(picture, texture_m=size_m),
        ambient=(0.42, 0.43, 0.45),
        lights=(Light((0.0, 0.0, 30.0), "directional", (0.5, 0.3, -0.8), (0.55, 0.53, 0.48)),),
        air_c=18.0,
        notes={"difficulty": difficulty, "indoors": False, "left_out": len(wanted) - len(placed)},
    )


def _trail(half: float, rng: np.random.Generator) -> Array:
    """(n, 2) a closed way around the middle, about 1 m from point to point."""
    turn = np.linspace(0, 2 * np.pi, 721)
    radius = np.full_like(turn, 0.62 * half)
    for k in (2, 3, 5):
        radius += half * float(rng.uniform(0.02, 0.16 / k)) * np.cos(k * turn + float(rng.uniform(0, 2 * np.pi)))
    points = radius[:, None] * np.stack((np.cos(turn), np.sin(turn)), axis=1)
    lengths = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))))
    at = np.linspace(0.0, lengths[-1], round(lengths[-1]) + 1)
    return np.stack([np.interp(at, lengths, points[:, k]) for k in (0, 1)], axis=1)


def _ground(size: float, trail: Array, difficulty: float, rng: np.random.Generator) -> HeightField:
    steepest = float(np.deg2rad(lerp(8.0, 22.0, difficulty)))
    heights = _elevation.relief(size, RESOLUTION_M, steepest, rng)
    rough = rng.uniform(-1.0, 1.0, heights.shape) * lerp(0.0, 0.04, difficulty)
    return HeightField((heights + rough).astype(np.float32), RESOLUTION_M, (-size / 2, -size / 2))


def _heading(trail: Array, k: int) -> float:
    """Direction of the trail at its point ``k`` [rad]."""
    d = trail[min(k + 1, len(trail) - 1)] - trail[max(k - 1, 0)]
    return float(np.arctan2(d[1], d[0]))


def _spots(trail: Array, ground: HeightField) -> list[Spot]:
    """Boards to the right of the trail; crates on it; dummies beside it."""
    spots: list[Spot] = []
    for k in range(4, len(trail) - 4):
        heading = _heading(trail, k)
        right = np.array((np.sin(heading), -np.cos(heading)))
        normal = -float(right[0]), -float(right[1])
        z = float(ground.at(trail[k]))
        at = trail[k] + right * _BOARD_OFF_M
        level = max(z, float(ground.at(at)))
        spots.append(Spot((*at.tolist(), level), normal, ("wall",), float(k), 0.7, board_m=0.55))
        off = trail[k] - right * 2.2
        across = -normal[0], -normal[1]
        spots.append(Spot((*off.tolist(), float(ground.at(off))), across, ("floor",), float(k), 1.0, ("dummy",)))
        if k % _NODE_EVERY != _NODE_EVERY // 2:
            continue  # the round's points stay free
        back = -float(np.cos(heading)), -float(np.sin(heading))
        for faulty, side in ((False, 1.1), (True, 0.1)):
            spot = trail[k] + right * side
            level = float(ground.at(spot)) - 0.05
            spots.append(Spot((*spot.tolist(), level), back, ("floor",), float(k) - 1.5, 1.0, ("crate",), faulty))
    return spots


def _grow(
    site: Site,
    trail: Array,
    placed: Sequence[Placed],
    ground: HeightField,
    half: float,
    difficulty: float,
    rng: np.random.Generator,
) -> None:
    """Trees and rocks off the trail and out of sight lines."""
    keep = [*trail, *(np.array(p.stand) for p in placed), *(np.array(p.spot.at[:2]) for p in placed)]
    clear = np.array(keep)
    for k in range(round(half * half * lerp(0.08, 0.16, difficulty))):
        at = rng.uniform(-half + 1.5, half - 1.5, 2)
        radius = float(rng.uniform(0.15, lerp(0.4, 0.6, difficulty)))
        if np.linalg.norm(clear - at, axis=1).min() < _KEEP_M + 0.5 + radius:
            continue
        z = float(ground.at(at))
        if k % 3 == 0:
            points = rng.normal(size=(12, 3))
            points *= radius / np.linalg.norm(points, axis=1, keepdims=True) * np.array((1.0, 0.85, 0.7))
            grey = float(rng.uniform(0.38, 0.55))
            site.shapes.append(
                Convex(points + np.array((*at, z + 0.2 * radius)), rgba=(grey, grey * 0.98, grey * 0.93, 1.0))
            )
            continue
        height, trunk = float(rng.uniform(2.5, 5.0)), float(rng.uniform(0.07, 0.14))
        foot, top = (*at.tolist(), z - 0.3), (*at.tolist(), z + 0.45 * height)
        site.shapes.append(Cylinder(foot, top, trunk, seen=False))
        site.look(_BARK, lathe(foot, (0, 0, 1), ((0, trunk), (0.3 + 0.6 * height, 0.6 * trunk)), 9))
        leaves = _LEAVES[int(rng.integers(2))]
        for share, wide in ((0.28, 0.26), (0.48, 0.20), (0.68, 0.13)):
            bottom = (*at.tolist(), z + share * height)
            site.look(leaves, lathe(bottom, (0, 0, 1), ((0, 0), (0, wide * height), (0.36 * height, 0)), 10))


def _picture(size: float, trail: Array, ground: HeightField, rng: np.random.Generator) -> canvas.Image:
    """Grass, bare earth where it is steep, and the trail, from above; north up, laid over the whole ground once."""
    n = min(round(size * _PX_PER_M), _MOST_PX)
    image = canvas.blank(n, n, (92, 108, 56))
    rise = _elevation.steepness(ground.heights.astype(np.float64), RESOLUTION_M)
    bare = np.clip((cv2.resize(rise, (n, n)) - 0.16) / 0.12, 0, 1)[::-1, :, None]
    image = (image * (1 - 0.8 * bare) + np.array((126, 108, 80)) * 0.8 * bare).astype(np.uint8)
    path = np.zeros((n, n), np.float32)
    pixels = np.stack(((trail[:, 0] / size + 0.5) * n, (0.5 - trail[:, 1] / size) * n), axis=1)
    cv2.polylines(path, [np.round(pixels).astype(np.int32)], True, 1.0, round(_TRAIL_M / size * n), cv2.LINE_AA)
    path = cv2.GaussianBlur(path, (0, 0), 4)[:, :, None]
    image = (image * (1 - path) + np.array((176, 156, 120)) * path).astype(np.uint8)
    for coarse, strength in ((64, 7.0), (16, 8.0), (4, 9.0), (1, 9.0)):
        image = canvas.grain(image, rng, strength, coarse)
    return image


def _round(site: Site, trail: Array, placed: Sequence[Placed]) -> list[str]:
    """Once around the trail."""
    stops: list[tuple[float, str]] = []
    for k in range(0, len(trail), _NODE_EVERY):
        name = f"trail_{k:03d}"
        site.points.append(Waypoint(name, (float(trail[k, 0]), float(trail[k, 1])), _heading(trail, k)))
        stops.append((float(k), name))
    stops += [(p.spot.along_m, p.id) for p in placed]
    return [name for _, name in sorted(stops)]
