"""What stands in a tunnel: fire doors, steps, sills, a sump, niches with cabinets, signs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rudel.worlds._layout import lerp
from rudel.worlds.places import _surfaces
from rudel.worlds.places._region import Rect
from rudel.worlds.places._site import Site, upright
from rudel.worlds.places._tunnel_plan import Corridor
from rudel.worlds.places._tunnel_shell import HEIGHT_M, PIT_M
from rudel.worlds.things._body import DARK, GREY, STEEL, YELLOW, Skin
from rudel.worlds.things._mesh import Mesh, quad, rod

GOING_M = 0.35
NICHE_M = (1.6, 0.7)  # width, depth
SUMP_M = 1.3
_DOOR = Skin((0.60, 0.16, 0.12, 1.0))
_FRAME = Skin((0.32, 0.34, 0.37, 1.0))
_EDGE = Skin(image=_surfaces.stripes(), emission=0.15)
_STEP = Skin((0.52, 0.51, 0.49, 1.0), emission=0.05)
_WATER = Skin((0.07, 0.12, 0.13, 1.0))


@dataclass
class Room:
    """What is still free along the corridors.

    Attributes:
        corridors: all of them.
        taken: (corridor, from, to) [m].
    """

    corridors: list[Corridor]
    taken: list[tuple[int, float, float]] = field(default_factory=list)

    def free(self, corridor: int, low: float, high: float) -> bool:
        """Whether nothing is between two distances along a corridor."""
        return not any(k == corridor and low < b and high > a for k, a, b in self.taken)

    def take(
        self, rng: np.random.Generator, kinds: tuple[str, ...], length_m: float, end_m: float
    ) -> tuple[int, float] | None:
        """Take a free stretch, at least ``end_m`` from either end; returns the corridor and where it begins."""
        for k in rng.permutation(len(self.corridors)).tolist():
            c = self.corridors[k]
            spare = c.length_m - 2 * end_m - length_m
            if c.kind not in kinds or spare <= 0:
                continue
            for _ in range(6):
                low = end_m + float(rng.uniform(0, spare))
                if self.free(k, low, low + length_m):
                    self.taken.append((k, low, low + length_m))
                    return k, low
        return None


def door(site: Site, c: Corridor, at: float, half_m: float, difficulty: float, *, sill: bool = True) -> None:
    """An open fire door; its leaf stands along the corridor. ``sill``: one may be in the doorway."""
    gap = lerp(0.62, 0.50, difficulty)  # half of the opening
    for side in (1, -1):
        site.block(_FRAME, c.span((at, at + 0.14), (side * gap, side * half_m)), (0, HEIGHT_M))
    lintel = c.span((at, at + 0.14), (-gap, gap))
    site.look(_FRAME, upright(lintel, (2.1, HEIGHT_M)))
    leaf = c.span((at + 0.14, at + 0.14 + 2 * gap), (gap + 0.01, gap + 0.06))
    site.block(_DOOR, leaf, (0.01, 2.08))
    handle = c.at(at + 0.04 + 2 * gap, gap - 0.04)
    site.look(STEEL, rod((*c.at(at + 0.04 + 2 * gap, gap + 0.1), 1.0), (*handle, 1.0), 0.014, 8))
    words = _surfaces.sign("FIRE DOOR  KEEP CLEAR", (150, 30, 24))
    for end, facing in ((at - 0.006, -1.0), (at + 0.146, 1.0)):
        right = facing * np.array((-c.ahead[1], c.ahead[0], 0.0))  # as seen by somebody on that side
        corner = np.array((*c.at(end), 2.42)) - right * 0.5
        site.look(words, quad(corner, right, (0, 0, -0.25)))
    if sill and difficulty > 0.0:
        rect = c.span((at, at + 0.14), (-gap, gap))
        site.block(_EDGE, rect, (0, lerp(0.0, 0.06, difficulty)))


def steps(site: Site, c: Corridor, at: float, count: int, rise_m: float, half_m: float) -> float:
    """A raised stretch with ``count`` steps up and down across the whole corridor; returns its length [m]."""
    length = 2 * count * GOING_M + 1.6
    for k in range(count):
        low, high = at + k * GOING_M, at + length - k * GOING_M
        rect = c.span((low, high), (-half_m, half_m))
        top = (k + 1) * rise_m
        site.block(_STEP, rect, (0, top), 0.5)
        for edge in (low, high - 0.04):
            nosing = c.span((edge, edge + 0.04), (-half_m, half_m))
            site.look(_EDGE, upright(nosing, (top - 0.03, top + 0.002), 4.0))
    return length


def sump(site: Site, c: Corridor, half_m: float) -> Rect:
    """A water-filled pit over the end of a dead end; returns the hole."""
    hole = c.span((c.length_m + half_m - 0.1 - SUMP_M, c.length_m + half_m - 0.1), (-half_m + 0.15, half_m - 0.15))
    x0, x1, y0, y1 = hole
    site.look(_WATER, quad((x0, y1, -0.12), (x1 - x0, 0, 0), (0, y0 - y1, 0)))
    w = 0.015  # lining of the pit
    for rect in ((x0, x0 + w, y0, y1), (x1 - w, x1, y0, y1), (x0, x1, y0, y0 + w), (x0, x1, y1 - w, y1)):
        site.look(_STEP, upright(rect, (-PIT_M, -0.002)))
    front = c.span((c.length_m + half_m - 0.1 - SUMP_M - 0.12, c.length_m + half_m - 0.1 - SUMP_M), (-half_m, half_m))
    fx0, fx1, fy0, fy1 = front
    long = max(fx1 - fx0, fy1 - fy0)
    repeat = (long / 0.12, 1.0) if fx1 - fx0 > fy1 - fy0 else (1.0, long / 0.12)
    site.look(_EDGE, quad((fx0, fy1, 0.004), (fx1 - fx0, 0, 0), (0, fy0 - fy1, 0), repeat))
    foot = c.at(c.length_m + half_m - 0.35, half_m - 0.4)
    site.look(STEEL, rod((*foot, -PIT_M), (*foot, HEIGHT_M), 0.05, 14))
    site.look(DARK, rod((*foot, -PIT_M), (*foot, -0.02), 0.14, 18))
    site.blocked.append(hole)
    return hole


def niche_rect(c: Corridor, at: float, half_m: float) -> Rect:
    """The floor of a niche in the right wall that begins ``at``."""
    return c.span((at, at + NICHE_M[0]), (-half_m - NICHE_M[1], -half_m))


def cabinet(site: Site, c: Corridor, at: float, half_m: float, label: str) -> None:
    """A switch cabinet in the back of a niche."""
    depth = 0.36
    rect = c.span((at + 0.15, at + NICHE_M[0] - 0.15), (-half_m - NICHE_M[1], -half_m - NICHE_M[1] + depth))
    site.block(GREY, rect, (0, 1.9))
    left = np.array((-c.ahead[1], c.ahead[0], 0.0))
    right = -np.array((*c.ahead, 0.0))  # as seen from the corridor
    face = np.array((*c.at(at + NICHE_M[0] / 2, -half_m - NICHE_M[1] + depth + 0.004), 0.0))
    site.look(
        DARK,
        _line(face, right, 0.0, 0.008, 0.1, 1.85),
        *(_line(face, right, s * 0.12, 0.02, 0.9, 1.1) for s in (-1, 1)),
    )
    site.look(
        _surfaces.sign(label, (40, 42, 46)),
        quad(face - right * 0.2 + np.array((0, 0, 1.7)) + left * 0.002, right * 0.4, (0, 0, -0.1)),
    )
    site.look(YELLOW, quad(face - right * 0.42 + np.array((0, 0, 1.5)) + left * 0.002, right * 0.14, (0, 0, -0.14)))


def junction_sign(site: Site, c: Corridor, half_m: float, words: str) -> None:
    """A sign under the ceiling, read on the way to the end of a corridor."""
    left = np.array((-c.ahead[1], c.ahead[0], 0.0))
    corner = np.array((*c.at(c.length_m - half_m - 0.4), 2.45)) + left * 0.4
    site.look(_surfaces.sign(words), quad(corner, -left * 0.8, (0, 0, -0.2)))


def _line(face: np.ndarray, right: np.ndarray, off: float, width: float, z0: float, z1: float) -> Mesh:
    """An upright strip on a face, ``off`` [m] to the right of its middle."""
    return quad(face + right * (off - width / 2) + np.array((0, 0, z1)), right * width, (0, 0, z0 - z1))
