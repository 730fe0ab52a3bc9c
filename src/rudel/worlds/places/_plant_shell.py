"""The shell of a plant hall: floor, walls, roof lights, gratings, the platform with its stairs and railings."""

from __future__ import annotations

import numpy as np

from rudel.worlds.places import _surfaces
from rudel.worlds.places._region import Region
from rudel.worlds.places._site import Site, spread
from rudel.worlds.things._body import DARK, GREY, STEEL, YELLOW, Skin
from rudel.worlds.things._mesh import box, pipe, quad, rod

HEIGHT_M, PIT_M, WALL_M = 5.0, 0.3, 0.15
RAIL_M = 1.0
_EDGE = Skin(image=_surfaces.stripes(), emission=0.1)
_GRATING = Skin(image=_surfaces.grating())
_LAMP = Skin((1.0, 0.98, 0.92, 1.0), emission=1.0)
_GLASS = Skin((0.75, 0.86, 0.94, 1.0), emission=0.9)
_LINE = Skin((0.85, 0.75, 0.15, 1.0), emission=0.1)


def add(site: Site, region: Region, length: float, width: float, rng: np.random.Generator) -> None:
    """Floor with its holes, clad walls with windows, a roof with lamps; floor lines and gratings."""
    floor = Skin(image=_surfaces.tiles(rng), emission=0.05)
    clad = Skin(image=_surfaces.cladding(rng, (150, 166, 172)), emission=0.08)
    base = Skin(image=_surfaces.concrete(rng, 512, 256, 150), emission=0.08)
    roof = Skin((0.60, 0.62, 0.64, 1.0), image=_surfaces.cladding(rng, (170, 172, 174)))
    for x0, x1, y0, y1 in region.floors():
        site.solid((x0, x1), (y0, y1), (-PIT_M, 0.0), block=False)
        site.look(floor, spread((x0, x1, y0, y1), 0.0, 2.0))
    up = np.array((0.0, 0.0, 1.0))
    x0, x1, y0, y1 = region.bounds
    site.look(roof, quad((x0, y0, HEIGHT_M), (x1 - x0, 0, 0), (0, y1 - y0, 0), ((x1 - x0) / 2, (y1 - y0) / 2)))
    for wall in region.walls:
        (ax, ay), (bx, by), (nx, ny) = wall.a, wall.b, wall.normal
        x, y = sorted((ax, bx if nx == 0 else ax - nx * WALL_M)), sorted((ay, by if ny == 0 else ay - ny * WALL_M))
        site.solid((x[0], x[1]), (y[0], y[1]), (-PIT_M, HEIGHT_M), block=False)
        right = np.array((-ny, nx, 0.0)) * wall.length_m
        corner = np.array((ax, ay, 0.0) if right @ (bx - ax, by - ay, 0) > 0 else (bx, by, 0.0))
        n = wall.length_m
        site.look(clad, quad(corner + up * HEIGHT_M, right, (0, 0, 1.4 - HEIGHT_M), (n / 2, (HEIGHT_M - 1.4) / 2)))
        site.look(base, quad(corner + up * 1.4, right, (0, 0, -1.4), (n / 3, 0.6)))
        inward = np.array((nx, ny, 0.0)) * 0.01
        step = right / n
        for along in np.arange(1.5, n - 2.5, 3.5):
            site.look(_GLASS, quad(corner + step * along + inward + up * 4.3, step * 2.0, (0, 0, -1.1)))
            frame = corner + step * (along - 0.06) + inward * 0.5
            site.look(DARK, quad(frame + up * 4.36, step * 2.12, (0, 0, -1.22)))
    for x in np.arange(2.0, length, 3.2):
        for y in (width * 0.25, width * 0.75):
            site.look(_LAMP, box((float(x), y, HEIGHT_M - 0.35), (0.7, 0.09, 0.04)))
            site.look(GREY, rod((float(x), y, HEIGHT_M - 0.3), (float(x), y, HEIGHT_M), 0.012, 6))
    for y, r in ((width * 0.36, 0.12), (width * 0.42, 0.07), (width * 0.6, 0.15)):
        site.look(STEEL, pipe([(0.1, y, 3.6), (length, y, 3.6)], r, 14))
    for y in (2.15, width - 2.15):
        site.look(_LINE, quad((0.5, y + 0.04, 0.003), (length - 3.5, 0, 0), (0, -0.08, 0)))
    site.look(
        _GRATING, quad((length - 3.9, width - 0.6, 0.004), (0.6, 0, 0), (0, 1.2 - width, 0), (1.2, (width - 1.2) * 2))
    )


def platform(
    site: Site,
    x0: float,
    width: float,
    depth: float,
    stairs: tuple[int, float, float, float],
    rng: np.random.Generator,
) -> None:
    """A raised floor from ``x0`` on, clad below; stairs (count, rise, going, half width [m]) lead up to its middle."""
    count, rise, going, half = stairs
    top, middle = count * rise, width / 2
    site.solid((x0, x0 + depth), (0.0, width), (0.0, top), block=False)
    deck = Skin(image=_surfaces.grating(), emission=0.05)
    site.look(deck, quad((x0, width, top), (depth, 0, 0), (0, -width, 0), (depth * 2, width * 2)))
    clad = Skin(image=_surfaces.cladding(rng, (96, 110, 120)), emission=0.05)
    site.look(clad, quad((x0, width, top), (0, -width, 0), (0, 0, -top), (width, top)))
    site.look(_EDGE, box((x0 + 0.02, middle, top - 0.03), (0.025, width / 2, 0.035), 6.0))
    for k in range(count - 1):
        low = x0 - (count - 1 - k) * going
        height = (k + 1) * rise
        site.solid((low, x0), (middle - half, middle + half), (0.0, height), block=False)
        site.look(GREY, box(((low + x0) / 2, middle, height / 2), ((x0 - low) / 2, half, height / 2)))
        site.look(_EDGE, box((low + 0.02, middle, height - 0.012), (0.021, half + 0.001, 0.014), 8.0))
    foot = x0 - (count - 1) * going
    site.blocked.append((foot - 0.2, x0, middle - half - 0.1, middle + half + 0.1))
    for side in (-1.0, 1.0):
        y0, y1 = sorted((middle + side * half, middle + side * width / 2))
        site.solid((x0, x0 + 0.05), (y0, y1), (top, top + RAIL_M), block=False)
        for z in (0.12, 0.5, 1.0):
            site.look(YELLOW, rod((x0 + 0.025, y0, top + z), (x0 + 0.025, y1, top + z), 0.022, 8))
        for y in np.linspace(y0, y1, 4):
            site.look(YELLOW, rod((x0 + 0.025, float(y), top), (x0 + 0.025, float(y), top + RAIL_M), 0.022, 8))
        y = middle + side * (half + 0.03)
        site.look(YELLOW, rod((foot, y, rise + RAIL_M), (x0, y, top + RAIL_M), 0.022, 8))
        for x, z in ((foot, rise), ((foot + x0) / 2, (rise + top) / 2)):
            site.look(YELLOW, rod((x, y, 0.0), (x, y, z + RAIL_M), 0.022, 8))
        site.solid((foot, x0), (min(y, y - side * 0.04), max(y, y - side * 0.04)), (0.0, top + 0.5), block=False)
