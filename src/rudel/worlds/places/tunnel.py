"""Utility tunnel: corridors with bends, a loop and dead ends, pipes and cable trays, steps, fire doors and a sump."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds._layout import lerp
from rudel.worlds.place import Light, Waypoint, World
from rudel.worlds.places import _furnish, _tunnel_fittings, _tunnel_shell
from rudel.worlds.places._furnish import Placed, Spot
from rudel.worlds.places._region import Rect, Region, Vec2
from rudel.worlds.places._site import Site
from rudel.worlds.places._tunnel_fittings import Room
from rudel.worlds.places._tunnel_plan import Corridor, plan
from rudel.worlds.things import cover

LENGTH_RANGE_M = (20.0, 2000.0)
KINDS = (
    "gauge", "display", "valve", "nameplate", "marker", "cable_joint", "leak", "cover", "crate", "gas_bottle",
)  # fmt: skip
METRES_PER_THING = 12.0
BARE_SHARE, BARE_MOST_M = 0.15, 40.0  # one stretch without anything to look at
GULLY_RIGHT_M = 0.4  # of the middle of the corridor
_CRATE_M = 0.40  # of a crate's middle from the wall that it belongs to
_PASSAGE_M = 1.15  # left of a crate that blocks the way: a low pipe and 0.85 m to walk


def build(
    difficulty: float,
    rng: np.random.Generator,
    length_m: float = 300.0,
    things: int | None = None,
    fault_rate: float = 0.25,
    level: bool = False,
) -> World:
    """A tunnel.

    Args:
        difficulty: 0 to 1: narrower (2.8 to 2.2 m), narrower doors, higher sills (0 to 6 cm) and steps (4 to 12 cm).
        rng: all randomness.
        length_m: of all corridors together, about.
        things: how many things to inspect; None is one for every METRES_PER_THING.
        fault_rate: share of them that has a fault.
        level: without steps and sills, for robots that climb none.

    Raises:
        BadInput: a value out of range.
    """
    if not 0.0 <= difficulty <= 1.0:
        raise BadInput(f"difficulty {difficulty} is outside [0, 1]")
    if not LENGTH_RANGE_M[0] <= length_m <= LENGTH_RANGE_M[1]:
        raise BadInput(f"length_m {length_m} is outside [{LENGTH_RANGE_M[0]:g}, {LENGTH_RANGE_M[1]:g}]")
    half = lerp(1.4, 1.1, difficulty)
    plan_rng, fit_rng, thing_rng, look_rng = rng.spawn(4)
    count = round(length_m / METRES_PER_THING) if things is None else things
    wanted = _furnish.deck(thing_rng, KINDS, count, fault_rate)
    site, room = Site(), Room(plan(length_m, plan_rng))
    gullies = _gullies(site, room, fit_rng, sum(w.kind == "cover" for w in wanted))
    niches, sumps = _fit_out(site, room, fit_rng, half, difficulty, length_m, level)
    holes = [rect for _, _, rect in gullies] + sumps
    region = Region([c.rect(half) for c in room.corridors] + niches, holes)
    _tunnel_shell.add(site, region, look_rng)
    site.pits(holes, _tunnel_shell.PIT_M)
    _tunnel_shell.lamps(site, room.corridors)
    _tunnel_shell.services(site, room.corridors, region, half)
    spots = _spots(room, region, half, _bare(room.corridors, thing_rng))
    spots += [
        Spot((*c.at(at, -GULLY_RIGHT_M), 0.0), (-c.ahead[0], -c.ahead[1]), ("floor",), c.order_m + at, only=("cover",))
        for c, at, _ in gullies
    ]

    def free(xy: Vec2, margin_m: float) -> bool:
        return region.inside(xy) and region.to_wall(xy) >= margin_m

    placed = _furnish.furnish(site, wanted, spots, thing_rng, free)
    _furnish.cover_leftovers(site, [c.at(at, -GULLY_RIGHT_M) for c, at, _ in gullies], placed)
    x0, x1, y0, y1 = region.bounds
    start = Waypoint("start", (1.0, 0.0), 0.0, kind="start")
    stops = _round(site, room.corridors, placed)
    return site.world(
        "tunnel",
        start,
        (x0 - 0.5, x1 + 0.5, y0 - 0.5, y1 + 0.5),
        stops,
        title=f"Utility tunnel, {sum(c.length_m for c in room.corridors):.0f} m",
        made_by="rudel.worlds.places.tunnel",
        licence="Apache-2.0",
        ambient=(0.76, 0.76, 0.74),
        lights=(Light((0.0, 0.0, 2.5), "directional", (0.25, 0.4, -1.0), (0.28, 0.28, 0.27)),),
        air_c=16.0,
        notes={"difficulty": difficulty, "length_m": length_m, "indoors": True, "left_out": len(wanted) - len(placed)},
    )


def _gullies(site: Site, room: Room, rng: np.random.Generator, count: int) -> list[tuple[Corridor, float, Rect]]:
    """Where the floor has a shaft: corridor, metres along, hole."""
    found: list[tuple[Corridor, float, Rect]] = []
    half = cover.HALF_M
    for _ in range(count):
        taken = room.take(rng, ("main", "loop"), 4.0, 2.5)
        if taken is None:
            break
        c, at = room.corridors[taken[0]], taken[1] + 2.4
        hole = c.span((at - half, at + half), (-GULLY_RIGHT_M - half, -GULLY_RIGHT_M + half))
        site.blocked.append(hole)
        found.append((c, at, hole))
    return found


def _fit_out(
    site: Site, room: Room, rng: np.random.Generator, half: float, difficulty: float, length_m: float, level: bool
) -> tuple[list[Rect], list[Rect]]:
    """Doors, steps, niches, sumps and signs; returns the niches' floors and the sumps' holes."""
    niches: list[Rect] = []
    sumps: list[Rect] = []
    for c in room.corridors:
        if c.kind == "stub" and not sumps:
            sumps.append(_tunnel_fittings.sump(site, c, half))
    for k in range(max(1, round(length_m / 70))):
        if (taken := room.take(rng, ("main", "loop"), 2.4, half + 1.0)) is not None:
            _tunnel_fittings.door(site, room.corridors[taken[0]], taken[1] + 0.5, half, difficulty, sill=not level)
        if (taken := room.take(rng, ("main", "loop"), 1.8, half + 1.5)) is not None:
            c = room.corridors[taken[0]]
            niche = _tunnel_fittings.niche_rect(c, taken[1] + 0.1, half)
            niches.append(niche)
            _tunnel_fittings.cabinet(site, c, taken[1] + 0.1, half, f"PANEL {k + 1}")
    rise = lerp(0.04, 0.12, difficulty)
    for _ in range(0 if level else max(1, round(length_m / 130))):
        count = int(rng.integers(2, 4))
        length = 2 * count * _tunnel_fittings.GOING_M + 1.6
        if (taken := room.take(rng, ("main", "loop"), length + 1.0, half + 1.2)) is not None:
            _tunnel_fittings.steps(site, room.corridors[taken[0]], taken[1] + 0.5, count, rise, half)
    for k, c in enumerate(room.corridors):
        if c.kind != "stub" and c.length_m > 8.0:
            _tunnel_fittings.junction_sign(site, c, half, f"SECTION {k + 1}")
    return niches, sumps


def _bare(corridors: Sequence[Corridor], rng: np.random.Generator) -> tuple[float, float]:
    """From where to where on the round there is nothing to look at [m]."""
    total = corridors[-1].order_m + corridors[-1].length_m
    length = min(BARE_MOST_M, BARE_SHARE * total)
    low = float(rng.uniform(0.2, 0.6)) * total
    return low, low + length


def _spots(room: Room, region: Region, half: float, bare: tuple[float, float]) -> list[Spot]:
    """Places for things along the right wall, along both in loops and dead ends, and on the floor."""
    spots: list[Spot] = []
    for k, c in enumerate(room.corridors):
        for along in np.arange(half + 0.8, c.length_m - half - 0.8, 0.5).tolist():
            order = c.order_m + along
            if bare[0] < order < bare[1] or not room.free(k, along - 0.7, along + 0.7):
                continue
            for side in (-1.0,) if c.kind == "main" else (-1.0, 1.0):
                beyond = [c.at(along + d, side * (half + 0.05)) for d in (-0.7, 0.0, 0.7)]
                if any(region.inside(p) for p in beyond):
                    continue
                normal = c.ahead[1] * side, -c.ahead[0] * side
                spots.append(Spot((*c.at(along, side * half), 0.0), normal, ("wall", "floor_at_wall"), order, 0.7))
            back = -c.ahead[0], -c.ahead[1]
            if c.kind == "main" and not any(region.inside(c.at(along, s * (half + 0.05))) for s in (-1, 1)):
                for faulty, left in ((False, -(half - _CRATE_M)), (True, min(half - 0.36 - _PASSAGE_M, 0.0))):
                    spots.append(Spot((*c.at(along, left), 0.0), back, ("floor",), order, 0.9, ("crate",), faulty))
    return spots


def _round(site: Site, corridors: Sequence[Corridor], placed: Sequence[Placed]) -> list[str]:
    """A round through everything: corners and stands in order, each in a straight line from the one before."""
    stops: list[str] = []
    names: dict[Vec2, str] = {}

    def node(xy: Vec2, yaw: float) -> str:
        if xy not in names:
            names[xy] = f"corner_{len(names):02d}"
            site.points.append(Waypoint(names[xy], xy, yaw))
        return names[xy]

    for c in corridors:
        yaw = float(np.arctan2(c.ahead[1], c.ahead[0]))
        those = [p for p in placed if c.order_m <= p.spot.along_m < c.order_m + c.length_m]
        here = [p.id for p in sorted(those, key=lambda p, c=c: float(np.dot(p.stand, c.ahead)))]  # as one comes by
        end = c.at(c.length_m - 1.0) if c.kind == "stub" else c.b  # a sump may be at the very end
        stops += [node(c.a, yaw), *here, node(end, yaw)]
        if c.kind == "stub":
            stops.append(node(c.a, yaw))
    return [stop for k, stop in enumerate(stops) if k == 0 or stop != stops[k - 1]]
