"""The fence: a polygon in the map that the robot stays inside of, with holes that it stays outside of.

Speeds are cut, not positions: of the velocity, the part towards an edge is limited to what is left of the distance
(less margin and doubt) over HORIZON_S, a velocity damper (Faverjon and Tournassoud, "A local based approach for path
planning of manipulators with a high number of degrees of freedom", ICRA 1987). Distances to segments are convex, so
a robot that follows its command comes no nearer than the margin, at any period shorter than the horizon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.core.types import Twist

HORIZON_S = 0.8  # in which a robot comes to rest from any speed, with room to spare
ROUNDS = 8  # of cutting: in a corner one edge's cut may undo another's
_TINY = 1e-9

Floats = NDArray[np.float64]
XY = tuple[float, float]


class Fence:
    """Polygons in the map.

    Args:
        outline: corners in order, at least three [m]; closed by itself.
        holes: polygons that must not be entered.
        margin_m: kept from every edge by the robot's centre: half its length and what following sways [m].

    Raises:
        BadInput: a polygon without an inside, or that crosses itself.
    """

    def __init__(self, outline: Sequence[XY], holes: Sequence[Sequence[XY]] = (), *, margin_m: float = 0.5) -> None:
        if not (math.isfinite(margin_m) and margin_m >= 0):
            raise BadInput(f"margin_m of a fence is {margin_m}, must be a number >= 0")
        self.margin_m = margin_m
        self.outline = _ring(outline, "outline of a fence")
        self.holes = tuple(_ring(hole, "hole of a fence") for hole in holes)
        rings = (self.outline, *self.holes)
        self._a = np.concatenate(rings)  # (n, 2) where each edge begins
        self._along = np.concatenate([np.roll(ring, -1, axis=0) - ring for ring in rings])
        self._length2 = np.maximum((self._along**2).sum(axis=1), _TINY)

    def distance_m(self, xy: XY) -> float:
        """To the nearest edge [m]; negative where the robot must not be."""
        nearest = float(np.sqrt((self._to_edges(xy) ** 2).sum(axis=1)).min())
        inside = _inside(self.outline, xy) and not any(_inside(hole, xy) for hole in self.holes)
        return nearest if inside else -nearest

    def allow(self, xy: XY, yaw: float, twist: Twist, doubt_m: float = 0.0) -> Twist:
        """What is left of ``twist`` for a robot at ``xy`` that heads to ``yaw``; turning is never cut.

        Args:
            xy: in the map [m].
            yaw: [rad].
            twist: wanted, in the base frame.
            doubt_m: how far from ``xy`` the robot may be [m].
        """
        if self.distance_m(xy) < 0:
            return self._inwards(xy, yaw, twist)
        to_edges = self._to_edges(xy)
        distance = np.sqrt((to_edges**2).sum(axis=1))
        most = np.maximum(distance - self.margin_m - doubt_m, 0.0) / HORIZON_S
        near = most < math.hypot(twist.vx, twist.vy)
        if not near.any():
            return twist
        units, most = to_edges[near] / np.maximum(distance[near], _TINY)[:, None], most[near]
        velocity = _turned(np.array([twist.vx, twist.vy]), yaw)
        for _ in range(ROUNDS):
            excess = units @ velocity - most
            worst = int(excess.argmax())
            if excess[worst] <= _TINY:
                break
            velocity = velocity - excess[worst] * units[worst]
        else:
            velocity = np.zeros(2)
        vx, vy = _turned(velocity, -yaw).tolist()
        return Twist(vx, vy, twist.wz)

    def slowed(self, xy: XY, twist: Twist, doubt_m: float) -> Twist:
        """The same where the heading is not known: every direction may be the wrong one."""
        most = max(self.distance_m(xy) - self.margin_m - doubt_m, 0.0) / HORIZON_S
        speed = math.hypot(twist.vx, twist.vy)
        share = 1.0 if speed <= most else most / speed
        return Twist(share * twist.vx, share * twist.vy, twist.wz)

    def _inwards(self, xy: XY, yaw: float, twist: Twist) -> Twist:
        """Outside: only the part of the velocity that leads to the nearest edge, and along it."""
        to_edges = self._to_edges(xy)
        nearest = to_edges[int((to_edges**2).sum(axis=1).argmin())]
        inward = nearest / max(float(np.hypot(*nearest)), _TINY)
        velocity = _turned(np.array([twist.vx, twist.vy]), yaw)
        velocity = velocity - min(float(velocity @ inward), 0.0) * inward
        vx, vy = _turned(velocity, -yaw).tolist()
        return Twist(vx, vy, twist.wz)

    def _to_edges(self, xy: XY) -> Floats:
        """(n, 2) from ``xy`` to the nearest point of every edge [m]."""
        from_a = np.array(xy) - self._a
        share = np.clip((from_a * self._along).sum(axis=1) / self._length2, 0.0, 1.0)
        return share[:, None] * self._along - from_a


def _turned(v: Floats, angle: float) -> Floats:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([c * v[0] - s * v[1], s * v[0] + c * v[1]])


def _inside(ring: Floats, xy: XY) -> bool:
    """Even-odd rule."""
    x, y = xy
    a, b = ring, np.roll(ring, -1, axis=0)
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    if not crosses.any():
        return False
    a, b = a[crosses], b[crosses]
    at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return bool(np.count_nonzero(at > x) % 2)


def _ring(points: Sequence[XY], what: str) -> Floats:
    """(n, 2) corners, checked."""
    ring = np.array(points, dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3 or not np.isfinite(ring).all():
        raise BadInput(f"{what} needs at least three corners x, y, all finite; these are {points!r}")
    if np.array_equal(ring[0], ring[-1]):
        ring = ring[:-1]
    x, y = ring.T
    if len(ring) < 3 or abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2 < 1e-6:
        raise BadInput(f"{what} has no inside: {points!r}")
    n = len(ring)
    for i in range(n):
        for j in range(i + 2, n):
            if (j + 1) % n != i and _cross(ring[i], ring[(i + 1) % n], ring[j], ring[(j + 1) % n]):
                raise BadInput(f"{what} crosses itself between corners {i} and {j}: list them in order")
    ring.flags.writeable = False
    return ring


def _cross(a: Floats, b: Floats, c: Floats, d: Floats) -> bool:
    def side(p: Floats, q: Floats, r: Floats) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
