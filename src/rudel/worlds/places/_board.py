"""Boards on posts: something to hang a thing on where there is no wall."""

from __future__ import annotations

import numpy as np

from rudel.worlds.place import Cylinder
from rudel.worlds.places._site import Site, Vec2, Vec3
from rudel.worlds.things._body import STEEL, Skin
from rudel.worlds.things._mesh import box, facing, rod

TOP_M, BOTTOM_M = 1.0, 0.18
_PANEL = Skin((0.58, 0.60, 0.60, 1.0), emission=0.05)


def put(site: Site, at: Vec3, normal: Vec2, half_width_m: float) -> None:
    """A steel panel on two posts; its face passes through ``at`` (on the ground) and looks along ``normal``."""
    rotation = facing((*normal, 0.0))
    w, h = half_width_m, (TOP_M - BOTTOM_M) / 2
    site.look(_PANEL, box((-0.015, 0, BOTTOM_M + h), (0.014, w, h)).turned(rotation).moved(at))
    for side in (-1.0, 1.0):
        ends = (np.array((-0.05, side * (w - 0.05), z)) for z in (-0.4, TOP_M + 0.04))
        low, high = (rotation @ end + at for end in ends)
        site.look(STEEL, rod(low, high, 0.028, 10))
        site.shapes.append(Cylinder(tuple(low.tolist()), tuple(high.tolist()), 0.03, seen=False))
    corners = np.array([rotation @ np.array((x, y, 0.0)) + at for x in (-0.08, 0.0) for y in (-w, w)])
    x0, y0 = corners.min(0)[:2].tolist()
    x1, y1 = corners.max(0)[:2].tolist()
    site.blocked.append((x0, x1, y0, y1))
