"""Puts things to inspect where there is room for them, and finds from where each can be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds import things
from rudel.worlds.place import Viewpoint
from rudel.worlds.places import _board
from rudel.worlds.places._site import Site, Vec2, Vec3

MIN_TO_WALL_M = 0.5  # of a viewpoint: half a Lite3's length and room to turn
MIN_TO_OBSTACLE_M = 0.42
MAX_THINGS = 500
_SIDEWAYS_M = (0.0, 0.15, -0.15, 0.3, -0.3)
_NEARER_M = (0.0, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3)


@dataclass(frozen=True)
class Spot:
    """Where a thing may go.

    Attributes:
        at: a point on the floor [m]: at the foot of the wall, or where a thing on the floor has its middle.
        normal: from the wall into the room, or from where the thing is looked at.
        mounts: which kinds of mounting (``things.Site.mount``) it suits.
        along_m: order along the way through the place.
        room_m: how much is free to either side.
        only: kinds for which it is reserved; empty: any.
        faulty: whether it is for things with or without a fault; None: for both.
        board_m: half width of the board that is put up there with the thing; 0: there is a wall.
    """

    at: Vec3
    normal: Vec2
    mounts: tuple[str, ...]
    along_m: float
    room_m: float = 1.0
    only: tuple[str, ...] = ()
    faulty: bool | None = None
    board_m: float = 0.0

    def suits(self, wanted: Wanted) -> bool:
        """Whether that thing may go here."""
        info = things.site(wanted.kind)
        if info.mount not in self.mounts or self.room_m < info.half_width_m:
            return False
        return (not self.only or wanted.kind in self.only) and self.faulty in (None, wanted.faulty)


@dataclass(frozen=True)
class Placed:
    """A thing, the spot it got, and where one stands to see it."""

    id: str
    spot: Spot
    stand: Vec2


@dataclass(frozen=True)
class Wanted:
    """One thing to be put up: kind, label, faulty or not."""

    kind: str
    label: str
    faulty: bool


def deck(rng: np.random.Generator, kinds: Sequence[str], count: int, fault_rate: float) -> list[Wanted]:
    """``count`` things, all kinds equally often, the given share of those that can fail being faulty.

    Raises:
        BadInput: count or fault_rate out of range.
    """
    if not 0 <= count <= MAX_THINGS:
        raise BadInput(f"things is {count}, needs 0 to {MAX_THINGS}")
    if not 0.0 <= fault_rate <= 1.0:
        raise BadInput(f"fault_rate is {fault_rate}, needs a share from 0 to 1")
    order = rng.permutation(len(kinds))
    names = [kinds[int(order[k % len(kinds)])] for k in range(count)]
    names = [names[int(k)] for k in rng.permutation(count)]
    able = [k for k, name in enumerate(names) if things.site(name).can_fail]
    faulty = set(rng.permutation(able)[: round(fault_rate * len(able))].tolist())
    return [Wanted(name, f"{things.site(name).prefix}-{101 + k}", k in faulty) for k, name in enumerate(names)]


def furnish(
    site: Site,
    wanted: Sequence[Wanted],
    spots: Sequence[Spot],
    rng: np.random.Generator,
    free: Callable[[Vec2, float], bool],
) -> list[Placed]:
    """Put up what is wanted, things on the floor first, since they take room away.

    Args:
        site: gets the things.
        wanted: what to put up.
        spots: where it may go; used in random order.
        rng: randomness.
        free: whether a point is at least so far [m] from walls and on floor.

    Returns:
        What was put up, along the way. A thing for which no spot is left is left out; places note how many.
    """
    order = sorted(wanted, key=lambda w: things.site(w.kind).mount != "floor")
    left = [spots[int(k)] for k in rng.permutation(len(spots))]
    placed: list[Placed] = []
    for one in order:
        own = np.random.default_rng(rng.integers(2**63))  # a thing without a spot must not change the others
        info = things.site(one.kind)
        body = things.make(one.kind, own, one.faulty, one.label)
        lift = float(own.uniform(*info.height_m)) if info.mount == "wall" else 0.0
        for spot in left:
            if not spot.suits(one) or not _has_room(spot, info.half_width_m, placed):
                continue
            at = spot.at[0], spot.at[1], spot.at[2] + lift
            look_at = _ahead(at, spot.normal, body.centre)
            blocked = len(site.blocked)
            stand = _stand(site, spot, body, look_at, placed, free)
            if stand is None:
                del site.blocked[blocked:]
                continue
            yaw = float(np.arctan2(look_at[1] - stand[1], look_at[0] - stand[0]))
            site.put(body, one.label, at, spot.normal, Viewpoint(stand, yaw, look_at))
            if spot.board_m:
                _board.put(site, spot.at, spot.normal, spot.board_m)
            placed.append(Placed(one.label, spot, stand))
            left.remove(spot)
            break
    return sorted(placed, key=lambda p: p.spot.along_m)


def cover_leftovers(site: Site, gullies: Sequence[Vec2], placed: Sequence[Placed]) -> None:
    """A shaft in the floor that no inspection asks for is covered."""
    used = {p.spot.at[:2] for p in placed}
    for middle in gullies:
        if middle in used:
            continue
        body = things.make("cover", np.random.default_rng(0), False, "")
        for piece in body.pieces:
            site.look(piece.skin, piece.mesh.moved((*middle, 0.0)))
        for centre, half in body.solids:
            x, y = ((middle[i] - half[i], middle[i] + half[i]) for i in (0, 1))
            site.solid(x, y, (centre[2] - half[2], centre[2] + half[2]))


def _has_room(spot: Spot, half_width_m: float, placed: Sequence[Placed]) -> bool:
    """Neighbours keep their distance, so that nothing hangs in front of, or in the way to, anything else."""
    return all(np.hypot(p.spot.at[0] - spot.at[0], p.spot.at[1] - spot.at[1]) > half_width_m + 0.75 for p in placed)


def _stand(
    site: Site,
    spot: Spot,
    body: things.Body,
    look_at: Vec3,
    placed: Sequence[Placed],
    free: Callable[[Vec2, float], bool],
) -> Vec2 | None:
    """Where to stand: at the thing's own distance straight before it, or somewhat beside."""
    own = _footprints(body, spot)
    if any(
        _hits(rect, p.stand, MIN_TO_OBSTACLE_M) or _crosses(rect, p.stand, _at(site, p.id))
        for rect in own
        for p in placed
    ):
        return None  # it would stand where one has to stand, or hide another thing
    n = spot.normal
    for sideways in _SIDEWAYS_M:
        for nearer in _NEARER_M:
            out = body.standoff_m - nearer
            x, y = spot.at[0] + n[0] * out - n[1] * sideways, spot.at[1] + n[1] * out + n[0] * sideways
            if not free((x, y), MIN_TO_WALL_M):
                continue
            if any(_hits(rect, (x, y), MIN_TO_OBSTACLE_M) for rect in (*site.blocked, *own)):
                continue
            target = look_at[0], look_at[1]
            if any(_crosses(rect, (x, y), target) for rect in site.blocked):
                continue
            return x, y
    return None


