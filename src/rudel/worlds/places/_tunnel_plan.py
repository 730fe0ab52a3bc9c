"""The plan of a tunnel: a main line with bends, a loop and dead ends, along the axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rudel.worlds.places._region import Rect, Vec2

LOOP_FROM_M, STUB_EVERY_M = 120.0, 90.0  # shorter tunnels have no loop; one dead end for so much of the rest
_LOOP_DEPTH_M, _LOOP_INSET_M = 8.0, 7.0
_EAST_M, _ACROSS_M, _STUB_M = (17.0, 30.0), (10.0, 18.0), (7.0, 11.0)


@dataclass(frozen=True)
class Corridor:
    """A straight corridor from ``a`` to ``b`` along its middle [m].

    Attributes:
        kind: "main", "loop" (leaves the main line and comes back) or "stub" (a dead end at ``b``).
        order_m: metres walked from the start to ``a`` on a round through everything.
    """

    a: Vec2
    b: Vec2
    kind: Literal["main", "loop", "stub"]
    order_m: float

    @property
    def length_m(self) -> float:
        """Along its middle."""
        return abs(self.b[0] - self.a[0]) + abs(self.b[1] - self.a[1])

    @property
    def ahead(self) -> Vec2:
        """Unit vector from a to b."""
        n = self.length_m
        return (self.b[0] - self.a[0]) / n, (self.b[1] - self.a[1]) / n

    def at(self, along_m: float, left_m: float = 0.0) -> Vec2:
        """A point ``along_m`` from a, ``left_m`` to the left of the middle."""
        (dx, dy), (x, y) = self.ahead, self.a
        return x + dx * along_m - dy * left_m, y + dy * along_m + dx * left_m

    def rect(self, half_m: float) -> Rect:
        """The corridor's floor when it is 2 ``half_m`` wide; its ends reach ``half_m`` further."""
        (x0, x1), (y0, y1) = (sorted((self.a[k], self.b[k])) for k in (0, 1))
        return x0 - half_m, x1 + half_m, y0 - half_m, y1 + half_m

    def span(self, a: tuple[float, float], left: tuple[float, float]) -> Rect:
        """The rectangle between two distances along and two offsets to the left."""
        (x0, y0), (x1, y1) = self.at(a[0], left[0]), self.at(a[1], left[1])
        return min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)


def plan(length_m: float, rng: np.random.Generator) -> list[Corridor]:
    """Corridors of ``length_m`` in all; the main line goes only east, north and south, so it never meets itself."""
    stubs = int(length_m / STUB_EVERY_M)
    lengths = [float(rng.uniform(*_STUB_M)) for _ in range(stubs)]
    wants_loop = length_m >= LOOP_FROM_M
    left = length_m - sum(lengths) - (2 * _LOOP_DEPTH_M + 12.0 if wants_loop else 0.0)
    main: list[tuple[Vec2, Vec2]] = []
    here, east = (0.0, 0.0), True
    while left > 0:
        step = float(rng.uniform(*(_EAST_M if east else _ACROSS_M)))
        if left - step < _EAST_M[0]:  # no crumb at the end
            step = left if east or left <= _ACROSS_M[1] else step
        step = min(step, left)
        side = 1.0 if rng.random() < 0.5 else -1.0
        there = (here[0] + step, here[1]) if east else (here[0], here[1] + side * step)
        main.append((here, there))
        here, east, left = there, not east, left - step
    drawn = _with_branches(main, lengths, wants_loop, rng)
    return _scaled(drawn, length_m / sum(c.length_m for c in drawn))  # the loop's length was an estimate


def _scaled(corridors: list[Corridor], factor: float) -> list[Corridor]:
    def times(p: Vec2) -> Vec2:
        return p[0] * factor, p[1] * factor

    return [Corridor(times(c.a), times(c.b), c.kind, c.order_m * factor) for c in corridors]


def _with_branches(
    main: list[tuple[Vec2, Vec2]], stubs: list[float], wants_loop: bool, rng: np.random.Generator
) -> list[Corridor]:
    """Hang the loop on the longest eastward corridor and the dead ends on others, and number the round."""
    east = [k for k in range(0, len(main), 2) if main[k][1][0] - main[k][0][0] >= 2 * _LOOP_INSET_M]
    east.sort(key=lambda k: main[k][0][0] - main[k][1][0])
    loop = east.pop(0) if wants_loop and len(east) > 1 else -1
    hosts = dict(zip([int(k) for k in rng.permutation(east)], stubs, strict=False))
    out: list[Corridor] = []
    order = 0.0

    def add(a: Vec2, b: Vec2, kind: Literal["main", "loop", "stub"]) -> None:
        nonlocal order
        corridor = Corridor(a, b, kind, order)
        out.append(corridor)
        order += corridor.length_m * (2 if kind == "stub" else 1)

    for k, (a, b) in enumerate(main):
        side = 1.0 if rng.random() < 0.5 else -1.0
        if k == loop:
            y, x0, x1 = a[1], a[0] + _LOOP_INSET_M, b[0] - _LOOP_INSET_M
            far = y + side * _LOOP_DEPTH_M
            add(a, (x0, y), "main")
            for p, q in (((x0, y), (x0, far)), ((x0, far), (x1, far)), ((x1, far), (x1, y))):
                add(p, q, "loop")
            add((x1, y), (x0, y), "main")
            order += x1 - x0  # and back along the same corridor
            add((x1, y), b, "main")
        elif k in hosts:
            x = (a[0] + b[0]) / 2
            add(a, (x, a[1]), "main")
            add((x, a[1]), (x, a[1] + side * hosts[k]), "stub")
            add((x, a[1]), b, "main")
        else:
            add(a, b, "main")
    return out
