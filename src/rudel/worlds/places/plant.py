"""Plant hall: rows of pumps, tanks and cabinets with aisles between, gratings, stairs and a raised platform."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds._layout import lerp
from rudel.worlds.place import Light, Waypoint, World
from rudel.worlds.places import _furnish, _machines, _plant_shell
from rudel.worlds.places._furnish import Placed, Spot
from rudel.worlds.places._region import Rect, Region, Vec2
from rudel.worlds.places._site import Site
from rudel.worlds.things import cover
from rudel.worlds.things._body import Draft
from rudel.worlds.things._mesh import facing

KINDS = (
    "gauge", "display", "valve", "nameplate", "marker", "cable_joint", "leak", "cover", "crate", "gas_bottle",
)  # fmt: skip
BAYS_RANGE = (2, 12)
THINGS_PER_BAY = 4
PERIMETER_M = 2.3  # of the aisle along the walls
PLATFORM_M, STAIRS_HALF_M, STAIRS, GOING_M = 4.5, 0.8, 8, 0.30
_CRATE_OFF_M, _PASSAGE_M = 0.42, 0.80
_WALK_M = 1.1  # from the wall: where the round walks


@dataclass(frozen=True)
class Hall:
    """Sizes [m]. The hall's floor begins at x = y = 0; machines stand in two rows along x; the platform is in the east.

    Attributes:
        bays: machines in a row.
        gap: narrow passage between neighbours.
        aisle: between the rows.
        rise: of a step.
    """

    bays: int
    gap: float
    aisle: float
    rise: float

    @property
    def row_end(self) -> float:
        """x where the rows end."""
        return PERIMETER_M + self.bays * _machines.BAY_M[0] + (self.bays - 1) * self.gap

    @property
    def length(self) -> float:
        """x of the edge of the platform."""
        return self.row_end + 2.0 + STAIRS * GOING_M

    @property
    def width(self) -> float:
        """y of the north wall."""
        return 2 * PERIMETER_M + 2 * _machines.BAY_M[1] + self.aisle

    @property
    def top(self) -> float:
        """Height of the platform."""
        return STAIRS * self.rise

    def bay(self, k: int) -> float:
        """x of the middle of bay ``k``."""
        return PERIMETER_M + _machines.BAY_M[0] / 2 + k * (_machines.BAY_M[0] + self.gap)


def build(
    difficulty: float, rng: np.random.Generator, bays: int = 5, things: int | None = None, fault_rate: float = 0.25
) -> World:
    """A plant hall.

    Args:
        difficulty: 0 to 1: narrower aisles (2.4 to 1.8 m) and passages (1.2 to 0.75 m), higher stairs (8 to 12 cm).
        rng: all randomness.
        bays: machines in each of the two rows.
        things: how many things to inspect; None is THINGS_PER_BAY for every bay.
        fault_rate: share of them that has a fault.

    Raises:
        BadInput: a value out of range.
    """
    if not 0.0 <= difficulty <= 1.0:
        raise BadInput(f"difficulty {difficulty} is outside [0, 1]")
    if not BAYS_RANGE[0] <= bays <= BAYS_RANGE[1]:
        raise BadInput(f"bays is {bays}, needs {BAYS_RANGE[0]} to {BAYS_RANGE[1]}")
    hall = Hall(bays, lerp(1.2, 0.75, difficulty), lerp(2.4, 1.8, difficulty), lerp(0.08, 0.12, difficulty))
    machine_rng, thing_rng, look_rng = rng.spawn(3)
    wanted = _furnish.deck(thing_rng, KINDS, THINGS_PER_BAY * bays if things is None else things, fault_rate)
    site = Site()
    gullies = _gullies(site, hall, thing_rng, sum(w.kind == "cover" for w in wanted))
    h = cover.HALF_M
    holes: list[Rect] = [(x - h, x + h, y - h, y + h) for x, y in gullies]
    region = Region([(0.0, hall.length + PLATFORM_M, 0.0, hall.width)], holes)
    _plant_shell.add(site, region, hall.length, hall.width, look_rng)
    site.pits(holes, _plant_shell.PIT_M)
    _plant_shell.platform(
        site, hall.length, hall.width, PLATFORM_M, (STAIRS, hall.rise, GOING_M, STAIRS_HALF_M), look_rng
    )
    _machines_in(site, hall, machine_rng)
    spots = _spots(hall, gullies)

    def free(xy: Vec2, margin_m: float) -> bool:
        edge = abs(xy[0] - hall.length) > margin_m or abs(xy[1] - hall.width / 2) < 0.1
        return region.inside(xy) and region.to_wall(xy) >= margin_m and edge

    placed = _furnish.furnish(site, wanted, spots, thing_rng, free)
    _furnish.cover_leftovers(site, gullies, placed)
    start = Waypoint("start", (_WALK_M, _WALK_M), 0.0, kind="start")
    size = hall.length + PLATFORM_M, hall.width
    return site.world(
        "plant",
        start,
        (-0.5, size[0] + 0.5, -0.5, size[1] + 0.5),
        _round(site, hall, placed),
        title=f"Plant hall, {size[0]:.0f} x {size[1]:.0f} m",
        made_by="rudel.worlds.places.plant",
        licence="Apache-2.0",
        ambient=(0.58, 0.58, 0.57),
        lights=(Light((size[0] / 2, size[1] / 2, 6.0), "directional", (0.25, 0.35, -1.0), (0.30, 0.30, 0.28)),),
        air_c=24.0,
        notes={"difficulty": difficulty, "indoors": True, "left_out": len(wanted) - len(placed)},
    )


def _gullies(site: Site, hall: Hall, rng: np.random.Generator, count: int) -> list[Vec2]:
    """Shafts in the middle of the aisle along the west wall and between the rows."""
    y = PERIMETER_M + _machines.BAY_M[1] + hall.aisle / 2
    places = [(hall.bay(k) + (_machines.BAY_M[0] + hall.gap) / 2, y) for k in range(0, hall.bays - 1)]
    chosen = [places[int(k)] for k in rng.permutation(len(places))[:count]]
    h = cover.HALF_M
    site.blocked += [(x - h, x + h, yy - h, yy + h) for x, yy in chosen]
    return chosen


def _machines_in(site: Site, hall: Hall, rng: np.random.Generator) -> None:
    kinds = [_machines.KINDS[k % len(_machines.KINDS)] for k in rng.permutation(2 * hall.bays)]
    depth = _machines.BAY_M[1]
    for k, kind in enumerate(kinds):
        row, bay = divmod(k, hall.bays)
        at = hall.bay(bay), PERIMETER_M + depth / 2 + row * (depth + hall.aisle), 0.0
        draft = Draft()
        height = kind(draft, rng)
        turn = facing((1, 0, 0)) if row == 0 else facing((-1, 0, 0))
        for piece in draft.pieces():
            site.look(piece.skin, piece.mesh.turned(turn).moved(at))
        x, y = ((at[i] - _machines.BAY_M[i] / 2, at[i] + _machines.BAY_M[i] / 2) for i in (0, 1))
        site.solid(x, y, (0.0, _machines.PLINTH_M))
        site.solid((x[0] + 0.05, x[1] - 0.05), (y[0] + 0.15, y[1] - 0.15), (_machines.PLINTH_M, height), block=False)


def _spots(hall: Hall, gullies: Sequence[Vec2]) -> list[Spot]:
    """Along the walls, on boards before the machines, on the platform, and on the floor of the aisle."""
    spots: list[Spot] = []
    both = ("wall", "floor_at_wall")
    w, east = hall.width, hall.row_end
    for x in np.arange(1.6, east - 0.5, 0.5).tolist():
        spots.append(Spot((x, 0.0, 0.0), (0.0, 1.0), both, x, 0.7))
        spots.append(Spot((x, w, 0.0), (0.0, -1.0), both, 2 * east + w - x, 0.7))
    for y in np.arange(1.6, w - 1.5, 0.5).tolist():
        spots.append(Spot((0.0, y, 0.0), (1.0, 0.0), both, 2 * east + w + (w - y), 0.7))
        spots.append(Spot((hall.length + PLATFORM_M, y, hall.top), (-1.0, 0.0), both, 10 * east + y, 0.7))
    low = PERIMETER_M + _machines.BAY_M[1]
    for k in range(hall.bays):
        x, order = hall.bay(k), 5 * east + hall.bay(k)
        spots.append(Spot((x, low + 0.09, 0.0), (0.0, 1.0), ("wall",), order, 0.5, board_m=0.5))
        spots.append(Spot((x, low + hall.aisle - 0.09, 0.0), (0.0, -1.0), ("wall",), order + 0.1, 0.5, board_m=0.5))
    for x in np.arange(3.0, east - 1.0, 1.0).tolist():  # crates along the south wall, or in the aisle there
        for faulty, y in ((False, _CRATE_OFF_M), (True, PERIMETER_M - _PASSAGE_M - 0.36)):
            spots.append(Spot((x, y, 0.0), (-1.0, 0.0), ("floor",), x - 1.5, 0.9, ("crate",), faulty))
    spots += [Spot((x, y, 0.0), (-1.0, 0.0), ("floor",), 5 * east + x, 0.9, ("cover",)) for x, y in gullies]
    return spots


def _round(site: Site, hall: Hall, placed: Sequence[Placed]) -> list[str]:
    """South wall, north wall, west wall, the aisle between the rows, the platform."""
    w, east = hall.width, hall.row_end
    walk, middle, far = _WALK_M, hall.width / 2, hall.row_end + 1.0
    north = w - walk
    nodes = {
        "south_west": (walk, walk), "south_east": (far, walk), "north_east": (far, north), "north_west": (walk, north),
        "aisle_west": (walk, middle), "stairs_foot": (far, middle),
        "platform": (hall.length + PLATFORM_M / 2 - 0.4, middle),
    }  # fmt: skip
    site.points += [Waypoint(name, xy) for name, xy in nodes.items()]
    limits = (0.0, east + 0.01, 2 * east + w + 0.01, 4 * east, 10 * east - 0.01, np.inf)
    parts = [[p.id for p in placed if a <= p.spot.along_m < b] for a, b in itertools.pairwise(limits)]
    south, north_wall, west, aisle, platform = parts
    return [
        "south_west", *south, "south_east", "north_east", *north_wall, "north_west", *west, "aisle_west",
        *aisle, "stairs_foot", "platform", *platform,
    ]  # fmt: skip