def _at(site: Site, id: str) -> Vec2:
    thing = next(thing for thing in site.things if thing.id == id)
    return thing.position[0], thing.position[1]


Rect = tuple[float, float, float, float]


def _footprints(body: things.Body, spot: Spot) -> list[Rect]:
    """Upright rectangles around the solids of a thing that is put on a spot, and around its board."""
    board = (((-0.04, 0.0, 0.5), (0.04, spot.board_m, 0.5)),) if spot.board_m else ()
    rects: list[Rect] = []
    for centre, half in (*body.solids, *board):
        x, y, _ = _ahead(spot.at, spot.normal, centre)
        c, s = abs(spot.normal[0]), abs(spot.normal[1])
        hx, hy = c * half[0] + s * half[1], s * half[0] + c * half[1]
        rects.append((x - hx, x + hx, y - hy, y + hy))
    return rects


def _ahead(at: Vec3, normal: Vec2, p: Vec3) -> Vec3:
    """A point of a thing's frame in the world."""
    return at[0] + normal[0] * p[0] - normal[1] * p[1], at[1] + normal[1] * p[0] + normal[0] * p[1], at[2] + p[2]


def _hits(rect: Rect, xy: Vec2, margin_m: float) -> bool:
    dx = max(rect[0] - xy[0], 0.0, xy[0] - rect[1])
    dy = max(rect[2] - xy[1], 0.0, xy[1] - rect[3])
    return float(np.hypot(dx, dy)) < margin_m


def _crosses(rect: Rect, a: Vec2, b: Vec2) -> bool:
    """Whether the line of sight from a to b passes over a rectangle, but for its last 0.3 m."""
    d = np.subtract(b, a)
    length = float(np.hypot(*d))
    along = np.linspace(0.0, max(length - 0.3, 0.0), 25) / max(length, 1e-9)
    points = np.asarray(a) + along[:, None] * d
    inside = (points[:, 0] > rect[0]) & (points[:, 0] < rect[1]) & (points[:, 1] > rect[2]) & (points[:, 1] < rect[3])
    return bool(inside.any())
